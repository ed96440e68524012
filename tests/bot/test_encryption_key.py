"""The encryption key: personal data isn't used with another key, or without one, or lost."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
import sqlalchemy

from bot.bootstrap import bootstrap
from bot.messages import Inbound
from bot.secret_key import secret_file
from bot.settings import Settings
from core.actor import Role
from core.catalogue.loader import SHIPPED
from core.db.database import Database
from core.db.database_key import key_file
from core.db.models import Base, Booking, StaffMember
from core.errors import ConfigurationError
from tests.bot.processes import free_port, run, run_here, server
from tests.conftest import Deployment, on_both, on_sqlite
from tests.postgres import KEY, OTHER_KEY
from tests.webhooks.chat_client import ChatClient

CHIOS = SHIPPED / "chios.yaml"
TEXTS = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "το συντομότερο", "το νωρίτερο")
DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130")
SETTING = "RANTEVOU_ENCRYPTION_KEY"


def start(deployment: Deployment, key: str | None = None) -> None:
    """Start the application on the database."""
    given = {"database_url": deployment.database.url, "encryption_key": key}
    bootstrap(Settings.model_validate(given)).database.close()


def refusal(deployment: Deployment, key: str | None = None) -> str:
    """Return the one line with which a start is refused; no key is in it."""
    with pytest.raises(ConfigurationError) as refused:
        start(deployment, key)
    text = str(refused.value)
    assert "\n" not in text
    assert KEY not in text
    assert OTHER_KEY not in text
    return text


def names(deployment: Deployment) -> list[str]:
    """Return the names of the bookings, as a process with the right key reads them."""
    with closing(Database(deployment.database.url, KEY)) as database:
        found = database.write_sync(lambda s: s.scalars(sqlalchemy.select(Booking.details)).all())
    return [details["name"] for details in found]


@on_both
@pytest.mark.usefixtures("booked")
def test_another_key_in_the_settings_is_refused_and_nothing_is_lost(
    deployment: Deployment,
) -> None:
    start(deployment, KEY)
    said = refusal(deployment, OTHER_KEY)
    assert said.startswith(f"{SETTING} isn't the one used before, so nobody can read what ")
    kept = deployment.database.backend.file is not None
    assert said.endswith("set it as it was, or leave it unset if it was." * kept or "as it was.")
    start(deployment, KEY)
    assert names(deployment) == [DETAILS[0]]


@on_both
def test_another_key_is_refused_where_only_staff_are_stored(deployment: Deployment) -> None:
    member = StaffMember(role=Role.OPERATOR, name=DETAILS[0], added_at=deployment.clock())
    deployment.database.write_sync(lambda session: session.add(member))
    assert "isn't the one used before" in refusal(deployment, OTHER_KEY)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("booked")
def test_on_postgresql_the_setting_must_be_there(deployment: Deployment) -> None:
    said = refusal(deployment)
    assert said.startswith(f"{SETTING} isn't set as it was before, so nobody can read what post")
    assert said.endswith("stores about people: set it as it was.")
    deployment.database.write_sync(
        lambda s: s.execute(sqlalchemy.text("DELETE FROM kept WHERE name = 'encryption key'"))
    )
    said = refusal(deployment)
    assert said.startswith(f"{SETTING} isn't set: what postgresql://")
    assert "Make one with `openssl rand -base64 32`" in said
    assert names(deployment) == [DETAILS[0]]


@on_sqlite
@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    ("kept", "wrong"),
    [
        (None, "{file} isn't there, so nobody can read what {database} stores about people:"),
        ("", "{file} holds another key than the one used before, so nobody can read what"),
        (OTHER_KEY, "{file} holds another key than the one used before, so nobody can read what"),
        (KEY[:-9], "{file} has no key: restore it from a backup, where it is FILE.key. It must be"),
    ],
    ids=["missing", "empty", "another", "cut off"],
)
def test_a_file_without_the_right_key_is_named_and_left_alone(
    deployment: Deployment, kept: str | None, wrong: str
) -> None:
    file = key_file(deployment.file)
    file.unlink()
    if kept is not None:
        file.write_text(kept)
    said = refusal(deployment)
    assert said.startswith(wrong.format(file=file, database=deployment.file))
    assert "restore it from a backup, where it is FILE.key" in said
    assert (file.read_text() if file.exists() else None) == kept
    assert len(list(file.parent.glob("*.key*"))) == (kept is not None)
    file.write_text(KEY)
    start(deployment)
    assert names(deployment) == [DETAILS[0]]


@on_both
def test_before_anybody_came_any_key_is_taken(deployment: Deployment) -> None:
    start(deployment, OTHER_KEY)
    start(deployment, KEY)
    deployment.talk("Γεια")
    start(deployment, KEY)
    refusal(deployment, OTHER_KEY)


def test_a_key_is_made_once_and_readable_by_its_owner_alone(new_file: Path) -> None:
    assert run_here(new_file, "catalogue", "load", CHIOS).returncode == 0
    made = key_file(new_file)
    text = made.read_text()
    assert made.stat().st_mode & 0o777 == 0o600
    assert run_here(new_file, "catalogue", "list").returncode == 0
    assert made.read_text() == text
    assert not list(new_file.parent.glob("*.key.*"))


def test_a_key_that_cannot_be_kept_is_refused(new_file: Path) -> None:
    key_file(new_file).mkdir()
    done = run_here(new_file, "catalogue", "load", CHIOS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{SETTING} isn't set, and {key_file(new_file)} can't be used: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("given", ["short", KEY[:-2], f"{KEY}{KEY}"])
def test_a_setting_that_is_no_key_is_refused_and_not_repeated(file: Path, given: str) -> None:
    done = run_here(file, "serve", port=free_port(), encryption_key=given)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{SETTING} is ***: must be 32 random bytes, as `openssl rand -base64 32` prints them\n"
    )


@on_sqlite
@pytest.mark.usefixtures("booked")
def test_a_backup_is_restored_elsewhere_with_its_key_and_not_without(
    deployment: Deployment, tmp_path: Path
) -> None:
    start(deployment)
    copy, restored = tmp_path / "copy.db", tmp_path / "elsewhere" / "rantevou.db"
    assert run_here(deployment.file, "backup", copy).returncode == 0
    restored.parent.mkdir()
    shutil.copy(copy, restored)
    shutil.copy(secret_file(copy), secret_file(restored))
    done = run(restored, "serve", port=free_port())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{key_file(restored)} isn't there, so nobody can read what ")
    assert not key_file(restored).exists()
    shutil.copy(key_file(copy), key_file(restored))
    with server(restored) as running, httpx.Client(base_url=running.url) as client:
        for text in TEXTS[:1]:
            assert ChatClient(client).say(text)
    with closing(Database(f"sqlite:///{restored}")) as database:
        found = database.write_sync(lambda s: s.scalars(sqlalchemy.select(Booking.details)).all())
    assert [details["name"] for details in found] == [DETAILS[0]]


@pytest.fixture
def two(database: Database, tmp_path: Path) -> Iterator[list[ChatClient]]:
    """Two processes on one database, with a client of each."""
    with ExitStack() as stack:
        clients = []
        for _process in range(2):
            running = stack.enter_context(server(tmp_path / "x", database_url=database.url))
            client = stack.enter_context(httpx.Client(base_url=running.url))
            clients.append(ChatClient(client))
        yield clients


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_processes_share_a_conversation_and_a_third_with_another_key_is_refused(
    two: list[ChatClient], deployment: Deployment, tmp_path: Path
) -> None:
    for number, text in enumerate((*TEXTS, *DETAILS, "συμφωνώ", "ναι")):
        here, other = two[number % 2], two[1 - number % 2]
        answer = here.say(text)
        other.token = here.token
    assert "Το ραντεβού σας κλείστηκε" in answer
    assert names(deployment) == [DETAILS[0]]
    used = {"database_url": deployment.database.url, "encryption_key": OTHER_KEY}
    done = run(tmp_path / "x", "serve", port=free_port(), **used)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{SETTING} isn't the one used before, so nobody can read what ")


@on_both
@pytest.mark.usefixtures("booked")
def test_no_table_shows_anything_of_a_person(deployment: Deployment) -> None:
    inbound = {"platform": "webchat", "account": "webchat", "address": "address-of-eleni"}
    for number, text in enumerate((*TEXTS, "Ελένη Γεωργίου")):
        new = {"message_id": f"{number}", "written_at": deployment.clock().timestamp()}
        deployment.receive(Inbound.model_validate(inbound | new | {"text": text}))
    for word in (DETAILS[0], "address-of-eleni", "Ελένη Γεωργίου"):
        assert word in deployment.everything()
    raw = "".join(
        str([bytes(each) if isinstance(each, memoryview) else each for each in row])
        for table in Base.metadata.tables
        for row in deployment.rows(f"SELECT * FROM {table}")
    )
    for word in (*DETAILS[0].split(), *DETAILS[1:], "address-of-eleni", "Ελένη", "συντομότερο"):
        assert word not in raw
        assert word.encode("unicode_escape").decode() not in raw
        assert str(word.encode())[2:-1] not in raw
