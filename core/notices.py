"""What a change to a booking makes us owe, to whom, when."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.office import Office
from core.outbox import post
from core.tables import Booking, History

BY_EMAIL = frozenset({"confirmed", "moved", "cancelled", "edited"})
"""The changes that the attendee is written about, when they gave an email address."""


def owe(session: Session, office: Office, booking: Booking, change: History, now: datetime) -> None:
    """Post what that change makes us owe, where its platform is configured."""
    if change.action in BY_EMAIL and booking.details.get("email"):
        post(
            session,
            office,
            platform="email",
            kind=change.action,
            booking_id=booking.id,
            due_at=now,
            key=f"change {change.id} email",
        )
