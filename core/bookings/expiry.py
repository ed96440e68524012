"""Expiry of lapsed holds."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, TextClause, bindparam, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from core.db.events import record_event
from core.db.models import HELD, LIVE, Booking, BookingState, History, HistoryAction
from core.db.statements import run


def expire_lapsed(session: Session, now: datetime) -> int:
    """Expire all lapsed holds; return how many."""
    return record_expired(session, _expire(session, now, Booking.held_until <= now))


_BOOKINGS = Booking.__table__

_EXPIRE_OVERLAPPING = (
    update(_BOOKINGS)
    .where(
        HELD,
        LIVE,
        Booking.held_until <= bindparam("now"),
        Booking.desk_id == bindparam("at_desk"),
        Booking.starts_at < bindparam("until"),
        Booking.ends_at > bindparam("since"),
        Booking.starts_at > bindparam("day_before"),
        Booking.id != bindparam("own"),
    )
    .values(state=BookingState.EXPIRED, version=_BOOKINGS.c.version + 1)
    .returning(_BOOKINGS.c.id)
)


def expire_overlapping(
    session: Session,
    desk_id: int,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    own: Booking | None,
) -> int:
    """Expire the lapsed holds that overlap [starts_at, ends_at) at a desk; return how many."""
    given = {
        "now": now,
        "at_desk": desk_id,
        "since": starts_at,
        "until": ends_at,
        "day_before": starts_at - timedelta(days=1),
        "own": own.id if own else 0,
    }
    expired = run(session, _EXPIRE_OVERLAPPING, given).scalars().all()
    for booking_id in expired:
        if known := session.identity_map.get(identity_key(Booking, booking_id)):
            session.expire(known)
        session.add(_expired(booking_id, now))
    return len(expired)


def expire_at_desks(session: Session, desk_ids: Collection[int], now: datetime) -> int:
    """Expire the lapsed holds at desks; return how many."""
    lapsed = LIVE, Booking.held_until <= now, Booking.desk_id.in_(desk_ids)
    return record_expired(session, _expire(session, now, *lapsed))


def expire_held(session: Session, bookings: Iterable[Booking], now: datetime) -> None:
    """Expire those of the bookings that are held, lapsed or not."""
    held = [booking for booking in bookings if booking.state == BookingState.HELD]
    for booking in held:
        booking.state = BookingState.EXPIRED
        session.add(_expired(booking.id, now))
    record_expired(session, len(held))


def _expire(session: Session, now: datetime, *criteria: ColumnElement[bool] | TextClause) -> int:
    """Expire the holds that meet the criteria, with their history; return how many."""
    expired = session.scalars(
        update(Booking)
        .where(Booking.state == BookingState.HELD, *criteria)  # as the partial index has it
        .values(state=BookingState.EXPIRED, version=Booking.version + 1)
        .returning(Booking.id)
    ).all()
    for booking_id in expired:
        session.add(_expired(booking_id, now))
    return len(expired)


def _expired(booking_id: int, now: datetime) -> History:
    return History(booking_id=booking_id, at=now, action=HistoryAction.EXPIRED, fields=[])


def record_expired(session: Session, count: int) -> int:
    """Count expired holds in the metrics; return the same count."""
    for _each in range(count):
        record_event(session, "booking", HistoryAction.EXPIRED)
    return count
