"""Taps on the buttons under an alert: what was asked for is done, or the true state is told."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bot.staff import questions
from bot.staff.turn import StaffTurn
from bot.staff_messages import StaffAnswer, StaffButton, StaffTap
from bot.views.staff_alert import UNDOABLE, booking_buttons
from core.actor import Staff
from core.bookings import attendance, by_staff, seen
from core.db.models import Booking
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _, join
from core.messaging.keys import Cause
from core.staff import questions as asked
from core.staff.alerts import enqueue_edits
from core.staff.rights import Action

NOT_YOURS = _(
    "Only a linked colleague can do that: you aren't linked, or don't serve this appointment. Ask "
    "your manager for a code, and write me privately: /link and the code."
)
IN_ROOM = _("Please cancel it in your chat of appointments.")

DONE: Mapping[StaffButton, TextTemplate] = {
    StaffButton.SEEN: _("Noted: you saw it."),
    StaffButton.ARRIVED: _("Noted: is here."),
    StaffButton.CAME: _("Noted: came."),
    StaffButton.NO_SHOW: _("Noted: didn't come."),
    StaffButton.UNDO: _("Undone."),
    StaffButton.CANCEL: _("Please answer my question."),
}
"""The pop-ups after a tap, short enough to be read as they pass by."""

Act = Callable[[StaffTurn, Staff, StaffTap], StaffAnswer | None]


def tapped(turn: StaffTurn) -> StaffAnswer | None:
    """Do what a button is for. Raises StaffRefused."""
    tap = StaffTap.parse(turn.inbound.tap or "")
    if tap is None:
        return None
    if turn.staff is None:
        return turn.refuse(NOT_YOURS)
    return BUTTONS[tap.button](turn, turn.staff, tap)


def refused(turn: StaffTurn, refusal: StaffRefused) -> StaffAnswer:
    """Tell why nothing was done; an alert that shows what isn't so any more is edited."""
    if refusal.kind in (StaffRefusalKind.NOT_FOUND, StaffRefusalKind.NOT_ALLOWED):
        return turn.refuse(NOT_YOURS)
    tap = StaffTap.parse(turn.inbound.tap or "")
    if tap and turn.room and tap.button in OF_BOOKING:
        booking = turn.session.get_one(Booking, tap.about)
        offered = booking_buttons(turn.session, turn.services, booking)
        if turn.inbound.tap not in [button.id for button in offered]:
            cause, only = Cause.tap(turn.inbound.message_id), turn.room.id
            enqueue_edits(turn.session, turn.registry, booking, cause, turn.now, only)
    return turn.refuse(refusal.text)


def _find(turn: StaffTurn, staff: Staff, action: Action, tap: StaffTap) -> Booking:
    return by_staff.find(turn.session, turn.registry, staff, action, tap.about)


def _shown(tap: StaffTap) -> datetime:
    return datetime.fromtimestamp(tap.shown, UTC)


def _seen(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    booking = _find(turn, staff, Action.SEEN, tap)
    seen.mark_seen(turn.session, turn.registry, staff, booking, turn.now, shown=_shown(tap))
    return turn.pop_up(DONE[tap.button])


def _arrived(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    booking = _find(turn, staff, Action.ARRIVED, tap)
    attendance.mark_arrived(
        turn.session, turn.registry, staff, booking, turn.now, shown=_shown(tap)
    )
    return turn.pop_up(DONE[tap.button])


def _outcome(action: Action) -> Act:
    def mark(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
        booking = _find(turn, staff, action, tap)
        attendance.mark_outcome(
            turn.session, turn.registry, staff, booking, action, turn.now, shown=_shown(tap)
        )
        return turn.pop_up(DONE[tap.button])

    return mark


def _undo(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer | None:
    if tap.option >= len(UNDOABLE):
        return None
    booking = _find(turn, staff, Action.UNDO, tap)
    action = UNDOABLE[tap.option]
    attendance.undo(turn.session, turn.registry, staff, booking, action, turn.now)
    return turn.pop_up(DONE[tap.button])


def _number(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    booking = _find(turn, staff, Action.NUMBER, tap)
    number = seen.show_number(
        turn.session, turn.registry, staff, booking, turn.now, is_recorded=turn.is_repeated
    )
    name = booking.details.get("name", "")
    pop_up = turn.pop_up(join(": ", name, number), stays=True)
    return pop_up.model_copy(update={"shows_citizen": True})


def _cancel(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    booking = _find(turn, staff, Action.CANCEL, tap)
    by_staff.check_cancellable(
        turn.session, turn.registry, staff, booking, turn.now, shown=_shown(tap)
    )
    if turn.room is None:
        return turn.refuse(IN_ROOM)
    asked.ask(turn.session, turn.registry, staff, turn.room, booking, turn.now)
    return turn.pop_up(DONE[tap.button])


OF_BOOKING: Mapping[StaffButton, Act] = {
    StaffButton.SEEN: _seen,
    StaffButton.ARRIVED: _arrived,
    StaffButton.CAME: _outcome(Action.CAME),
    StaffButton.NO_SHOW: _outcome(Action.NO_SHOW),
    StaffButton.UNDO: _undo,
    StaffButton.NUMBER: _number,
    StaffButton.CANCEL: _cancel,
}

BUTTONS: Mapping[StaffButton, Act] = {
    **OF_BOOKING,
    StaffButton.REASON: questions.pick_reason,
    StaffButton.CONFIRM: questions.confirm,
    StaffButton.KEEP: questions.keep,
}
