"""Renders notifications."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.replies import build_reply
from bot.views.time_offer import render_offer
from core.bookings.offers.ends import open_offer
from core.db.models import Booking
from core.messaging.keys import MessageKind
from core.staff.record import cancellation_reason
from dialogs.messages.notification import notification_message
from dialogs.messages.time_offer import STATES


def render_notification(
    session: Session,
    services: Services,
    kind: str,
    booking: Booking,
    language: str,
    timezone: str,
    *,
    to_attendee: bool = False,
) -> Reply | None:
    """Return a notification's reply, by the booking as it is now; None where it is obsolete."""
    if kind in STATES:
        return render_offer(
            session, services, MessageKind(kind), booking, language, timezone, to_attendee
        )
    if kind == MessageKind.REMINDER and open_offer(session, booking.id):
        return None  # it may not take place as booked, as they are told otherwise
    office_cancelled = kind == MessageKind.CANCELLED_BY_OFFICE
    reason = cancellation_reason(session, booking.id) if office_cancelled else None
    loaded, zone = services.registry[booking.municipality_id], ZoneInfo(timezone)
    said = notification_message(
        loaded,
        MessageKind(kind),
        booking,
        zone,
        services.clock(),
        to_attendee=to_attendee,
        reason=reason,
    )
    return build_reply(services.texts, [said], language) if said else None
