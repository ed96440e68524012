"""Allocation of a desk to a booking."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import and_, bindparam, case, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.availability import schedule
from core.bookings.expiry import expire_overlapping, record_expired
from core.catalogue.service_offer import ServiceOffer
from core.db import overlap_guard
from core.db.advisory_locks import lock
from core.db.models import LIVE, Booking, BookingState
from core.db.statements import run
from core.errors import BookingRefused, RefusalKind
from core.i18n import _


def slot_taken_error() -> BookingRefused:
    """Return the refusal of a time that is no longer free."""
    return BookingRefused(RefusalKind.TAKEN, _("I'm sorry, that time has just gone."))


class Placed(Protocol):
    """A desk, and the time that a booking takes of it."""

    @property
    def desk_id(self) -> int:
        """Return the desk."""

    @property
    def starts_at(self) -> datetime:
        """Return the start."""

    @property
    def ends_at(self) -> datetime:
        """Return the end."""


def still_serves(offer: ServiceOffer, booking: Booking | Placed) -> bool:
    """Return whether the booking's desk is open for it, by the current catalogue."""
    desk = offer.desk_by_id.get(booking.desk_id)
    return desk is not None and schedule.is_open_through(
        offer, desk, booking.starts_at, booking.ends_at
    )


def take_desk(
    session: Session,
    offer: ServiceOffer,
    starts_at: datetime,
    now: datetime,
    take: Callable[[int], None],
    own: Booking | None = None,
) -> None:
    """Call `take` with one desk after the other, until the overlap guard accepts one.

    Only desks that may start then are tried, the least busy of that day first. `take` changes the
    booking, which is `own` where it is stored already. Raises BookingRefused: taken.
    """
    if not offer.first(now) <= starts_at < offer.last(now):
        raise slot_taken_error()
    desks = schedule.desks_for(offer, starts_at)
    ends_at = starts_at + timedelta(minutes=offer.service.duration)
    for desk_id in _least_busy_first(session, offer, desks, starts_at, ends_at, now, own):
        try:
            with session.begin_nested():
                # Before any row is locked, or two transactions for one time would deadlock.
                lock(session, f"desk {desk_id}")
                expired = expire_overlapping(session, desk_id, starts_at, ends_at, now, own)
                take(desk_id)
                session.flush()
        except IntegrityError as error:
            if not overlap_guard.is_violation(error):
                raise
            continue
        record_expired(session, expired)
        return
    raise slot_taken_error()


_OVERLAPS = and_(Booking.starts_at < bindparam("ends_at"), Booking.ends_at > bindparam("starts_at"))

_LOAD = (
    select(Booking.desk_id, func.count(), func.max(case((_OVERLAPS, 1), else_=0)))
    .where(
        Booking.desk_id.in_(bindparam("desks", expanding=True)),
        Booking.starts_at > bindparam("day_before"),
        Booking.starts_at < bindparam("until"),
        Booking.ends_at > bindparam("since"),
        LIVE,
        or_(Booking.state != BookingState.HELD, Booking.held_until > bindparam("now")),
        Booking.id != bindparam("own"),
    )
    .group_by(Booking.desk_id)
)
"""The number of bookings of a day at each desk, and whether one overlaps a time."""


def _least_busy_first(
    session: Session,
    offer: ServiceOffer,
    desks: list[int],
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    own: Booking | None,
) -> list[int]:
    """Return the desks that are free then, those with the fewest bookings of that day first."""
    since, until = schedule.day_bounds(starts_at.astimezone(offer.zone).date(), offer.zone)
    given = {
        "desks": desks,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "day_before": since - timedelta(days=1),
        "since": since,
        "until": until,
        "now": now,
        "own": own.id if own else 0,
    }
    rows = run(session, _LOAD, given).all()
    load = {desk: count for desk, count, _taken in rows}
    taken = {desk for desk, _count, overlapping in rows if overlapping}
    return sorted(set(desks) - taken, key=lambda desk: (load.get(desk, 0), desk))
