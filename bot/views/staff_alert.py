"""Renders what staff are told of bookings in their rooms, by the bookings as they are now."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import ReplyChoice
from bot.staff_messages import StaffButton, StaffTap
from core.bookings.attendance import MARKED_WITHIN, undoable
from core.bookings.seen import PHONE_FIELD, seen_by
from core.bookings.true_state import zone_of
from core.db.models import Booking, BookingState
from core.i18n import LANGUAGES, TextTemplate
from core.staff.rights import Action
from dialogs.messages import staff_alert as texts

LANGUAGE = LANGUAGES[0]
"""The language in which rooms are spoken to: they have many readers, and no setting."""

UNDOABLE: Sequence[Action] = (Action.ARRIVED, Action.CAME, Action.NO_SHOW)
"""What may be undone; a tap's `option` is the position of what was to be undone."""

LABELS: Mapping[StaffButton, TextTemplate] = {
    StaffButton.SEEN: texts.SEEN,
    StaffButton.ARRIVED: texts.IS_HERE,
    StaffButton.CAME: texts.CAME,
    StaffButton.NO_SHOW: texts.DID_NOT_COME,
    StaffButton.NUMBER: texts.NUMBER,
    StaffButton.CANCEL: texts.CANCEL,
}

MARKS: Mapping[Action, TextTemplate] = {
    Action.ARRIVED: texts.IS_HERE,
    Action.CAME: texts.CAME,
    Action.NO_SHOW: texts.DID_NOT_COME,
}


def booking_buttons(session: Session, services: Services, booking: Booking) -> list[ReplyChoice]:
    """Return the buttons under a booking as it is now: what staff may do with it from now on.

    There are none where it was cancelled or is long over; after it was marked whether the citizen
    came, only what takes that back, on the same day.
    """
    now, registry = services.clock(), services.registry
    undone = undoable(session, registry, booking, now)
    undo = [] if undone is None else [_undo_button(services, booking, undone)]
    if booking.state in (BookingState.COMPLETED, BookingState.NO_SHOW):
        return undo
    if booking.state != BookingState.CONFIRMED or now > booking.starts_at + MARKED_WITHIN:
        return []
    zone = zone_of(registry, booking)
    may_arrive = now.astimezone(zone).date() <= booking.starts_at.astimezone(zone).date()
    rows: Sequence[Mapping[StaffButton, bool]] = (
        {
            StaffButton.SEEN: seen_by(session, booking) is None,
            StaffButton.ARRIVED: booking.arrived_at is None and may_arrive,
        },
        {StaffButton.CAME: True, StaffButton.NO_SHOW: True},
        {
            StaffButton.NUMBER: bool(booking.details.get(PHONE_FIELD)),
            StaffButton.CANCEL: now < booking.ends_at,
        },
    )
    buttons = [
        _button(services, booking, button, LABELS[button], row)
        for row, offered in enumerate(rows)
        for button, is_offered in offered.items()
        if is_offered
    ]
    return [*undo, *buttons]


def _undo_button(services: Services, booking: Booking, undone: Action) -> ReplyChoice:
    label = TextTemplate(texts.UNDO.message, args={"mark": MARKS[undone]})
    return _button(services, booking, StaffButton.UNDO, label, 0, UNDOABLE.index(undone))


def _button(
    services: Services,
    booking: Booking,
    button: StaffButton,
    label: TextTemplate,
    row: int,
    option: int = 0,
) -> ReplyChoice:
    tap = StaffTap(button, booking.id, int(booking.starts_at.timestamp()), option)
    return ReplyChoice(id=tap.dump(), label=services.texts.say(label, LANGUAGE), row=row)
