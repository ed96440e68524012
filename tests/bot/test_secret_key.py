"""The key of the hashes: a database with bookings isn't used with another key, or without one."""

import hashlib
import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.bootstrap import bootstrap
from bot.secret_key import FINGERPRINT, MADE, secret_file
from bot.settings import Settings
from core.db.database_key import key_file
from core.db.models import StoredSecret
from core.errors import ConfigurationError
from tests.bot.processes import run, run_here
from tests.conftest import Deployment, on_both, on_sqlite
from tests.postgres import KEY
from tests.preloaded import SECRET

OTHER = "another secret of 16 characters"


def start(deployment: Deployment, secret: str | None = None) -> str:
    """Start the application on the database; return a hash made with its key."""
    given = {"database_url": deployment.database.url, "secret": secret, "encryption_key": KEY}
    application = bootstrap(Settings.model_validate(given))
    application.database.close()
    return application.services.registry.keyed_hash("6912345678")


def refusal(deployment: Deployment, secret: str | None = None) -> str:
    """Return the one line with which a start is refused; no secret is in it."""
    with pytest.raises(ConfigurationError) as refused:
        start(deployment, secret)
    text = str(refused.value)
    assert "\n" not in text
    assert OTHER not in text
    return text


def forget(deployment: Deployment, *names: str) -> None:
    """Delete what is kept in the database, and with the secret SQLite's file."""

    def forget(session: Session) -> None:
        session.execute(delete(StoredSecret).where(StoredSecret.name.in_(names)))

    deployment.database.write_sync(forget)
    if "secret" in names and deployment.database.backend.file:
        secret_file(deployment.file).unlink()


@on_both
@pytest.mark.usefixtures("booked")
def test_the_same_key_is_taken_and_another_refused(deployment: Deployment) -> None:
    ours = deployment.services.registry.keyed_hash("6912345678")
    assert {start(deployment) for _start in range(2)} == {ours}
    said = refusal(deployment, OTHER)
    assert said.startswith("RANTEVOU_SECRET isn't the one used before")
    assert said.endswith("set it as it was, or leave it unset if it was.")
    assert start(deployment) == ours


@pytest.mark.usefixtures("booked")
def test_a_fingerprint_of_a_former_revision_is_known(deployment: Deployment) -> None:
    salt = bytes(range(16))
    made = hashlib.scrypt(SECRET.encode(), salt=salt, n=2**14, r=8, p=1, dklen=16)
    forget(deployment, FINGERPRINT)
    former = StoredSecret(name=FINGERPRINT, value=f"{salt.hex()}{made.hex()}")
    deployment.database.write_sync(lambda session: session.add(former))
    assert start(deployment) == deployment.services.registry.keyed_hash("6912345678")
    refusal(deployment, OTHER)


@on_both
@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize("names", [("secret",), ("secret", FINGERPRINT)], ids=["", "first start"])
def test_with_bookings_no_key_is_made(deployment: Deployment, names: tuple[str, ...]) -> None:
    start(deployment)
    forget(deployment, *names)
    said = refusal(deployment)
    assert "RANTEVOU_SECRET" in said
    if deployment.database.backend.file:
        file = secret_file(deployment.file)
        assert said.startswith(f"{file} isn't there, so the codes of the bookings in")
        assert "restore it from a backup, where it is FILE.secret" in said
        assert not list(deployment.file.parent.glob("*.secret*"))
        file.write_text(SECRET)
    else:
        assert said.startswith("RANTEVOU_SECRET isn't set as it was before")
        restored = StoredSecret(name="secret", value=SECRET)
        deployment.database.write_sync(lambda session: session.add(restored))
    assert start(deployment) == deployment.services.registry.keyed_hash("6912345678")


@on_both
def test_without_bookings_any_key_is_taken(deployment: Deployment) -> None:
    deployment.talk("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "το συντομότερο", "το νωρίτερο")
    first = start(deployment)
    forget(deployment, "secret")
    assert len({first, start(deployment), start(deployment, OTHER)}) == 3


@on_both
@pytest.mark.usefixtures("booked")
def test_the_database_holds_nothing_by_which_the_key_could_be_tried_quickly(
    deployment: Deployment,
) -> None:
    start(deployment)
    shown = deployment.rows(f"SELECT value FROM kept WHERE name = '{FINGERPRINT}'")
    forget(deployment, FINGERPRINT)
    start(deployment)
    again = deployment.rows(f"SELECT value FROM kept WHERE name = '{FINGERPRINT}'")
    assert len(shown) == len(again) == 1
    assert shown != again  # it is salted
    assert SECRET not in str(shown)
    assert not {row for row in shown + again if row[0].startswith(MADE)}


@on_both
def test_a_key_that_was_made_is_known_by_a_quick_fingerprint(
    deployment: Deployment, request: pytest.FixtureRequest
) -> None:
    def is_quick() -> bool:
        ((value,),) = deployment.rows(f"SELECT value FROM kept WHERE name = '{FINGERPRINT}'")
        return str(value).startswith(MADE)

    forget(deployment, "secret", FINGERPRINT)
    made = start(deployment)
    assert is_quick()
    request.getfixturevalue("booked")
    assert start(deployment) == made
    refusal(deployment, OTHER)
    forget(deployment, FINGERPRINT)
    assert start(deployment) == made
    assert not is_quick()  # for a person may have put there what is found
    refusal(deployment, OTHER)


@on_sqlite
@pytest.mark.usefixtures("booked")
def test_a_backup_restored_with_another_secret_is_refused(
    deployment: Deployment, tmp_path: Path
) -> None:
    start(deployment)
    copy, restored = tmp_path / "copy.db", tmp_path / "restored" / "rantevou.db"
    assert run_here(deployment.file, "backup", copy).returncode == 0
    restored.parent.mkdir()
    shutil.copy(copy, restored)
    shutil.copy(key_file(copy), key_file(restored))
    secret_file(restored).write_text(OTHER)
    done = run(restored, "serve")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{secret_file(restored)} holds another secret than the one")
    assert len(done.stderr.splitlines()) == 1
    shutil.copy(secret_file(copy), secret_file(restored))
    assert run(restored, "chat").returncode == 0
