"""The buttons under a booking that staff are shown."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.staff_messages import StaffTap
from bot.views.staff_alert import UNDOABLE, booking_buttons
from core.bookings import attendance, seen
from core.db.models import Booking
from core.staff.rights import Action
from tests.bot.staff_chat import StaffChat
from tests.core.small_municipality import ATHENS, MONDAY

START = datetime(2026, 12, 7, 10, 0, tzinfo=ATHENS)
SEEN, CANCEL, NUMBER = "Το είδα", "Ακύρωση…", "Τηλέφωνο"
MOVE, MESSAGE = "Άλλη ώρα…", "Μήνυμα…"
HERE, CAME, NOT_COME = "Είναι εδώ", "Ήρθε", "Δεν ήρθε"


def rows(chat: StaffChat, booking: int) -> list[list[str]]:
    """Return the labels of the buttons, row by row."""

    def read(session: Session) -> list[list[str]]:
        buttons = booking_buttons(session, chat.services, session.get_one(Booking, booking))
        found = {button.row: list[str]() for button in buttons}
        for button in buttons:
            found[button.row].append(button.label)
        return list(found.values())

    return chat.do(read)


def mark(chat: StaffChat, booking: int, action: Action) -> None:
    staff = chat.member()

    def run(session: Session) -> None:
        given = (session, chat.services.registry, staff, session.get_one(Booking, booking))
        now = chat.services.clock()
        if action is Action.SEEN:
            seen.mark_seen(*given, now)
        elif action is Action.ARRIVED:
            attendance.mark_arrived(*given, now)
        else:
            attendance.mark_outcome(*given, action, now)

    chat.do(run)


def test_a_new_booking_has_all(staff_chat: StaffChat) -> None:
    booking = staff_chat.book()
    assert rows(staff_chat, booking) == [
        [SEEN, HERE],
        [CAME, NOT_COME],
        [MOVE, MESSAGE],
        [NUMBER, CANCEL],
    ]


def test_who_gave_no_telephone_number_cannot_be_called(staff_chat: StaffChat) -> None:
    booking = staff_chat.book(phone="")
    assert rows(staff_chat, booking)[-2:] == [[MOVE, MESSAGE], [CANCEL]]


def test_what_was_seen_is_not_asked_again(staff_chat: StaffChat) -> None:
    booking = staff_chat.book()
    mark(staff_chat, booking, Action.SEEN)
    assert rows(staff_chat, booking)[0] == [HERE]


@pytest.mark.parametrize(
    ("action", "labels"),
    [
        (
            Action.ARRIVED,
            [[f"Αναίρεση «{HERE}»", SEEN], [CAME, NOT_COME], [MESSAGE], [NUMBER, CANCEL]],
        ),
        (Action.CAME, [[f"Αναίρεση «{CAME}»"]]),
        (Action.NO_SHOW, [[f"Αναίρεση «{NOT_COME}»"]]),
    ],
)
def test_what_is_marked_is_undone_on_the_same_day(
    staff_chat: StaffChat, action: Action, labels: list[list[str]]
) -> None:
    booking = staff_chat.book()
    staff_chat.deployment.clock.now = START
    mark(staff_chat, booking, action)
    assert rows(staff_chat, booking) == labels

    def undo(session: Session) -> StaffTap | None:
        found = booking_buttons(session, staff_chat.services, session.get_one(Booking, booking))
        return StaffTap.parse(found[0].id)

    tap = staff_chat.do(undo)
    assert tap
    assert (UNDOABLE[tap.option], tap.about) == (action, booking)
    assert tap.shown == START.timestamp()
    staff_chat.deployment.clock.forward(days=1)
    assert not any("Αναίρεση" in label for row in rows(staff_chat, booking) for label in row)


def test_what_is_over_cannot_be_cancelled_and_what_is_long_over_has_no_buttons(
    staff_chat: StaffChat,
) -> None:
    booking = staff_chat.book()
    staff_chat.deployment.clock.now = START + timedelta(hours=1)
    assert rows(staff_chat, booking) == [[HERE], [CAME, NOT_COME], [NUMBER]]
    staff_chat.deployment.clock.forward(days=1)
    assert rows(staff_chat, booking) == [[CAME, NOT_COME], [NUMBER]]
    staff_chat.deployment.clock.forward(days=7)
    assert rows(staff_chat, booking) == []


def test_what_is_cancelled_has_no_buttons(staff_chat: StaffChat) -> None:
    booking = staff_chat.book(day=MONDAY + timedelta(days=1))
    staff_chat.change(booking, lambda env, found: env.cancel(found))
    assert rows(staff_chat, booking) == []
