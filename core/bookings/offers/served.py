"""The bookings that can take place at their time, and the closures in which others lie."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.availability.schedule import overlaps
from core.bookings.allocation import still_serves
from core.catalogue.registry import LoadedMunicipality
from core.catalogue.schedule_exceptions import is_about, special_hours
from core.db.models import Booking, BookingState, ExceptionKind, ScheduleException


def can_be_kept(loaded: LoadedMunicipality, booking: Booking) -> bool:
    """Return whether a booking's desk is open for it, by the catalogue and staff's exceptions."""
    if not loaded.has(booking.service, booking.branch):
        return False
    return still_serves(loaded.offer(booking.service, booking.branch, booking.channel), booking)


def is_to_come(booking: Booking, now: datetime) -> bool:
    """Return whether a booking is confirmed and hasn't begun."""
    return booking.state == BookingState.CONFIRMED and booking.starts_at > now


def closure_of(
    session: Session, loaded: LoadedMunicipality, booking: Booking
) -> ScheduleException | None:
    """Return the closure of staff in which a booking lies, the first if several."""
    zone = ZoneInfo(loaded.body.timezone)
    closures = session.scalars(
        select(ScheduleException)
        .where(
            ScheduleException.municipality_id == booking.municipality_id,
            ScheduleException.kind == ExceptionKind.CLOSURE,
            ScheduleException.withdrawn_at.is_(None),
            ScheduleException.last >= booking.starts_at.astimezone(zone).date(),
            ScheduleException.first <= booking.ends_at.astimezone(zone).date(),
        )
        .order_by(ScheduleException.id)
    )
    for row in closures:
        if is_about(row, booking.branch, booking.desk_id) and overlaps(
            special_hours(row), booking.starts_at, booking.ends_at, zone
        ):
            return row
    return None
