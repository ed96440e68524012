"""The command that replaces a secret which is lost for good."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from bot.bootstrap import bootstrap
from bot.ops.secret_replacement import hash_anew
from bot.secret_key import FINGERPRINT, secret_file
from bot.settings import Settings
from core.actor import KeyScope, Role, Staff
from core.catalogue.registry import Registry
from core.db.models import Confirmation, Contact, FailedAttempt, StoredSecret
from core.staff import api_keys, links, members
from core.staff.codes import make_link_code
from tests.bot.processes import free_port, run, run_here
from tests.bot.push_deployment import DETAILS, PushDeployment
from tests.conftest import Deployment, mostly_on
from tests.postgres import KEY

OTHER = "another secret of 16 characters"
PHONE = DETAILS[2]

Command = Callable[..., subprocess.CompletedProcess[str]]


def start(deployment: Deployment, secret: str | None = None) -> None:
    """Start on the database, as `rantevou serve` does, with the key that is given or kept."""
    given = {"database_url": deployment.database.url, "secret": secret, "encryption_key": KEY}
    application = bootstrap(Settings.model_validate(given))
    application.database.close()
    registry = application.services.registry
    registry.accounts = deployment.services.registry.accounts
    deployment.services = replace(deployment.services, registry=registry)


def lose(deployment: Deployment) -> None:
    """Record the fingerprint of the secret, and lose the secret."""
    start(deployment)
    if deployment.database.backend.file:
        secret_file(deployment.file).unlink()
    lost = delete(StoredSecret).where(StoredSecret.name == "secret")
    deployment.database.write_sync(lambda session: session.execute(lost))


@pytest.fixture
def command(deployment: Deployment, tmp_path: Path) -> Command:
    """Return a function that runs `rantevou …` on the database."""
    url = deployment.database.url
    return lambda *given, **more: run_here(tmp_path / "x", *given, database_url=url, **more)


def finds(deployment: Deployment, code: str, who: str) -> bool:
    """Return whether somebody else finds the booking by its code and telephone number."""
    said = deployment.talk("τα ραντεβού μου", code, PHONE, who=who)
    return "Επίδομα Στέγασης" in "\n".join(reply.text for reply in said)


@mostly_on("sqlite")
@pytest.mark.parametrize("secret", [None, OTHER], ids=["made", "given"])
def test_a_booking_is_found_again_by_its_code_and_number(
    deployment: Deployment, command: Command, tmp_path: Path, booked: str, secret: str | None
) -> None:
    given = {"secret": secret} if secret else {}
    lose(deployment)
    url = deployment.database.url
    refused = run(tmp_path / "x", "serve", port=free_port(), database_url=url, **given)
    assert refused.returncode == 1
    assert refused.stderr.endswith("If that secret is lost for good: rantevou secret replace.\n")
    done = command("secret", "replace", "--yes", **given)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Bookings found by their code and telephone number as before: 1\n" in done.stdout
    assert OTHER not in done.stdout
    start(deployment, secret)
    assert finds(deployment, booked, "another")


@mostly_on("sqlite")
def test_nothing_is_replaced_while_the_right_secret_is_there(
    deployment: Deployment, command: Command, booked: str
) -> None:
    start(deployment)
    stored = deployment.everything()
    for given in ({}, {"secret": OTHER}):
        done = command("secret", "replace", "--yes", **given)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("Nothing was replaced: ")
        assert "has the secret used before." in done.stderr
        assert ("Leave RANTEVOU_SECRET unset." in done.stderr) is bool(given)
        assert len(done.stderr.splitlines()) == 1
    assert deployment.everything() == stored
    lose(deployment)
    done = command("secret", "replace", "--yes", secret=OTHER)
    assert done.returncode == 0
    again = command("secret", "replace", "--yes", secret=OTHER)
    assert again.stderr == "Nothing was replaced: RANTEVOU_SECRET is the secret used before.\n"
    start(deployment, OTHER)
    assert finds(deployment, booked, "another")


@mostly_on("sqlite")
def test_nothing_is_replaced_where_there_is_no_booking(
    deployment: Deployment, command: Command
) -> None:
    recorded = f"SELECT value FROM kept WHERE name = '{FINGERPRINT}'"
    before = deployment.rows(recorded)
    done = command("secret", "replace", "--yes")
    assert done.returncode == 1
    assert "has no bookings yet, and is used with any secret." in done.stderr
    assert deployment.rows(recorded) == before


@mostly_on("sqlite")
@pytest.mark.usefixtures("booked")
def test_without_yes_it_asks_first(deployment: Deployment, tmp_path: Path) -> None:
    lose(deployment)
    stored, url = deployment.everything(), deployment.database.url
    for typed in ("n\n", "", "y\n"):
        assert deployment.everything() == stored
        done = run(tmp_path / "x", "secret", "replace", typed=typed, database_url=url)
        assert "Replace the secret? [y/N]" in done.stdout
        assert done.returncode == (0 if typed == "y\n" else 1)
    assert deployment.everything() != stored


@mostly_on("sqlite")
@pytest.mark.usefixtures("booked")
def test_what_cannot_be_hashed_anew_is_forgotten(deployment: Deployment, command: Command) -> None:
    proven = deployment.services.registry.keyed_hash(PHONE)
    now = deployment.clock()

    def store(session: Session) -> None:
        session.add(Confirmation(network="a hash", municipality_id="kalamata", at=now))
        session.execute(update(Contact).values(proven_phone=proven))
        session.add_all(
            FailedAttempt(source=source, at=now) for source in ("contact 1", "number a")
        )
        link_a_member(session, deployment)
        make_a_key(session, deployment)

    deployment.database.write_sync(store)
    lose(deployment)
    done = command("secret", "replace", "--yes")
    assert "Telephone numbers to be proven again by their owners: 1." in done.stdout
    assert "Accounts of staff to be linked again: 1." in done.stdout
    assert "API keys that were revoked, to be made anew: 1." in done.stdout
    assert deployment.rows("SELECT 1 FROM api_keys WHERE revoked_at IS NULL") == []
    for table in ("staff_contacts", "staff_codes"):
        assert deployment.rows(f"SELECT 1 FROM {table}") == []
    assert deployment.rows("SELECT 1 FROM contacts WHERE proven_phone IS NOT NULL") == []
    assert deployment.rows("SELECT 1 FROM confirmations") == []
    assert deployment.rows("SELECT source FROM wrong_tries") == [("contact 1",)]


def link_a_member(session: Session, deployment: Deployment) -> None:
    """Link an account of a member, who gets one more code."""
    operator, registry, now = Staff(Role.OPERATOR, "cli"), Registry("secret"), deployment.clock()
    number = members.add(
        session, registry, operator, now, name="Ελένη", role=Role.OPERATOR, municipality_id=None
    )
    for address in ("7", None):
        code = make_link_code(session, registry, operator, now, member_id=number)
        if address:
            links.link(session, registry, code, now, account="telegram:town", address=address)


def make_a_key(session: Session, deployment: Deployment) -> None:
    operator, registry, now = Staff(Role.OPERATOR, "cli"), Registry("secret"), deployment.clock()
    registry.refresh(session)
    number = members.add(
        session, registry, operator, now, name="Νίκος", role=Role.MANAGER, municipality_id="chios"
    )
    api_keys.make(
        session,
        registry,
        operator,
        now,
        member_id=number,
        name="Screen",
        scopes=[KeyScope.READ],
        days=731,
    )


@mostly_on("sqlite")
def test_a_web_chat_ends_and_its_reminder_goes_another_way(push: PushDeployment) -> None:
    deployment = push.deployment
    deployment.platform = deployment.account = "webchat"
    book(deployment, "a browser")
    registry, now = Registry(OTHER, deployment.services.registry.accounts), deployment.clock()
    done = deployment.database.write_sync(lambda session: hash_anew(session, registry, now))
    assert (done.bookings, done.web_chats) == (1, 1)
    reminders = "SELECT account, status FROM outgoing WHERE kind = 'reminder' ORDER BY id"
    # One may be past its time already, for the booking is made by the real clock.
    found = set(deployment.rows(reminders)) - {("reminder", "cancelled")}
    assert found == {("webchat", "cancelled"), ("reminder", "pending")}
    assert deployment.rows("SELECT 1 FROM conversations WHERE ended_at IS NULL") == []


@mostly_on("sqlite")
def test_who_unsubscribed_is_not_written_to(push: PushDeployment, command: Command) -> None:
    deployment = push.deployment
    for who in ("gone", "unknown", "reached"):
        book(deployment, who)
        push.deliver(push.settled)
    push.server.failures["gone"] = [(403, {})] * 9
    deployment.say("βοήθεια", who="gone")
    push.deliver(push.settled)
    push.server.failures["gone"] = []
    assert len(deployment.rows("SELECT 1 FROM suppressions")) == 1
    deployment.clock.forward(seconds=2)
    deployment.talk("βοήθεια", who="reached")
    push.deliver(push.settled)

    lose(deployment)
    done = command("secret", "replace", "--yes")
    said = "Contacts of push:one who are sent nothing but replies until they write again: 2."
    assert said in done.stdout
    start(deployment)
    push.application = replace(push.application, services=deployment.services)
    before = {who: len(push.server.to(who)) for who in ("gone", "unknown", "reached")}
    deployment.talk("βοήθεια", who="unknown")
    push.deliver(push.settled)
    assert len(deployment.rows("SELECT 1 FROM suppressions")) == 1
    deployment.clock.now = datetime.fromtimestamp(
        deployment.rows("SELECT max(due_at) FROM outgoing WHERE kind = 'reminder'")[0][0], UTC
    )
    push.deliver(push.settled)
    after = {who: len(push.server.to(who)) for who in before}
    assert after["gone"] == before["gone"]
    assert after["unknown"] > before["unknown"] + 1
    assert after["reached"] > before["reached"]


def book(deployment: Deployment, who: str) -> None:
    """Book at the last time that is offered, which is in the future by the real clock too."""
    deployment.clock.now = datetime.now(UTC).replace(microsecond=0)
    deployment.talk("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", who=who)
    for _day_and_time in range(2):
        deployment.say(choice=deployment.last[-1].choices[0].id, who=who)
    deployment.talk(*DETAILS, who=who)
