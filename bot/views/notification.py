"""A notification as the message that its recipient is sent."""

from zoneinfo import ZoneInfo

from bot.context import Services
from bot.messages import Reply
from core.db.models import Booking
from dialogs.messages.notification import notification_text


def render_notification(
    services: Services,
    kind: str,
    booking: Booking,
    language: str,
    timezone: str,
    *,
    plainly: bool = False,
) -> Reply | None:
    """Return what a notification says of a booking now; None where that is no longer true."""
    loaded, zone = services.registry[booking.municipality_id], ZoneInfo(timezone)
    said = notification_text(loaded, kind, booking, zone, services.clock(), plainly=plainly)
    if said is None:
        return None
    return Reply(
        text=services.texts.say(said, language),
        language=language,
        booking=booking.id if kind != "cancelled" else None,
    )
