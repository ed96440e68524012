"""Answers to a reminder: by its buttons, in words, and where they mean nothing."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.messages import LINK_CHOICE, Reply
from bot.views.notification import render_notification
from core.actor import OPERATOR
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.db.models import Booking, ExceptionKind, OutboxRow
from core.messaging.keys import Cause
from core.messaging.recipients import BookingRecipient
from dialogs.messages.reminder import ReminderAnswer, link_of, possible_answers
from tests.bot.delivery.test_emails import offer
from tests.conftest import Deployment, mostly_on
from tests.dialogs.custom_municipality import custom_municipality
from tests.dialogs.managing.reminding import remind

pytestmark = mostly_on("sqlite")

BOOK = ("7/12", "9:30", "Μαρία Παπαδοπούλου", "6912345678", "ναι")
THANKS = "Ευχαριστούμε! Σας περιμένουμε: Δευ 7 Δεκ 09:30, "
NO_BUTTON = "Αυτό το κουμπί"
SURE = "Να ακυρώσω αυτό το ραντεβού;"


@pytest.fixture
def booked(deployment: Deployment) -> Deployment:
    deployment.services.registry.accounts = frozenset({deployment.account})
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", *BOOK)
    return deployment


def bookings(deployment: Deployment) -> list[Booking]:
    query = select(Booking).order_by(Booking.id)
    return list(deployment.database.write_sync(lambda s: s.scalars(query).all()))


def coming(deployment: Deployment) -> list[datetime | None]:
    return [booking.coming_at for booking in bookings(deployment)]


def tap(deployment: Deployment, answer: ReminderAnswer, of: Booking, who: str = "") -> list[str]:
    more: dict[str, Any] = {"who": who} if who else {}
    replies = deployment.say(choice=f"{LINK_CHOICE}{link_of(answer, of)}", **more)
    return [reply.text for reply in replies]


def text_of(deployment: Deployment, *texts: str) -> str:
    return "\n".join(reply.text for reply in deployment.talk(*texts))


def test_one_tap_says_that_they_come(booked: Deployment) -> None:
    (booking,) = bookings(booked)
    assert tap(booked, ReminderAnswer.COMING, booking)[0].startswith(THANKS)
    assert coming(booked) == [booked.clock()]
    # The task under way goes on.
    booked.talk("νέο ραντεβού", "town")
    step = booked.last[-1].step
    tap(booked, ReminderAnswer.COMING, booking)
    assert booked.last[-1].step == step


def test_to_cancel_asks_once_more(booked: Deployment) -> None:
    (booking,) = bookings(booked)
    assert tap(booked, ReminderAnswer.CANCEL, booking)[0].startswith(SURE)
    assert text_of(booked, "όχι").startswith("Εντάξει, το ραντεβού σας ισχύει")
    tap(booked, ReminderAnswer.CANCEL, booking)
    booked.talk("ναι")
    assert bookings(booked)[0].state == "cancelled"
    for answer in ReminderAnswer:
        assert tap(booked, answer, booking)[0].startswith("Αυτό το ραντεβού έχει περάσει")


def test_to_move_asks_for_the_day_and_the_answer_is_for_the_old_time(booked: Deployment) -> None:
    (booking,) = bookings(booked)
    tap(booked, ReminderAnswer.COMING, booking)
    tap(booked, ReminderAnswer.MOVE, booking)
    assert booked.last[-1].step == "day"
    booked.talk("8/12", "9:30", "ναι")
    assert coming(booked) == [None]
    said = tap(booked, ReminderAnswer.COMING, booking)[0]
    assert said.startswith("Το ραντεβού σας έχει αλλάξει από τότε. Τώρα είναι: Τρί 8 Δεκ 09:30, ")
    assert coming(booked) == [None]
    booked.talk("θα έρθω")
    assert coming(booked) == [booked.clock()]


def test_the_button_of_another_is_unknown(booked: Deployment) -> None:
    (booking,) = bookings(booked)
    booked.talk("Γεια", who="another")
    said = tap(booked, ReminderAnswer.COMING, booking, who="another")
    assert said[0].startswith(NO_BUTTON)
    assert coming(booked) == [None]
    for link in ("visit_coming_1", "visit_coming_1_", "visit_x_1_1", f"visit_coming_{10**17}_1"):
        booked.say(choice=LINK_CHOICE + link)
    assert coming(booked) == [None]


@pytest.mark.parametrize(
    "word",
    [
        *("θα έρθω", "Θα έρθω!", "tha ertho", "ναι θα έρθω", "έρχομαι", "I'm coming"),
        *("I will come", "Θα έρθω κανονικά"),
    ],
)
def test_words_say_that_they_come(booked: Deployment, word: str) -> None:
    assert text_of(booked, word).startswith(THANKS)
    assert coming(booked) == [booked.clock()]


@pytest.mark.parametrize(
    "word",
    [
        *("δεν θα έρθω", "Δεν θα έρθω.", "den tha ertho", "αρρώστησα", "δεν μπορώ", "δε μπορώ"),
        *("δεν μπορώ να έρθω", "I won't come", "I'm ill", "I can't make it", "I can't"),
        "Αρρώστησα, δεν θα έρθω",
    ],
)
def test_words_say_that_they_do_not_come(booked: Deployment, word: str) -> None:
    assert text_of(booked, word).startswith(SURE)
    booked.talk("ναι")
    assert bookings(booked)[0].state == "cancelled"


def test_of_several_the_one_that_was_reminded_of_is_meant(booked: Deployment) -> None:
    booked.talk("νέο ραντεβού", "town", "8/12", "9:30", "Άννα Μαρή", "6912345679", "ναι")
    booked.talk("θα έρθω")
    assert [choice.label for choice in booked.last[-1].choices[:2]] == [
        "Δευ 7 Δεκ 09:30, papers",
        "Τρί 8 Δεκ 09:30, papers",
    ]
    booked.talk("πίσω")
    first = bookings(booked)[0].id
    sent = update(OutboxRow).where(OutboxRow.booking_id == first).values(status="delivered")
    booked.database.write_sync(lambda s: s.execute(sent))
    assert text_of(booked, "θα έρθω").startswith(THANKS)
    booked.talk("θα έρθω")
    booked.say(choice=booked.last[-1].choices[1].id)
    assert coming(booked) == [booked.clock(), booked.clock()]


def reminded(deployment: Deployment, *which: int) -> None:
    """Remind of bookings, by their places, a minute from now; another minute passes."""
    deployment.clock.forward(minutes=1)
    asked, now = bookings(deployment), deployment.clock()
    for place in which:
        deployment.database.write_sync(partial(remind, booking=asked[place], now=now))
    deployment.clock.forward(minutes=1)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        *((word, THANKS) for word in ("ναι", "Ναι, παρακαλώ", "yes", "nai")),
        *((word, SURE) for word in ("όχι", "Όχι, ευχαριστώ", "no", "oxi", "oxi efxaristo")),
    ],
)
def test_a_reminder_that_was_said_last_is_answered_by_yes_and_no(
    booked: Deployment, word: str, said: str
) -> None:
    reminded(booked, 0)
    assert text_of(booked, word).startswith(said)
    assert coming(booked) == [booked.clock() if said == THANKS else None]


def test_nobody_is_expected_at_a_time_that_cannot_be_kept(booked: Deployment) -> None:
    reminded(booked, 0)
    (booking,) = bookings(booked)
    registry, day = booked.services.registry, date(2026, 12, 7)
    closed = ExceptionRequest(ExceptionKind.CLOSURE, "town", day, day)
    booked.database.write_sync(
        lambda s: closures.make(s, registry, OPERATOR, closed, booked.clock())
    )
    for said in (text_of(booked, "ναι"), *tap(booked, ReminderAnswer.COMING, booking)[:1]):
        assert said.startswith("Δεν μπορεί να γίνει αυτή την ώρα.")
    assert coming(booked) == [None]


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ([], ["ναι"]),  # nobody asked
        ([0], ["τα ραντεβού μου", "πίσω", "ναι"]),  # something else was said since
    ],
)
def test_yes_is_no_answer_to_what_was_not_asked_last(
    booked: Deployment, before: list[int], words: list[str]
) -> None:
    reminded(booked, *before)
    booked.talk(*words)
    assert coming(booked) == [None]


def test_of_two_reminders_at_once_a_yes_asks_which(booked: Deployment) -> None:
    booked.talk("νέο ραντεβού", "town", "8/12", "9:30", "Άννα Μαρή", "6912345679", "ναι")
    reminded(booked, 0, 1)
    booked.talk("ναι")
    assert (booked.last[-1].step, coming(booked)) == ("booking", [None, None])


def test_within_a_task_a_yes_has_the_reminder_asked_again_and_does_nothing_to_the_task(
    booked: Deployment,
) -> None:
    booked.talk("νέο ραντεβού", "town", "8/12", "9:30", "Άννα Μαρή", "6912345679")
    reminded(booked, 0)
    said, asked = booked.talk("ναι")
    assert said.text.startswith("Δευ 7 Δεκ 09:30, papers\nΘα έρθετε;")
    assert (asked.step, coming(booked)) == ("review", [None, None])
    booked.say(choice=said.choices[0].id)
    booked.talk("ναι")
    assert coming(booked) == [booked.clock(), None]
    assert [each.state for each in bookings(booked)] == ["confirmed", "confirmed"]


def test_within_a_task_two_reminders_are_asked_again_without_their_equal_buttons(
    booked: Deployment,
) -> None:
    task = "νέο ραντεβού", "town", "8/12"
    booked.talk(*task, "9:30", "Άννα Μαρή", "6912345679", "ναι")
    booked.talk(*task, "10:00", "Μαρία Παπαδοπούλου", "6912345678")
    reminded(booked, 0, 1)
    said = booked.talk("ναι")
    text = "\n".join(reply.text for reply in said)
    assert (text.count("Θα έρθετε;"), said[-1].step) == (2, "review")
    assert "Θα έρθω" not in [choice.label for reply in said for choice in reply.choices]


LATE = "Το ραντεβού αλλάζει ή ακυρώνεται έως"


def test_after_the_deadline_one_can_only_say_that_one_comes(booked: Deployment) -> None:
    (booking,) = bookings(booked)
    booked.load(custom_municipality(rules={"change_deadline_hours": 300}))
    for answer in (ReminderAnswer.MOVE, ReminderAnswer.CANCEL):
        assert tap(booked, answer, booking)[0].startswith(LATE)
    assert text_of(booked, "αρρώστησα").startswith(LATE)
    assert bookings(booked)[0].state == "confirmed"
    loaded = booked.services.registry["town"]
    found = possible_answers(loaded, booking, booked.clock(), is_offered=False)
    assert found == [ReminderAnswer.COMING]
    assert tap(booked, ReminderAnswer.COMING, booking)[0].startswith(THANKS)


def test_where_any_text_is_an_answer_the_words_are_one(booked: Deployment) -> None:
    booked.talk("νέο ραντεβού", "town", "8/12", "9:30", "Έρχομαι")
    assert coming(booked)[0] is None
    booked.talk("πίσω", "Δεν θα έρθω αύριο")
    assert not text_of(booked).startswith(SURE)


def test_who_has_no_appointment_says_nothing_by_these_words(deployment: Deployment) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια")
    step = deployment.last[-1].step
    for word in ("θα έρθω", "δεν μπορώ", "αρρώστησα"):
        deployment.talk(word)
        assert deployment.last[-1].step == step


@pytest.mark.parametrize("is_offered", [True, False])
def test_after_the_deadline_it_can_be_changed_while_another_time_is_offered(
    booked: Deployment, *, is_offered: bool
) -> None:
    booked.load(custom_municipality(rules={"change_deadline_hours": 24}))
    (booking,) = bookings(booked)
    booked.clock.now = booking.starts_at - timedelta(hours=23)

    def reminder(session: Session) -> Reply | None:
        booked.services.registry.refresh(session)
        found = session.get_one(Booking, booking.id)
        if is_offered:
            offer(session, booked, found)
        recipient = BookingRecipient(found.id)
        row = OutboxRow(
            kind="reminder",
            booking_id=found.id,
            expires_at=found.starts_at,
            recipient=str(recipient),
            dedupe_key=Cause.reminder(found.id, 3).dedupe_key(recipient),
        )
        return render_notification(session, booked.services, row, found, "el", found.timezone)

    reply = booked.database.write_sync(reminder)
    assert reply
    labels = [choice.label for choice in reply.choices]
    answers = ["Δέχομαι τη νέα ώρα", "Άλλη ημέρα ή ώρα", "Δεν θέλω τη νέα ώρα"]
    assert labels == ([*answers, "Ακύρωση του ραντεβού"] if is_offered else ["Θα έρθω"])
    assert ("ακυρώστε το εδώ" in reply.text) == is_offered
    assert (
        "Η υπηρεσία σας προτείνει άλλη ώρα: Δευ 7 Δεκ 10:00, papers." in reply.text
    ) == is_offered
    assert ("Θα έρθετε;" in reply.text) != is_offered
    # "I'm coming" may mean either time.
    said = tap(booked, ReminderAnswer.COMING, booking)[0]
    assert said.startswith("Η υπηρεσία σας παρακαλεί να αλλάξετε ώρα") == is_offered
    assert coming(booked)[0] == (None if is_offered else booked.clock())
