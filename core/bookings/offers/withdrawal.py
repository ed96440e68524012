"""Withdrawing offers of another time, whose appointments can take place after all.

Those of a closure that has ended are withdrawn in portions, as offers are made: what is left is
read from their states, so that a process that is killed leaves nothing undone or done twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from core.availability.schedule import overlaps
from core.bookings.offers.ends import OPEN, REFUSED, end_offer, led_to_nothing, moved_since
from core.bookings.offers.service import ask_for_offer, tell_citizen
from core.catalogue.registry import Registry
from core.catalogue.schedule_exceptions import is_about, special_hours
from core.db.models import (
    Booking,
    BookingState,
    ExceptionKind,
    OfferState,
    ScheduleException,
    TimeOffer,
)
from core.messaging.keys import MessageKind
from core.staff.alerts import enqueue_offer

ANY_ZONE = timedelta(days=1)
"""The most by which a day of a municipality is behind that of UTC."""


def count_withdrawable(session: Session, exception_id: int, now: datetime) -> int:
    """Return how many offers of a schedule exception are withdrawn when it ends."""
    found = _withdrawable([exception_id], now).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def plan_withdrawals(
    session: Session, registry: Registry, now: datetime, limit: int
) -> Sequence[int]:
    """Return the ids of offers whose closure has ended, at most so many; it blocks no writer."""
    ended = session.scalars(
        select(ScheduleException.id).where(
            ScheduleException.municipality_id.in_([body.id for body in registry.municipalities]),
            ScheduleException.kind == ExceptionKind.CLOSURE,
            ScheduleException.last >= (now - ANY_ZONE).date(),
            ScheduleException.withdrawn_at.is_not(None),
        )
    ).all()
    if not ended:
        return ()
    found = _withdrawable(ended, now).order_by(TimeOffer.id)
    return session.scalars(found.limit(limit)).all()


def withdraw_planned(
    session: Session,
    registry: Registry,
    planned: Sequence[int],
    now: datetime,
    is_enough: Callable[[], bool],
) -> int:
    """Withdraw offers until `is_enough`, one at least; return how many were looked at.

    Citizens who were told that their appointment can't take place are told that it stands; where
    it lies in another closure, a time is offered again instead.
    """
    for number, offer_id in enumerate(planned):
        if number and is_enough():
            return number
        offer = session.scalar(
            select(TimeOffer)
            .join(Booking, TimeOffer.booking_id == Booking.id)
            .where(TimeOffer.id == offer_id, or_(OPEN, led_to_nothing(now)))
            .with_for_update(of=TimeOffer, skip_locked=True)
        )
        if offer is None:
            continue
        booking = session.get_one(Booking, offer.booking_id)
        other = _other_closure(session, registry, booking, now)
        if other is None:
            withdraw(session, registry, offer, now)
            continue
        end_offer(session, offer, OfferState.WITHDRAWN, now)
        enqueue_offer(session, registry, booking, offer, now, only_shown=True)
        ask_for_offer(session, booking, now, exception_id=other.id, member_id=other.member_id)
    return len(planned)


def withdraw(session: Session, registry: Registry, offer: TimeOffer, now: datetime) -> None:
    """Withdraw an offer; the citizen, if told of it, is told that the appointment stands."""
    is_known = _was_told(session, offer)
    end_offer(session, offer, OfferState.WITHDRAWN, now)
    if is_known:
        booking = session.get_one(Booking, offer.booking_id)
        tell_citizen(session, registry, booking, offer, MessageKind.OFFER_WITHDRAWN, now)
        enqueue_offer(session, registry, booking, offer, now, only_shown=True)


def _was_told(session: Session, offer: TimeOffer) -> bool:
    """Return whether the citizen was told that the appointment can't take place.

    By this offer, or by a former one in whose place it was asked for.
    """
    if offer.state != OfferState.PENDING:
        return True
    asked_at = offer.asked_at
    former = session.scalars(
        select(TimeOffer)
        .where(TimeOffer.booking_id == offer.booking_id, TimeOffer.id < offer.id)
        .order_by(TimeOffer.id.desc())
    )
    for each in former:
        if each.state in REFUSED and each.ended_at is not None:
            moved = moved_since(each.booking_id, each.ended_at)
            return session.scalar(select(moved.exists())) is not True
        if each.state != OfferState.WITHDRAWN or each.ended_at != asked_at:
            return False
        if each.hold_id is not None:
            return True
        asked_at = each.asked_at
    return False


def _withdrawable(exception_ids: Sequence[int], now: datetime) -> Select[int]:
    """Return the query for the ids of offers of schedule exceptions that weren't accepted."""
    return (
        select(TimeOffer.id)
        .join(Booking, TimeOffer.booking_id == Booking.id)
        .where(TimeOffer.exception_id.in_(exception_ids), or_(OPEN, led_to_nothing(now)))
    )


def _other_closure(
    session: Session, registry: Registry, booking: Booking, now: datetime
) -> ScheduleException | None:
    """Return the closure in which a booking to come lies all the same, the first if several."""
    if booking.state != BookingState.CONFIRMED or booking.starts_at <= now:
        return None
    zone = ZoneInfo(registry[booking.municipality_id].body.timezone)
    day = booking.starts_at.astimezone(zone).date()
    closures = session.scalars(
        select(ScheduleException)
        .where(
            ScheduleException.municipality_id == booking.municipality_id,
            ScheduleException.kind == ExceptionKind.CLOSURE,
            ScheduleException.withdrawn_at.is_(None),
            ScheduleException.last >= day,
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
