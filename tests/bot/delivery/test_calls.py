"""Calls of ours: Twilio's own client makes them, and what becomes of each is told by callbacks."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import Inbound
from core.bookings.offers.making import make_offers, plan_offers
from core.db.models import Booking, OutboxRow, Suppression
from core.errors import DeliveryError
from core.messaging.preferences import keep_language, keep_platform, keep_quiet
from core.messaging.reminder_times import QuietHours
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.conftest import on_both
from tests.core.bookings.offers.acting import ask_at
from tests.core.wait_until import soon
from tests.fakes.http_server import Answer, late, lost
from tests.fakes.twilio import TwilioServer, callback, failure, twilio_server
from tests.fakes.twilio_call import Call
from tests.stories.call_story_runner import ACCOUNT, check_heard, telephone

LANDLINE = "+302721012345"
ASKS = "Αν το ραντεβού είναι δικό σας, πατήστε ένα. Αν δεν είναι, πατήστε δύο."
FORM = {"CallStatus": "in-progress", "Digits": "1", "Direction": "outbound-api"}
PERSONAL = ("Μαρία", "Παπαδοπούλου", "Επίδομα", "Δεκεμβρίου")


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with twilio_server() as server:
        yield server


class Town:
    """A town whose e-mail is refused, so that what is booked with a landline is told by a call."""

    def __init__(self, push: PushDeployment, server: TwilioServer) -> None:
        self.push, self.server, self.clock = push, server, push.deployment.clock
        texts = push.deployment.services.texts
        self.account = push.platforms[ACCOUNT] = telephone(texts, api_url=server.url)
        push.deployment.services.registry.accounts |= {ACCOUNT}
        push.email.fails = [DeliveryError("no such mailbox", unreachable=True)]
        details = [LANDLINE if each == "6912345678" else each for each in DETAILS]
        push.deployment.talk(*BOOK, *details)

    def deliver(self) -> Call | None:
        """Deliver what is due; return the call that it made, if any."""
        before = len(self.server.placed)
        self.push.deliver(self.push.settled)
        return self.call(before) if len(self.server.placed) > before else None

    def ring(self) -> Call:
        """Deliver what is due: a call."""
        call = self.deliver()
        assert call
        return call

    def call(self, number: int = -1) -> Call:
        sid, form = self.server.placed[number]
        assert form["StatusCallback"] == form["AsyncAmdStatusCallback"]
        return Call(
            self.fetch, form["StatusCallback"], form["To"], sid, form["Twiml"], doubled=True
        )

    def fetch(self, url: str, form: Mapping[str, str]) -> str:
        result = self.account.parse(callback(url, form))
        response = asyncio.run(self.push.application.handle_webhook(ACCOUNT, result))
        assert response.status == 200
        return response.body.decode()

    def rows(self) -> list[OutboxRow]:
        query = select(OutboxRow).where(OutboxRow.account == ACCOUNT).order_by(OutboxRow.id)
        return list(self.push.deployment.database.write_sync(lambda s: s.scalars(query).all()))

    def statuses(self) -> list[tuple[str, str | None]]:
        return [(row.status, row.last_error) for row in self.rows()]


@pytest.fixture
def town(push: PushDeployment, server: TwilioServer) -> Town:
    return Town(push, server)


def test_a_call_says_nothing_personal_before_it_is_theirs(town: Town, server: TwilioServer) -> None:
    call = town.ring()
    assert server.violations == []
    (_sid, form) = server.placed[0]
    assert form["To"] == LANDLINE
    assert "6912" not in form["StatusCallback"] and LANDLINE[1:] not in form["Twiml"]
    first = call.answer()
    assert first[-1] == ASKS
    again = call.be_silent()
    last = call.be_silent()  # which a machine records
    assert again == [ASKS]
    assert "καλέσαμε" in last[0]
    assert call.ended
    for each in (*first, *again, *last):
        check_heard(each)
        assert not any(word in each for word in PERSONAL), each
    assert town.statuses() == [("sent", None)]


@on_both
def test_who_says_that_it_is_theirs_hears_it_and_confirms(town: Town) -> None:
    call = town.ring()
    call.answer()
    assert call.press("7") == [ASKS]
    told = call.press("1")
    assert told[0] == "Το ραντεβού είναι για: Μαρία Παπαδοπούλου."
    assert told[1].startswith("Το ραντεβού σας κλείστηκε. Πέμπτη τρεις Δεκεμβρίου")
    assert told[-3:] == [
        "Θα έρθω, πατήστε ένα.",
        "Ακύρωση του ραντεβού, πατήστε δύο.",
        "Άλλη ημέρα ή ώρα, πατήστε τρία.",
    ]
    assert town.statuses() == [("delivered", None)]
    assert call.press("#") == told
    assert call.press("1")[0].startswith("Ευχαριστούμε")
    assert call.ended
    (coming,) = town.push.deployment.rows("SELECT coming_at IS NOT NULL FROM bookings")
    assert coming == (1,)
    for each in told:
        check_heard(each)


def test_who_asks_for_calls_is_reminded_by_one_in_their_language(town: Town) -> None:
    ((citizen,),) = town.push.deployment.rows("SELECT citizen_id FROM bookings")

    def prefer(session: Session) -> None:
        keep_platform(session, citizen, "voice")
        keep_language(session, citizen, "en")

    town.push.deployment.database.write_sync(prefer)
    town.deliver()
    town.clock.now = datetime(2026, 12, 1, 10, 31, tzinfo=UTC)
    call = town.ring()
    assert call.answer()[0].startswith("Hello. ")
    told = call.press("1")
    assert told[:3] == [
        "The appointment is for Μαρία Παπαδοπούλου.",
        "I'm reminding you of your appointment. Thursday the third of December, twelve thirty in "
        "the afternoon. Housing Benefit. Social Assistance Department, Kalamata.",
        "Will you come?",
    ]
    for each in told:
        check_heard(each)


def test_it_is_cancelled_when_asked_once_more_or_moved(town: Town, server: TwilioServer) -> None:
    call = town.ring()
    call.answer()
    call.press("1")
    asked = call.press("3")
    assert asked[0] == "Ποια ημέρα σας εξυπηρετεί;"
    for key in ("1", "1", "1"):
        said = call.press(key)
    assert said[0].startswith("Το ραντεβού σας άλλαξε.")
    call.hang_up()
    assert town.deliver() is None, "who has just heard it isn't called"
    other = town.call()
    other.sid = "CA" + "f" * 32
    other.answer()
    other.press("1")
    assert other.press("2")[0].startswith("Να ακυρώσω")
    assert other.press("1")[0].startswith("Το ραντεβού σας ακυρώθηκε")
    other.hang_up()
    assert town.deliver() is None


def test_where_another_time_is_offered_that_is_asked(town: Town) -> None:
    call, registry = town.ring(), town.push.deployment.services.registry

    def offer(session: Session) -> None:
        booking = session.scalars(select(Booking).where(Booking.code != "")).one()
        ask_at(session, registry, booking, town.clock())
        planned = plan_offers(session, registry, town.clock(), 1)
        make_offers(session, registry, planned, town.clock(), lambda: False)

    town.push.deployment.database.write_sync(offer)
    call.answer()
    told = call.press("1")
    assert told[0] == "Το ραντεβού είναι για: Μαρία Παπαδοπούλου."
    assert told[1].startswith("Το ραντεβού σας είναι")
    assert told[-2].startswith("Δέχομαι τη νέα ώρα")
    for each in told:
        check_heard(each)
    assert call.press("1")[0].startswith("Το ραντεβού σας άλλαξε")


def test_a_wrong_number_is_called_no_more(town: Town) -> None:
    call = town.ring()
    call.is_answered_by("machine_start")
    assert town.statuses() == [("pending", "answered by a machine")]
    call.answer()
    (said,) = call.press("2")
    assert said.startswith("Συγγνώμη")
    assert call.ended
    assert town.statuses() == [("failed", "a wrong number")]
    query = select(Suppression.account).where(Suppression.account == ACCOUNT)
    assert town.push.deployment.database.write_sync(lambda s: s.scalars(query).all()) == [ACCOUNT]


@on_both
def test_who_does_not_answer_is_called_three_times_and_not_at_night(town: Town) -> None:
    first = town.ring()
    first.report("busy")
    assert town.statuses() == [("pending", "busy")]
    assert town.deliver() is None
    town.clock.now = datetime(2026, 11, 30, 18, 45, tzinfo=UTC)  # 20:45 in Athens
    second = town.ring()
    first.report("no-answer")  # late, of the call before
    assert town.statuses() == [("sent", None)]
    second.is_answered_by("human")
    second.report("no-answer")
    (row,) = town.rows()
    assert (row.status, row.try_at) == ("pending", datetime(2026, 12, 1, 6, 0, tzinfo=UTC))
    town.clock.now = row.try_at
    town.ring().report("failed")
    assert town.statuses() == [("failed", "failed")]
    assert town.deliver() is None


def test_what_can_not_wait_for_the_morning_is_told_another_way(town: Town) -> None:
    town.clock.now = datetime(2026, 12, 3, 8, 0, tzinfo=UTC)
    ((citizen,),) = town.push.deployment.rows("SELECT citizen_id FROM bookings")
    quiet = QuietHours(time(9), time(14), ZoneInfo("Europe/Athens"))
    town.push.deployment.database.write_sync(lambda s: keep_quiet(s, citizen, quiet))
    assert town.deliver() is None
    assert town.statuses() == [("failed", "quiet hours")]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (failure(21211), ("failed", "error 21211")),
        (failure(21215), ("failed", "error 21215")),
        (failure(20429, 429), ("pending", "error 20429")),
        (Answer(504, b""), ("pending", "HTTP 504")),
    ],
)
def test_what_twilio_refuses_is_given_up_or_tried_again(
    town: Town, server: TwilioServer, answer: Answer, status: tuple[str, str]
) -> None:
    server.failures[LANDLINE] = [answer]
    assert town.deliver() is None
    assert town.statuses() == [status]


def test_who_hears_it_though_twilio_s_answer_was_lost_is_not_called_again(
    town: Town, server: TwilioServer
) -> None:
    server.answer_faults[LANDLINE] = [lost]
    call = town.ring()
    ((status, why),) = town.statuses()
    assert (status, why) != ("sent", None)
    call.answer()
    call.press("1")
    assert town.statuses() == [("delivered", None)]


def test_a_callback_that_comes_before_the_answer_waits_for_it(
    town: Town, server: TwilioServer
) -> None:
    server.answer_faults[LANDLINE] = [late(0.3)]

    async def run() -> None:
        worker = town.push.application.delivery_worker()
        working = asyncio.create_task(worker.run())
        await soon(lambda: bool(server.placed))
        sid, form = server.placed[0]
        told = {"CallSid": sid, "CallStatus": "busy", "To": LANDLINE, "Direction": "outbound-api"}
        result = town.account.parse(callback(form["StatusCallback"], told))
        await town.push.application.handle_webhook(ACCOUNT, result)
        worker.stop()
        await working

    asyncio.run(run())
    assert town.statuses() == [("pending", "busy")]


def test_what_is_another_number_s_is_told_to_nobody(town: Town) -> None:
    call = town.ring()
    call.answer()
    form = {**FORM, "CallSid": call.sid, "To": "+302721099999"}
    inbound = town.account.parse(callback(f"{call.url}&n=1&language=el", form)).events[-1]
    assert isinstance(inbound, Inbound)
    (said, *_question) = town.push.deployment.receive(inbound)
    assert said.hangs_up
    assert "Παπαδοπούλου" not in said.text
