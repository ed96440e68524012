"""Free times: the schedule, minus the bookings in the database."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, or_, select, type_coerce
from sqlalchemy.orm import Session

from core.availability import schedule
from core.availability.schedule import Spans
from core.catalogue.service_offer import ServiceOffer
from core.db.models import LIVE, Booking, BookingState

MAX_DURATION = timedelta(days=1)


def busy_spans(
    session: Session,
    offer: ServiceOffer,
    since: datetime,
    until: datetime,
    now: datetime,
    own: int | None,
) -> dict[int, Spans]:
    """Return the booked spans by desk, in seconds since 1970, of all the offer's desks.

    Lapsed holds and the booking with the id `own` are left out.
    """
    desks = [desk_id for desk_id, _ in offer.desks]
    return busy_at(session, desks, since, until, now, own)


def busy_at(
    session: Session,
    desks: Collection[int],
    since: datetime,
    until: datetime,
    now: datetime,
    own: int | None = None,
) -> dict[int, Spans]:
    """Return the same of these desks (row ids)."""
    session.flush()
    # The id isn't in the index of live bookings, which PostgreSQL otherwise reads alone.
    others = () if own is None else (Booking.id != own,)
    # On the connection, for the session would process each of thousands of rows once more.
    rows = (
        session.connection()
        .execute(
            select(
                Booking.desk_id,
                type_coerce(Booking.starts_at, Integer),
                type_coerce(Booking.ends_at, Integer),
            )
            .where(
                Booking.desk_id.in_(desks),
                Booking.starts_at > since - MAX_DURATION,
                Booking.starts_at < until + MAX_DURATION,
                LIVE,
                or_(Booking.state != BookingState.HELD, Booking.held_until > now),
                *others,
            )
            .order_by(Booking.desk_id, Booking.starts_at)
        )
        .all()
    )  # psycopg is far slower row by row
    spans: dict[int, Spans] = {}
    for desk_id, start, end in rows:
        spans.setdefault(desk_id, []).append((start, end))
    return spans


def free_times(
    session: Session,
    offer: ServiceOffer,
    since: datetime,
    until: datetime,
    now: datetime,
    own: int | None,
) -> list[datetime]:
    """Return the free starts in [since, until), in the municipality's zone."""
    busy = busy_spans(session, offer, since, until, now, own)
    starts = schedule.free_starts(offer, busy, since, until, now)
    return [datetime.fromtimestamp(start, offer.zone) for start in starts]


def free_days(
    session: Session,
    offer: ServiceOffer,
    first: date,
    last: date,
    now: datetime,
    zone: ZoneInfo,
    own: int | None,
) -> list[date]:
    """Return the days from first to last (as counted in `zone`) with a free start."""
    since, _ = schedule.day_bounds(first, zone)
    _, until = schedule.day_bounds(last, zone)
    busy = busy_spans(session, offer, since, until, now, own)
    return schedule.free_days(offer, busy, since, until, now, zone)


def nearest_times(
    session: Session,
    offer: ServiceOffer,
    wanted: datetime,
    now: datetime,
    own: int | None,
    count: int,
) -> list[datetime]:
    """Return the free starts nearest to a wanted one, the nearest first."""
    wanted = wanted.astimezone(UTC)  # local times are subtracted by the wall clock
    first, last = offer.first(now), offer.last(now)
    week = timedelta(days=7)
    near = free_times(session, offer, wanted - week, wanted + week, now, own)
    if len(near) < count:
        near = free_times(session, offer, first, last, now, own)
    return sorted(near, key=lambda start: abs(start - wanted))[:count]
