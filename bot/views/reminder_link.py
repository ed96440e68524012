"""The link that ends the reminders to an e-mail address (RFC 8058), and its page."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.context import Services
from core.bookings.reminder_links import linked_booking, reminder_token
from core.db.models import Booking
from core.messaging.preferences import language_for

PATH = "/u/"
"""The beginning of the path of a link; its token follows."""


@dataclass(frozen=True)
class LinkedReminders:
    """The reminders that a link ends; `office` is the municipality of the link's appointment."""

    language: str
    municipality_id: str
    office: str
    are_ended: bool


def unsubscribe_link(session: Session, services: Services, booking: Booking) -> str:
    """Return the address that ends the reminders to a booking's e-mail address, or resumes them.

    It is "" where the world reaches no page (by https, as the settings want it).
    """
    if services.public_address is None:
        return ""
    token = reminder_token(session, services.registry, booking)
    return f"{services.public_address}{PATH}{token}" if token else ""


def linked_reminders(session: Session, services: Services, token: str) -> LinkedReminders | None:
    """Return the reminders of a link; None where no link has that token. Nothing is changed."""
    found = linked_booking(session, token)
    if found is None:
        return None
    booking, are_ended = found
    services.registry.refresh_without_lock(session)
    language = language_for(session, booking)
    office = services.texts.say(services.registry[booking.municipality_id].body.name, language)
    return LinkedReminders(language, booking.municipality_id, office, are_ended)
