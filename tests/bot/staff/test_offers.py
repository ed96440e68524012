"""Offers of another time, as a room of staff asks for them and is told of them."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.delivery import dispatch
from bot.views.day_list import render_day_list
from bot.views.notification import render_notification
from core.actor import OPERATOR
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.offers import service as time_offers
from core.bookings.offers.making import make_offers, plan_offers
from core.bookings.offers.withdrawal import plan_withdrawals, withdraw_planned
from core.db.models import Booking, ExceptionKind, OutboxRow, TimeOffer
from core.messaging.keys import Cause, MessageKind
from core.messaging.recipients import RoomRecipient
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff.people import HELEN, NICK, STRANGER, People
from tests.bot.staff.test_relay import CITIZEN, move_to_telegram
from tests.bot.staff_chat import GROUP
from tests.conftest import mark_replies_sent, mostly_on
from tests.core.small_municipality import ATHENS, MONDAY

MOVE, YES, LEAVE, NUMBER = "Άλλη ώρα…", "Ναι, να προταθεί", "Όχι, να μείνει", "Τηλέφωνο"
ASKS = "Να προταθεί στον πολίτη άλλη ώρα"
OFFERED, NOT_OFFERED = "Προτείνεται άλλη ώρα.", "Δεν προτάθηκε άλλη ώρα."


@pytest.fixture
def asked(people: People) -> People:
    """A group in which Helen has tapped that another time is to be offered for a booking."""

    def make() -> None:
        people.chat.bind()
        people.linked(HELEN)
        people.chat.book()
        people.deliver()
        assert people.tap(MOVE) == "Απαντήστε στην ερώτησή μου."
        people.deliver()

    people.begin("asked for a time", make)
    return people


def run_job(people: People) -> None:
    """Make the offers that were asked for, and end what is overdue, as the server does."""
    services = people.chat.services

    def run(session: Session) -> None:
        now, registry = services.clock(), services.registry
        registry.refresh(session)
        time_offers.end_overdue(session, registry, now)
        planned = plan_offers(session, registry, now, 10)
        make_offers(session, registry, planned, now, lambda: False)

    people.chat.do(run)
    people.deliver()


def offer(people: People) -> TimeOffer:
    found = people.chat.do(lambda s: time_offers.latest_offer(s, 1))
    assert found
    return found


def booking_id(people: People) -> int:
    return people.chat.do(lambda s: s.query(Booking.id).filter_by(state="confirmed").one()[0])


def decline(people: People) -> None:
    services = people.chat.services

    def run(session: Session) -> None:
        made = session.query(TimeOffer).one()
        time_offers.decline(session, services.registry, made, services.clock())

    people.chat.do(run)
    people.deliver()


def test_it_is_asked_once_more_and_then_offered(asked: People) -> None:
    texts = asked.chat.texts()
    assert texts[-1].startswith(ASKS)
    assert asked.tap(YES) == OFFERED
    run_job(asked)
    alert, question = asked.chat.texts()
    assert "Προτείνεται άλλη ώρα: 7/12/2026 10:30, έως " in alert
    assert question == OFFERED
    assert MOVE not in asked.chat.server.buttons(GROUP)


@pytest.mark.parametrize("is_fetched", [False, True])
def test_the_room_is_told_to_call_whose_page_has_not_fetched_the_offer_in_time(
    asked: People, is_fetched: bool
) -> None:
    asked.tap(YES)
    run_job(asked)
    if is_fetched:
        fetched = OutboxRow.kind == "time_offered"
        asked.chat.do(
            lambda s: s.execute(update(OutboxRow).where(fetched).values(status="delivered"))
        )
    asked.chat.deployment.clock.forward(minutes=14)
    asked.deliver()
    assert asked.chat.texts()[-1] == OFFERED
    asked.chat.deployment.clock.forward(minutes=1)
    asked.deliver()
    call = asked.chat.texts()[-1]
    assert call.startswith("Τηλεφωνήστε στον πολίτη, ίσως δεν δει") != is_fetched


def test_left_as_it_is_nothing_is_offered(asked: People) -> None:
    assert asked.tap(LEAVE) == NOT_OFFERED
    asked.deliver()
    assert asked.chat.texts()[-1] == NOT_OFFERED
    assert asked.chat.do(lambda s: s.query(TimeOffer).count()) == 0


def test_the_question_is_answered_once(asked: People) -> None:
    buttons = asked.chat.server.buttons(GROUP)
    leave = next(data for label, data in buttons.items() if label == LEAVE)
    yes = next(data for label, data in buttons.items() if label == YES)
    assert asked.tap_data(yes) == OFFERED
    assert asked.tap_data(leave) == "Αυτή η ερώτηση έχει ήδη απαντηθεί."
    assert asked.tap_data(yes) == "Αυτή η ερώτηση έχει ήδη απαντηθεί."
    assert asked.chat.do(lambda s: s.query(TimeOffer).count()) == 1


def test_a_stranger_offers_nothing(asked: People) -> None:
    assert "συνδεδεμένος συνάδελφος" in asked.tap(YES, STRANGER)
    assert asked.chat.do(lambda s: s.query(TimeOffer).count()) == 0


def test_another_colleague_may_answer_the_question(asked: People) -> None:
    asked.linked(NICK, "Νίκος Παππάς")
    assert asked.tap(YES, NICK) == OFFERED


def test_what_is_offered_already_is_not_offered_again(asked: People) -> None:
    move = next(d for label, d in asked.chat.server.buttons(GROUP).items() if label == MOVE)
    asked.tap(YES)
    assert asked.tap_data(move) == "Έχει ήδη ζητηθεί να προταθεί άλλη ώρα."


def test_too_soon_before_the_appointment_the_colleague_is_told_to_call(asked: People) -> None:
    buttons = asked.chat.server.buttons(GROUP)
    begins = asked.chat.do(lambda s: s.query(Booking).one().starts_at)
    asked.chat.deployment.clock.now = begins - timedelta(minutes=119)
    told = "Αυτό το ραντεβού αρχίζει σε λιγότερο από δύο ώρες: παρακαλούμε τηλεφωνήστε στον πολίτη."
    for label in (YES, MOVE):
        data = next(each for named, each in buttons.items() if named == label)
        assert asked.tap_data(data) == told
    assert asked.chat.do(lambda s: s.query(TimeOffer).count()) == 0


def test_a_refusal_is_told_as_an_answer_to_the_alert_with_the_number(asked: People) -> None:
    asked.tap(YES)
    run_job(asked)
    decline(asked)
    last = asked.chat.texts()[-1]
    assert last.startswith("Τηλεφωνήστε στον πολίτη, δεν θέλει την ώρα που του προτάθηκε")
    assert "7/12/2026 10:30" in last
    assert "69" in asked.tap(NUMBER)
    assert "Προτείνεται" not in asked.chat.texts()[0]


@pytest.mark.parametrize(("status", "said"), [("sent", "δεν απάντησε"), ("pending", "δεν είδε")])
def test_that_nobody_answered_is_told(asked: People, status: str, said: str) -> None:
    asked.tap(YES)
    run_job(asked)
    offers = update(OutboxRow).where(OutboxRow.kind == MessageKind.TIME_OFFERED)
    asked.chat.do(lambda s: s.execute(offers.values(status=status)))  # as their page fetched it
    asked.chat.deployment.clock.forward(days=1)
    run_job(asked)
    assert asked.chat.texts()[-1].startswith(f"Τηλεφωνήστε στον πολίτη, {said}")


def test_that_it_was_accepted_is_told_as_a_change(asked: People) -> None:
    asked.tap(YES)
    run_job(asked)

    def accept(session: Session) -> None:
        env = asked.chat.environment(session)
        made = session.query(TimeOffer).one()
        who = env.actor(session.get_one(Booking, made.booking_id).citizen_id)
        assert time_offers.accept(session, asked.chat.services.registry, made, env.now, who)

    asked.chat.do(accept)
    asked.deliver()
    assert asked.chat.texts()[-1].startswith(
        "Ο πολίτης δέχτηκε τη νέα ώρα, από Δευ 7 Δεκ 10:00 σε Δευ 7 Δεκ 10:30"
    )


def test_the_mornings_list_ends_with_the_open_offers(asked: People) -> None:
    asked.tap(YES)
    run_job(asked)
    for day in (date(2026, 12, 7), date(2026, 12, 7) + timedelta(days=1)):
        *_others, heading, line = morning(asked, day)
        assert heading == "Μένει αναπάντητη 1 πρόταση:"
        assert "προτείνεται 7/12/2026 10:30 έως" in line
    decline(asked)
    assert morning(asked, date(2026, 12, 8)) == []


def morning(people: People, day: date) -> list[str]:
    """The lines of the morning's list."""
    services = people.chat.services

    def render(session: Session) -> list[str]:
        recipient = RoomRecipient(1)
        row = OutboxRow(
            kind=MessageKind.DAY_LIST,
            room_id=1,
            recipient=str(recipient),
            dedupe_key=Cause.day(day).dedupe_key(recipient),
        )
        reply = render_day_list(session, services, row)
        return reply.text.splitlines() if reply else []

    return people.chat.do(render)


@pytest.mark.parametrize(
    ("ended", "then"),
    [
        ("declined", "opened"),
        ("declined", "moved"),
        ("expired", "cancelled"),
        ("expired", "over"),
    ],
)
def test_who_has_no_other_time_is_named_each_morning_until_something_is_done(
    people: People, ended: str, then: str
) -> None:
    room, clock, registry = people.chat, people.chat.deployment.clock, people.chat.services.registry
    room.bind()
    booking = room.book("10:00")
    clock.now = datetime(2026, 11, 30, 9, 0, tzinfo=ATHENS)
    closed = ExceptionRequest(ExceptionKind.CLOSURE, "town", MONDAY, MONDAY, "09:00", "10:30")
    number = room.do(lambda s: closures.make(s, registry, OPERATOR, closed, clock.now)).id
    run_job(people)
    if ended == "declined":
        decline(people)
    clock.forward(days=1)
    run_job(people)
    assert offer(people).state == ended
    for day in (date(2026, 12, 2), date(2026, 12, 3)):
        heading, line = morning(people, day)[-2:]
        assert heading == "1 ραντεβού πέφτει σε κλειστές ώρες και δεν έχει νέα ώρα:"
        assert line.startswith("• Τηλεφωνήστε στον πολίτη, ")
    if then == "opened":
        room.do(lambda s: closures.withdraw(s, registry, OPERATOR, "town", number, clock.now))
        room.do(registry.refresh)
    elif then == "cancelled":
        room.change(booking, lambda env, found: env.cancel(found))
    elif then == "moved":
        room.change(booking, lambda env, found: env.move(found, "10:30"))
    else:
        clock.now = datetime(2026, 12, 7, 11, 0, tzinfo=ATHENS)
    assert not any("κλειστές ώρες" in line for line in morning(people, date(2026, 12, 4)))


def remind(people: People, booking_id: int) -> bool:
    """Whether the citizen of a booking would be reminded of it now."""

    def run(session: Session) -> bool:
        row = session.scalars(
            select(OutboxRow).where(
                OutboxRow.booking_id == booking_id, OutboxRow.kind == MessageKind.REMINDER
            )
        ).first()
        assert row
        booking = session.get_one(Booking, booking_id)
        given = session, people.chat.services, row, booking, "el", "Europe/Athens"
        return render_notification(*given) is not None

    return people.chat.do(run)


def close(people: People) -> None:
    """Close the morning of the bookings."""
    room, registry = people.chat, people.chat.services.registry
    closed = ExceptionRequest(ExceptionKind.CLOSURE, "town", MONDAY, MONDAY, "09:00", "10:30")
    now = people.chat.services.clock()
    room.do(lambda s: closures.make(s, registry, OPERATOR, closed, now))
    room.do(registry.refresh)


@pytest.mark.parametrize("ended", ["declined", "expired"])
def test_nobody_is_reminded_of_what_cannot_take_place(people: People, ended: str) -> None:
    room, clock = people.chat, people.chat.deployment.clock
    room.bind()
    booking = room.book("10:00")
    clock.now = datetime(2026, 12, 4, 9, 0, tzinfo=ATHENS)
    assert remind(people, booking)
    close(people)
    run_job(people)
    assert not remind(people, booking)  # while another time is offered
    if ended == "declined":
        decline(people)
    clock.forward(days=1, hours=1)
    run_job(people)
    assert offer(people).state == ended
    assert not remind(people, booking)


def test_who_may_keep_the_old_time_is_reminded_of_it(asked: People) -> None:
    asked.tap(YES)
    run_job(asked)
    assert offer(asked).state == "made"
    assert remind(asked, booking_id(asked))


@pytest.mark.parametrize(
    ("typed", "state"), [("Δέχομαι τη νέα ώρα", "accepted"), ("δεν θέλω τη νέα ώρα", "declined")]
)
def test_who_writes_to_the_office_answers_an_offer_by_the_words_of_its_button(
    people: People, typed: str, state: str
) -> None:
    people.chat.bind()
    people.linked(HELEN)
    booking = people.chat.book()
    for text in ("Γεια", "υπάλληλος", "town"):
        people.chat.do(mark_replies_sent)
        people.write(text, CITIZEN, private=True)
    people.chat.do(lambda s: move_to_telegram(s, booking))
    close(people)
    run_job(people)
    people.write(typed, CITIZEN, private=True)
    assert offer(people).state == state


CALLED_OFF, CALL_AGAIN = "Δεν χρειάζεται πια να τηλεφωνήσετε", "Τηλεφωνήστε ξανά στον πολίτη"


@pytest.mark.parametrize(
    ("called", "on_page", "expected"),
    [
        (True, False, [CALLED_OFF]),
        (False, False, []),
        (True, True, [CALL_AGAIN]),  # nobody may open the page again
        (False, True, []),
    ],
)
def test_a_call_that_was_asked_for_is_called_off_where_the_citizen_is_written_to(
    people: People, called: bool, on_page: bool, expected: list[str]
) -> None:
    chat, registry = people.chat, people.chat.services.registry
    chat.bind()
    people.write("Γεια", CITIZEN, private=True)
    booking = chat.book()
    if not on_page:
        chat.do(lambda s: move_to_telegram(s, booking))
    close(people)
    run_job(people)
    offers = update(OutboxRow).where(OutboxRow.kind == MessageKind.TIME_OFFERED)
    chat.do(lambda s: s.execute(offers.values(status="delivered")))
    if called:
        decline(people)

    def end(session: Session) -> None:
        now = chat.services.clock()
        closures.withdraw(session, registry, OPERATOR, "town", 1, now)
        registry.refresh(session)
        planned = plan_withdrawals(session, registry, now, 10, {})
        withdraw_planned(session, registry, planned, now, lambda: False)

    chat.do(end)
    people.deliver()
    assert offer(people).state == "withdrawn"
    said = [text for text in chat.texts() if text.startswith((CALLED_OFF, CALL_AGAIN))]
    assert all(text.startswith(each) for text, each in zip(said, expected, strict=True))
    assert not any("Τηλέφωνο" in each for each in said)


def test_who_cannot_be_reached_by_a_message_is_to_be_called_as_the_question_says(
    asked: People,
) -> None:
    warning = "Κανένα μήνυμά μας"
    assert warning not in asked.chat.texts()[-1]
    asked.chat.services.registry.accounts = frozenset({ACCOUNT})  # the citizen's isn't served
    asked.tap(MOVE)
    asked.deliver()
    assert warning in asked.chat.texts()[-1]


def test_the_room_is_told_to_call_whose_email_failed_and_page_fetched_nothing(
    asked: People,
) -> None:
    registry = asked.chat.services.registry
    registry.accounts |= {"email"}
    asked.tap(YES)
    run_job(asked)

    def bounce(session: Session) -> None:
        row = session.query(OutboxRow).filter_by(kind="time_offered", platform="email").one()
        dispatch.give_up_on(session, asked.chat.services, row, "550 no such user")

    asked.chat.do(bounce)
    assert asked.chat.do(
        lambda s: [
            tuple(r)
            for r in s.query(OutboxRow.platform, OutboxRow.status).filter_by(kind="time_offered")
        ]
    ) == [("email", "failed"), ("webchat", "pending")]
    asked.chat.deployment.clock.forward(hours=2)
    asked.deliver()
    assert "Τηλεφωνήστε στον πολίτη" in asked.chat.texts()[-1]


@mostly_on("sqlite")
def test_of_an_offer_that_reached_nobody_the_room_is_told_once_when_it_expires(
    asked: People,
) -> None:
    registry = asked.chat.services.registry
    registry.accounts |= {"email"}
    asked.tap(YES)
    run_job(asked)

    def bounce(session: Session) -> None:
        for row in session.query(OutboxRow).filter_by(platform="email"):
            if row.kind in ("time_offered", "offer_expired"):
                dispatch.give_up_on(session, asked.chat.services, row, "550 no such user")

    asked.chat.do(bounce)
    asked.chat.deployment.clock.forward(hours=2)
    asked.deliver()
    before = asked.chat.texts()
    asked.chat.deployment.clock.forward(days=1)
    run_job(asked)
    asked.chat.do(bounce)
    asked.chat.do(lambda s: s.execute(update(OutboxRow).values(try_at=OutboxRow.due_at)))
    asked.deliver()
    said = [text for text in asked.chat.texts()[len(before) :] if "Τηλεφωνήστε" in text]
    assert [text.split(" (")[0] for text in said] == [
        "Τηλεφωνήστε στον πολίτη, δεν είδε την πρότασή μας"
    ]
