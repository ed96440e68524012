"""Whoever has lost the code of an appointment has it sent, and learns nothing on the screen."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.ops import code_requests
from core.bookings.lost_codes import send_codes
from core.db.models import Booking
from tests.conftest import Deployment, mostly_on
from tests.dialogs.custom_municipality import custom_municipality, form_field, stored_bookings

EMAIL, PHONE = "maria@example.gr", "6912345678"
LOST = "Έχασα τον κωδικό μου"


@pytest.fixture
def booking(deployment: Deployment) -> Booking:
    """A booking of somebody in a town that sends e-mails."""
    deployment.services.registry.accounts = frozenset({"console", "email"})
    fields = [form_field(name, name) for name in ("name", "phone", "email")]
    contact = {"phone": "2721000000"}
    deployment.load(custom_municipality(fields=fields, contact=contact))
    deployment.talk("Γεια", "town", "7/12", "9:30", "Μαρία Παπαδοπούλου")
    while deployment.last[-1].step != "task":
        step = str(deployment.last[-1].step)
        answers = {"details.phone": PHONE, "details.email": EMAIL}
        deployment.talk(answers.get(step, "ναι"))
    (found,) = stored_bookings(deployment)
    return found


def codes(deployment: Deployment) -> int:
    """Have the requests answered; return how many e-mails with a code there are."""
    registry, now = deployment.services.registry, deployment.clock()
    deployment.database.write_sync(lambda s: send_codes(s, registry, now))
    return int(deployment.rows("SELECT count(*) FROM outgoing WHERE kind = 'code_sent'")[0][0])


def statements(deployment: Deployment, who: str, text: str) -> int:
    """Return how many rows a turn writes: as many for whoever has no appointment."""
    before = deployment.rows("SELECT total_changes()")[0][0]
    deployment.talk(text, who=who)
    return int(deployment.rows("SELECT total_changes()")[0][0] - before)


def test_the_answer_is_the_same_whether_there_is_an_appointment_or_not(
    deployment: Deployment, booking: Booking
) -> None:
    said, written = [], []
    for who, given in (("a", PHONE), ("b", "6900000000"), ("c", EMAIL), ("d", "no@example.gr")):
        deployment.talk("Γεια", "ακύρωση ραντεβού", who=who)
        deployment.tap(LOST, who=who)
        assert deployment.last[-1].step == "lost"
        written.append(statements(deployment, who, given))
        said.append([(reply.text, reply.step) for reply in deployment.last])
    assert len(set(map(str, said))) == 1
    assert len(set(written)) == 1
    assert "επικοινωνήστε με την υπηρεσία" in said[0][0][0]
    assert "2721000000" in said[0][0][0]  # for whoever gets no e-mail
    assert said[0][-1][1] == "code"
    code = stored_bookings(deployment)[0].code or ""
    assert code not in str(said)
    assert codes(deployment) == 1  # asked for twice within a second
    deployment.talk(code, PHONE, "ναι", who="a")
    assert stored_bookings(deployment)[0].state == "cancelled"


@pytest.mark.parametrize(
    "words", ["ξέχασα τον κωδικό μου", "Έχασα τον κωδικό", "exasa ton kodiko mou", "I lost my code"]
)
def test_it_can_be_said_at_any_time(deployment: Deployment, booking: Booking, words: str) -> None:
    deployment.talk("Γεια", words, who="other")
    assert deployment.last[-1].step == "lost"
    for wrong, expected in (("12", "10 ψηφία"), ("maria@", "email")):
        assert expected in deployment.talk(wrong, who="other")[0].text
    deployment.talk(EMAIL, who="other")
    assert codes(deployment) == 1


@mostly_on("sqlite")
def test_what_was_booked_before_an_upgrade_is_found_by_its_address(
    deployment: Deployment, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As migration 0026 leaves it: without a hash, beside one whose details can't be read."""
    monkeypatch.setattr(code_requests, "PORTION", 1)
    monkeypatch.setattr(code_requests, "PAUSE_SECONDS", 0)
    deployment.talk("Γεια", "town", "7/12", "10:00", "Άννα Παππά", who="another")
    while deployment.last[-1].step != "task":
        step = str(deployment.last[-1].step)
        answers = {"details.phone": "6900000000", "details.email": "anna@example.gr"}
        deployment.talk(answers.get(step, "ναι"), who="another")

    def forget(session: Session) -> None:
        session.execute(update(Booking).values(email_hash=None))
        broken = "UPDATE bookings SET details = x'00' WHERE id = (SELECT min(id) FROM bookings)"
        session.connection().exec_driver_sql(broken)

    deployment.database.write_sync(forget)
    deployment.talk("Γεια", "έχασα τον κωδικό μου", "anna@example.gr", who="other")

    async def once(work: Callable[[], Awaitable[object]], *_more: object, **_kw: float) -> None:
        await work()

    monkeypatch.setattr(code_requests, "repeat", once)
    asyncio.run(code_requests.send_codes_forever(deployment.database, deployment.services))
    assert codes(deployment) == 1


def test_where_no_email_is_sent_the_office_is_named(
    deployment: Deployment, booking: Booking
) -> None:
    deployment.services.registry.accounts = frozenset({"console"})
    deployment.talk("Γεια", "ακύρωση ραντεβού", who="other")
    assert LOST not in [choice.label for choice in deployment.last[-1].choices]
    deployment.talk("έχασα τον κωδικό", who="other")
    assert deployment.last[-1].step != "lost"


def test_too_many_requests_are_refused_alike(deployment: Deployment, booking: Booking) -> None:
    said = []
    for who, given in (("a", PHONE), ("b", "6900000000")):
        deployment.talk("Γεια", "τα ραντεβού μου", who=who)
        for _ in range(6):
            deployment.talk("έχασα τον κωδικό", given, who=who)
        said.append(str([reply.text for reply in deployment.last]))
    assert said[0] == said[1]
    assert "πάρα πολλές" in said[0] or "πολλές" in said[0]


def test_without_an_email_the_code_is_texted_to_the_number(
    deployment: Deployment, booking: Booking
) -> None:
    """Three times a day at most, and only where a number, not an address, is given for it."""
    registry = deployment.services.registry
    registry.accounts = frozenset({"console", "sms"})  # no e-mails: the address is no way
    said = []
    for who, given in (("a", PHONE), ("b", "6900000000"), ("c", EMAIL)):
        deployment.talk("Γεια", "έχασα τον κωδικό μου", given, who=who)
        said.append([(reply.text, reply.step) for reply in deployment.last])
        deployment.clock.forward(minutes=1)
    assert len(set(map(str, said))) == 1
    assert "στο κινητό" in said[0][0][0]
    assert codes(deployment) == 1
    for _ in range(4):
        deployment.clock.forward(minutes=61)
        deployment.talk("έχασα τον κωδικό μου", PHONE, who="a")
        codes(deployment)
    query = "SELECT platform FROM outgoing WHERE kind = 'code_sent'"
    assert [row[0] for row in deployment.rows(query)] == ["sms"] * 3
