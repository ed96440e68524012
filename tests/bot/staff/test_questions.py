"""A cancellation in a room: why, once more, and what the citizen is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.bookings import by_staff
from core.db.models import Booking, Contact, StaffAction, StaffQuestion
from core.staff.questions import close_old
from tests.bot.platforms import telegram_updates as updates
from tests.bot.staff.people import HELEN, NICK, STRANGER, People
from tests.bot.staff_chat import GROUP
from tests.conftest import mostly_on
from tests.core.staff.two_towns import OPERATOR

CANCEL, YES, NO, KEEP, ABSENT = (
    "Ακύρωση…",
    "Ναι",
    "Όχι",
    "Να μην ακυρωθεί",
    "Ο υπάλληλος δεν θα είναι διαθέσιμος",
)
NUMBER, CALL = "Τηλέφωνο", "Τηλεφωνήστε στον πολίτη, "
MUST_BE_CALLED = "Κανένα μήνυμά μας δεν φτάνει στον πολίτη"
ASKS, SURE = "γιατί να ακυρωθεί", "Να ακυρωθεί το ραντεβού;"


@pytest.fixture
def asked(people: People) -> People:
    """A group in which Helen has tapped that a booking is to be cancelled."""

    def make() -> None:
        people.chat.bind()
        people.linked(HELEN)
        people.linked(NICK, "Νίκος Παππάς")
        people.chat.book()
        people.deliver()
        assert people.tap(CANCEL) == "Απαντήστε στην ερώτησή μου."
        people.deliver()

    people.begin("asked how to cancel", make)
    return people


def question(people: People) -> tuple[int, str]:
    """Return the id and the text of the last question's message."""
    number, message = list(people.chat.server.chats[GROUP].items())[1]
    return number, message["text"]


def state(people: People) -> str:
    return people.chat.do(lambda s: s.scalars(select(Booking.state)).one())


def reasons(people: People) -> list[str | None]:
    rows = people.chat.do(lambda s: s.scalars(select(StaffAction)).all())
    return [row.reason for row in rows if row.action == "cancel"]


def test_it_is_asked_under_the_alert_with_ready_reasons(asked: People) -> None:
    number, text = question(asked)
    assert text.startswith("Ελένη Δήμου, γιατί να ακυρωθεί")
    alert, message = next(iter(asked.chat.server.chats[GROUP])), asked.chat.server.chats[GROUP]
    assert message[number]["answers"] == alert
    assert ABSENT in asked.chat.server.buttons(GROUP)
    assert state(asked) == "confirmed"


def test_a_ready_reason_is_asked_once_more_and_told_to_the_citizen(asked: People) -> None:
    assert asked.tap(ABSENT) == "Παρακαλούμε επιβεβαιώστε."
    asked.deliver()
    assert question(asked)[1].startswith(SURE)
    assert ABSENT in question(asked)[1]
    assert state(asked) == "confirmed"
    assert asked.tap(YES) == "Ακυρώθηκε."
    asked.deliver()
    assert (state(asked), reasons(asked)) == ("cancelled", [ABSENT])
    assert "ακυρωθεί" in question(asked)[1]
    assert ABSENT in question(asked)[1]
    assert asked.chat.server.buttons(GROUP) == {}
    closed = asked.chat.do(lambda s: s.scalars(select(StaffQuestion)).one())
    assert (closed.closed_at is not None, closed.reason) == (True, None)


def test_own_words_are_a_reason_and_may_be_corrected(asked: People) -> None:
    number, _text = question(asked)
    assert asked.write("Έσπασε  σωλήνας", to=number) is None
    asked.deliver()
    buttons = asked.chat.server.buttons(GROUP)
    old = next(data for label, data in buttons.items() if label.startswith(YES))
    assert asked.write("Έσπασε σωλήνας, πλημμύρα", to=number) is None
    assert "αλλάξει" in asked.tap_data(old)
    asked.deliver()
    assert asked.tap(YES) == "Ακυρώθηκε."
    assert reasons(asked) == ["Έσπασε σωλήνας, πλημμύρα"]


def test_the_day_is_a_reason_here_and_no_command(asked: People) -> None:
    number, _text = question(asked)
    assert asked.write("σήμερα", to=number) is None
    asked.deliver()
    assert "σήμερα" in question(asked)[1]


def test_a_reason_that_is_too_long_is_asked_for_again(asked: People) -> None:
    said = asked.write("α" * 301, to=question(asked)[0])
    assert said
    assert "300" in said
    assert "Απαντήστε ξανά στην ερώτησή μου" in said
    asked.deliver()
    assert ASKS in question(asked)[1]


def test_only_who_tapped_is_asked(asked: People) -> None:
    number, text = question(asked)
    assert asked.write("Γιατί έτσι", NICK, to=number) is None
    assert asked.write("Γιατί έτσι", STRANGER, to=number) is None
    assert "Ελένη Δήμου" in asked.tap(ABSENT, NICK)
    assert "συνδεδεμένος" in asked.tap(KEEP, STRANGER)
    asked.deliver()
    assert question(asked) == (number, text)


def test_who_answers_an_open_question_anonymously_is_asked_to_show_themselves(
    asked: People,
) -> None:
    number, text = question(asked)
    said = asked.write("Γιατί έτσι", to=number, **updates.ANONYMOUS)
    assert said
    assert "ανώνυμ" in said
    asked.deliver()
    assert question(asked) == (number, text)
    asked.tap(KEEP)
    assert asked.write("Γιατί έτσι", to=number, **updates.ANONYMOUS) is None


def test_it_can_be_kept(asked: People) -> None:
    assert asked.tap(KEEP) == "Δεν ακυρώθηκε."
    asked.deliver()
    assert (state(asked), question(asked)[1]) == ("confirmed", "Δεν ακυρώθηκε.")
    said = asked.write("Ασθένεια", to=question(asked)[0])
    assert said
    assert "έχει κλείσει" in said


def test_a_further_tap_closes_the_question_and_asks_anew(asked: People) -> None:
    former, _text = question(asked)
    asked.chat.deployment.clock.forward(seconds=10)
    del asked.chat.server.chats[GROUP][former]  # by an admin of the group
    again = asked.chat.server.buttons(GROUP)[CANCEL]
    for _time in range(2):
        asked.updates = 700  # one tap, of which we are told twice
        assert asked.tap_data(again) == "Απαντήστε στην ερώτησή μου."
    asked.deliver()
    number, text = question(asked)
    assert len(asked.chat.server.chats[GROUP]) == 2
    assert number != former
    assert ASKS in text
    assert asked.write("Ασθένεια", to=number) is None
    asked.deliver()
    assert asked.tap(YES) == "Ακυρώθηκε."


def test_a_former_question_that_is_there_still_is_shown_as_closed(asked: People) -> None:
    asked.chat.deployment.clock.forward(seconds=10)
    asked.tap(CANCEL)
    asked.deliver()
    _alert, former, anew = asked.chat.texts()
    assert (former, ASKS in anew) == ("Αυτή η ερώτηση έγινε ξανά.", True)


@mostly_on("sqlite")
def test_whoever_answers_a_former_question_is_pointed_to_the_one_asked_anew(
    asked: People,
) -> None:
    former, _text = question(asked)
    pick = asked.chat.server.buttons(GROUP)[ABSENT]
    asked.chat.deployment.clock.forward(seconds=10)
    asked.tap(CANCEL)
    asked.deliver()
    anew = list(asked.chat.server.chats[GROUP])[-1]
    pointed = "Σας ρώτησα ξανά: απαντήστε στη νεότερη ερώτηση."
    assert asked.tap_data(pick) == pointed
    assert asked.write("Ασθένεια", to=former) == pointed
    *_others, said = asked.chat.server.chats[GROUP].values()
    assert said["answers"] == anew
    assert asked.write("Ασθένεια", to=anew) is None
    asked.deliver()
    assert asked.tap(YES) == "Ακυρώθηκε."
    assert "έχει κλείσει" in asked.tap_data(pick)


def test_a_question_that_nobody_answers_is_closed_after_an_hour(asked: People) -> None:
    yes = asked.chat.server.buttons(GROUP)[ABSENT]
    asked.chat.deployment.clock.forward(minutes=60)
    assert "έχει κλείσει" in asked.tap_data(yes)
    now = asked.chat.services.clock()
    for _time in range(2):
        asked.chat.do(lambda s: close_old(s, asked.chat.services.registry, now))
        asked.deliver()
    assert question(asked)[1] == "Δεν ακυρώθηκε: δεν απάντησε κανείς για μία ώρα."
    assert ABSENT not in asked.chat.server.buttons(GROUP)


def test_of_two_who_cancel_one_wins_and_the_other_is_told(asked: People) -> None:
    asked.tap(CANCEL, NICK)
    asked.deliver()
    asked.tap(ABSENT, NICK)  # the last question is Nick's
    asked.write("Σεισμός", to=question(asked)[0])
    asked.deliver()
    yes = [
        button["callback_data"]
        for message in asked.chat.server.chats[GROUP].values()
        for row in message["markup"].get("inline_keyboard", [])
        for button in row
        if button["text"].startswith(YES)
    ]
    assert asked.tap_data(yes[0]) == "Ακυρώθηκε."
    assert "Ελένη Δήμου" in asked.tap_data(yes[1], NICK)
    asked.deliver()
    assert reasons(asked) == ["Σεισμός"]
    assert asked.chat.server.buttons(GROUP) == {}


@pytest.mark.parametrize("how", ["move", "cancel"])
def test_a_booking_that_is_changed_meanwhile_is_not_cancelled(asked: People, how: str) -> None:
    asked.tap(ABSENT)
    asked.deliver()
    number = asked.chat.do(lambda s: s.scalars(select(Booking.id)).one())
    if how == "move":
        asked.chat.change(number, lambda env, each: env.move(each, "10:30"))
    else:
        asked.chat.change(number, lambda env, each: env.cancel(each))
    assert "ο πολίτης" in asked.tap(YES)
    asked.deliver()
    assert "ο πολίτης" in question(asked)[1]
    assert reasons(asked) == []


def test_it_is_over_before_it_is_confirmed(asked: People) -> None:
    asked.chat.deployment.clock.forward(days=7, minutes=-20)
    asked.tap(CANCEL)
    asked.deliver()
    asked.tap(ABSENT)
    asked.deliver()
    asked.chat.deployment.clock.now += timedelta(days=1)
    assert asked.tap(YES)
    assert state(asked) == "confirmed"


def test_what_was_asked_in_a_topic_that_is_deleted_is_answered_in_the_group(
    people: People,
) -> None:
    topic = 7
    people.chat.bind(topic="8", group="money")
    people.chat.bind(topic=str(topic), group="building")
    people.chat.server.topics[GROUP][topic] = "open"
    people.linked(HELEN)
    people.chat.book()
    people.deliver()
    people.tap_data(people.chat.server.buttons(GROUP)[CANCEL], topic=topic)
    people.chat.server.topics[GROUP][topic] = "deleted"
    people.deliver()
    assert people.write("Ασθένεια", to=question(people)[0]) is None
    people.deliver()
    assert people.tap(YES) == "Ακυρώθηκε."
    assert reasons(people) == ["Ασθένεια"]


@pytest.mark.parametrize("how", ["move", "cancel"])
@mostly_on("sqlite")
def test_who_no_message_can_reach_is_to_be_called(people: People, how: str) -> None:
    services = people.chat.services
    people.chat.bind()
    people.linked(HELEN)
    people.chat.book()
    people.chat.do(lambda s: s.execute(update(Contact).values(account="console")))
    people.deliver()
    people.tap(CANCEL)
    people.deliver()
    now = services.clock()
    assert MUST_BE_CALLED in question(people)[1]
    if how == "move":

        def move(session: Session) -> None:
            booking = session.scalars(select(Booking)).one()
            start = booking.starts_at + timedelta(minutes=30)
            by_staff.move(session, services.registry, OPERATOR, booking, start, now)

        people.chat.do(move)
    else:
        people.tap(ABSENT)
        people.deliver()
        assert MUST_BE_CALLED in question(people)[1]
        assert people.tap(YES) == "Ακυρώθηκε. Τηλεφωνήστε στον πολίτη."
    people.deliver()
    calls = [text for text in people.chat.texts() if text.startswith(CALL)]
    assert len(calls) == 1
    number = people.chat.do(lambda s: s.scalars(select(Booking)).one()).details["phone"]
    assert number in people.tap(NUMBER)


@mostly_on("sqlite")
def test_who_is_sent_an_email_needs_no_call(people: People) -> None:
    people.chat.services.registry.accounts |= {"email"}
    people.chat.bind()
    people.linked(HELEN)
    people.chat.book(email="maria@example.com")
    people.chat.do(lambda s: s.execute(update(Contact).values(account="console")))
    people.deliver()
    people.tap(CANCEL)
    people.deliver()
    assert "Ο πολίτης ενημερώνεται" in question(people)[1]
    people.tap(ABSENT)
    people.deliver()
    assert people.tap(YES) == "Ακυρώθηκε."
    people.deliver()
    assert [text for text in people.chat.texts() if text.startswith(CALL)] == []
