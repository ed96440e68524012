"""What a change to a booking makes us owe, to whom, when."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.office import Office
from core.outbox import Owed, call_off, post, put_off
from core.tables import Booking, History

BY_EMAIL = frozenset({"confirmed", "moved", "cancelled", "edited"})
"""The changes that the attendee is written about, when they gave an email address."""

ELSEWHERE = frozenset({"moved", "cancelled", "edited"})
"""The changes that whoever booked is told of, when another did them with code and number."""

REMINDER = "reminder"


def owe(session: Session, office: Office, booking: Booking, change: History, now: datetime) -> None:
    """Post what that change makes us owe, where its platform is configured."""
    hours = office[booking.municipality_id].body.rules.reminder_hours
    remind_at = booking.starts_at - timedelta(hours=hours)
    # One that would be due by now isn't owed; its row stands, for the booking may be moved.
    status = "pending" if hours and remind_at > now else "cancelled"
    told: list[Owed] = []
    if change.action == "confirmed":
        key = f"{REMINDER} {booking.id}"
        told.append(Owed(change.platform or "", REMINDER, booking.id, remind_at, key, status))
    elif change.action == "moved":
        put_off(session, booking.id, REMINDER, remind_at, status)
    elif booking.state == "cancelled":
        call_off(session, booking.id, REMINDER)
    key = f"change {change.id}"
    if change.action in ELSEWHERE and change.citizen_id != booking.citizen_id:
        platform = _booked_on(session, booking)
        told.append(Owed(platform, change.action, booking.id, now, key))
    if change.action in BY_EMAIL and booking.details.get("email"):
        told.append(Owed("email", change.action, booking.id, now, f"{key} email"))
    post(session, office, told)


def _booked_on(session: Session, booking: Booking) -> str:
    platform = session.scalar(
        select(History.platform).where(
            History.booking_id == booking.id, History.action == "confirmed"
        )
    )
    return platform or ""
