"""Taps on the buttons under an alert: what was asked for is done, or the true state is told."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from bot.staff import closures, questions, relay
from bot.staff.turn import StaffTurn
from bot.staff_messages import StaffAnswer, StaffButton, StaffTap
from bot.views.staff_alert import UNDOABLE, booking_buttons
from core.actor import Staff
from core.bookings import attendance, by_staff, seen
from core.db.models import Booking, OutboxRow, StaffRoom
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _, join
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue
from core.staff import questions as asked
from core.staff.alerts import enqueue_answer_edit, enqueue_edits, to_room
from core.staff.rights import Action
from dialogs.messages.staff_offer import IS_OFFERED, NOT_OFFERED

NOT_YOURS = _(
    "Only a linked colleague can do that: you aren't linked, or don't serve this appointment. Ask "
    "your manager for a code, and write me privately: /link and the code."
)
IN_ROOM = _("Please do that in your chat of appointments.")

ANSWERED = _("That question was answered already.")

DONE: Mapping[StaffButton, TextTemplate] = {
    StaffButton.SEEN: _("Noted: you saw it."),
    StaffButton.ARRIVED: _("Noted: is here."),
    StaffButton.CAME: _("Noted: came."),
    StaffButton.NO_SHOW: _("Noted: didn't come."),
    StaffButton.UNDO: _("Undone."),
    StaffButton.CANCEL: _("Please answer my question."),
    StaffButton.MOVE: _("Please answer my question."),
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
    answer = BUTTONS[tap.button](turn, turn.staff, tap)
    if tap.button in CHANGES:
        _show_in_answer(turn, turn.session.get_one(Booking, tap.about))
    return answer


def refused(turn: StaffTurn, refusal: StaffRefused) -> StaffAnswer:
    """Tell why nothing was done; an alert that shows what isn't so any more is edited."""
    if refusal.kind is StaffRefusalKind.NOT_FOUND:
        return turn.refuse(NOT_YOURS)
    tap = StaffTap.parse(turn.inbound.tap or "")
    if tap and turn.room and tap.button in OF_BOOKING:
        booking = turn.session.get_one(Booking, tap.about)
        offered = booking_buttons(turn.session, turn.services, booking)
        if turn.inbound.tap not in [button.id for button in offered]:
            cause, only = Cause.tap(turn.inbound.message_id), turn.room.id
            enqueue_edits(turn.session, turn.registry, booking, cause, turn.now, only)
            _show_in_answer(turn, booking)
    return turn.refuse(refusal.text)


def _show_in_answer(turn: StaffTurn, booking: Booking) -> None:
    """Have the message under which was tapped show the booking, if it answered a command there."""
    if turn.room and turn.inbound.under:
        cause = Cause.answer(turn.inbound.message_id)
        enqueue_answer_edit(
            turn.session, turn.registry, turn.room, booking, turn.inbound.under, cause, turn.now
        )


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


def _move(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    booking = _find(turn, staff, Action.OFFER, tap)
    by_staff.check_offerable(
        turn.session, turn.registry, staff, booking, turn.now, shown=_shown(tap)
    )
    if turn.room is None:
        return turn.refuse(IN_ROOM)
    cause = Cause.offer_question(turn.inbound.message_id)
    question = to_room(turn.room, MessageKind.OFFER_QUESTION, cause, turn.now, booking)
    enqueue(turn.session, turn.registry.accounts, [question], turn.now)
    return turn.pop_up(DONE[tap.button])


def _answer_offer(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    """Have another time offered, or leave it, as the question under which was tapped asks."""
    row = turn.session.get(OutboxRow, tap.about)
    if row is None or row.kind != MessageKind.OFFER_QUESTION or row.room_id is None:
        return turn.refuse(NOT_YOURS)
    booking = by_staff.find(turn.session, turn.registry, staff, Action.OFFER, row.booking_id or 0)
    answered = select(OutboxRow.id).where(
        OutboxRow.booking_id == row.booking_id, OutboxRow.replaces_id == row.id
    )
    if turn.session.scalar(answered.limit(1)):
        return turn.refuse(ANSWERED)
    if tap.button is StaffButton.OFFER:
        by_staff.offer(turn.session, turn.registry, staff, booking, turn.now, shown=_shown(tap))
    room = turn.session.get_one(StaffRoom, row.room_id)
    cause = Cause.offer_answer(row.id, tap.button)
    edit = to_room(room, MessageKind.OFFER_QUESTION, cause, turn.now, booking)
    edits = [replace(edit, replaces_id=row.id)]
    enqueue(turn.session, turn.registry.accounts, edits, turn.now)
    return turn.pop_up(IS_OFFERED if tap.button is StaffButton.OFFER else NOT_OFFERED)


OF_BOOKING: Mapping[StaffButton, Act] = {
    StaffButton.SEEN: _seen,
    StaffButton.ARRIVED: _arrived,
    StaffButton.CAME: _outcome(Action.CAME),
    StaffButton.NO_SHOW: _outcome(Action.NO_SHOW),
    StaffButton.UNDO: _undo,
    StaffButton.NUMBER: _number,
    StaffButton.CANCEL: _cancel,
    StaffButton.MOVE: _move,
    StaffButton.MESSAGE: relay.ask_what,
}

CHANGES = frozenset(
    {
        StaffButton.SEEN,
        StaffButton.ARRIVED,
        StaffButton.CAME,
        StaffButton.NO_SHOW,
        StaffButton.UNDO,
    }
)
"""The buttons after whose tap a booking is shown otherwise at once."""

BUTTONS: Mapping[StaffButton, Act] = {
    **OF_BOOKING,
    StaffButton.REASON: questions.pick_reason,
    StaffButton.CONFIRM: questions.confirm,
    StaffButton.KEEP: questions.keep,
    StaffButton.OFFER: _answer_offer,
    StaffButton.LEAVE: _answer_offer,
    StaffButton.END: relay.end,
    StaffButton.APPLY: closures.do,
    StaffButton.DISCARD: closures.leave,
}
