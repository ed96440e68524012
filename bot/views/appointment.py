"""An appointment to print, and its calendar file."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.context import Services, load_conversation
from bot.messages import ReplyBlock, Sender
from bot.replies import render_blocks
from bot.views.calendar_file import CalendarFile, calendar_file
from core.bookings.history import calendar_sequence
from core.bookings.reference import format_code
from core.bookings.service import check_open
from core.db.models import Booking, BookingState
from core.i18n import _
from core.messaging import conversations
from dialogs.context import Context
from dialogs.messages.appointment import full_details

TITLE = _("Your appointment")


@dataclass(frozen=True)
class Appointment:
    """The blocks of an appointment to print."""

    language: str
    title: str
    blocks: Sequence[ReplyBlock]


def appointment(
    session: Session, services: Services, sender: Sender, booking_id: int
) -> Appointment | None:
    """Return an appointment that is the sender's own, or that their conversation has shown.

    Return None where it is neither. Raises BookingRefused where it is over or cancelled.
    """
    found = _find(session, services, sender, booking_id)
    if found is None:
        return None
    ctx, booking = found
    check_open(booking, ctx.now)
    details = full_details(ctx.office.of_booking(booking), booking, ctx.zone, ctx.now)
    language = ctx.state.language
    blocks = render_blocks(services.texts, details, language)
    return Appointment(language, services.texts.say(TITLE, language), blocks)


def appointment_file(
    session: Session, services: Services, sender: Sender, booking_id: int
) -> CalendarFile | None:
    """Return the calendar file of an appointment, also of a cancelled one, as `appointment` does.

    Raises BookingRefused where it is over.
    """
    found = _find(session, services, sender, booking_id)
    if found is None:
        return None
    ctx, booking = found
    if booking.state != BookingState.CANCELLED:
        check_open(booking, ctx.now)
    sequence = calendar_sequence(session, booking)
    return calendar_file(services, ctx.state.language, booking, ctx.zone, sequence)


def _find(
    session: Session, services: Services, sender: Sender, booking_id: int
) -> tuple[Context, Booking] | None:
    """Return a booking that is the sender's own, or that their conversation has shown."""
    loaded = load_conversation(session, services, sender)
    booking = session.get(Booking, booking_id)
    if not loaded or not booking:
        return None
    found = loaded.found
    if booking.citizen_id != found.citizen_id and not _was_shown(session, found.id, booking):
        return None
    return loaded.ctx, booking


def _was_shown(session: Session, conversation_id: int, booking: Booking) -> bool:
    """Return whether a conversation has shown a booking, since its links were revoked last.

    It may have been a link by which it did. Where chats were parted, those of the other side have
    shown it with a former code only.
    """
    talk = conversations.transcript(session, conversation_id, since=booking.email_changed_at)
    code = format_code(booking.code or "")
    return any(
        reply.get("booking") == booking.id and code in reply.get("text", "")
        for _, _, replies in talk
        for reply in replies
    )
