"""The bookings that stand in the way of a closure, or of a changed catalogue.

Each goes to another desk of its branch that is open and free at the same time, and its citizen is
asked nothing. For each of the others, another time is offered.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.actor import Staff
from core.availability.schedule import Spans, day_bounds, is_open_through
from core.availability.slots import MAX_DURATION, busy_at
from core.bookings.expiry import expire_at_desks, expire_held
from core.bookings.offers.making import TOO_SOON
from core.bookings.offers.service import ask_for_offers, offer_again
from core.bookings.offers.withdrawal import withdraw_unneeded
from core.catalogue.registry import LoadedMunicipality, Registry
from core.db import overlap_guard
from core.db.advisory_locks import lock
from core.db.events import record_event
from core.db.models import (
    Booking,
    BookingState,
    History,
    HistoryAction,
    OfferState,
    TimeOffer,
)
from core.errors import RetryTransaction
from core.staff.alerts import enqueue_alerts_of


@dataclass(frozen=True)
class Plan:
    """The way that the bookings go that stand in the way, by their start.

    `moves` are those that go to another desk, each with its row id; for the `offers`, another time
    is offered; the `holds` expire.
    """

    moves: Sequence[tuple[Booking, int]] = ()
    offers: Sequence[Booking] = ()
    holds: Sequence[Booking] = ()

    def in_time(self, now: datetime) -> Sequence[Booking]:
        """Return the bookings for which another time is really offered."""
        return [each for each in self.offers if each.starts_at >= now + TOO_SOON]

    def too_soon(self, now: datetime) -> Sequence[Booking]:
        """Return those that begin too soon for an offer: their citizens are to be called."""
        return [each for each in self.offers if each.starts_at < now + TOO_SOON]

    @property
    def lost(self) -> Collection[int]:
        """Return the ids of other bookings, for which a time then was held: another is offered."""
        in_way = {each.id for each in (*self.offers, *(booking for booking, _desk in self.moves))}
        return {each.offered_for_id for each in self.holds if each.offered_for_id} - in_way


def plan(
    session: Session, new: LoadedMunicipality, in_way: Sequence[Booking], now: datetime
) -> Plan:
    """Return what becomes of bookings that stand in the way of a municipality as it will be."""
    confirmed = sorted(
        (each for each in in_way if each.state == BookingState.CONFIRMED),
        key=lambda each: (each.starts_at, each.id),
    )
    holds = [each for each in in_way if each.state == BookingState.HELD]
    if not confirmed:
        return Plan(holds=holds)
    branches = {each.branch for each in confirmed}
    desks = [row_id for (branch, _desk), row_id in new.desk_ids.items() if branch in branches]
    since = confirmed[0].starts_at - MAX_DURATION
    until = max(each.ends_at for each in confirmed) + MAX_DURATION
    busy = busy_at(session, desks, since, until, now)
    moves: list[tuple[Booking, int]] = []
    offers: list[Booking] = []
    for booking in confirmed:
        desk_id = _other_desk(new, booking, busy)
        if desk_id is None:
            offers.append(booking)
            continue
        span = int(booking.starts_at.timestamp()), int(booking.ends_at.timestamp())
        insort(busy.setdefault(desk_id, []), span)
        moves.append((booking, desk_id))
    return Plan(moves, offers, holds)


def carry_out(
    session: Session,
    registry: Registry,
    loaded: LoadedMunicipality,
    planned: Plan,
    now: datetime,
    staff: Staff,
    exception_id: int | None = None,
) -> None:
    """Carry out a plan that was made in this transaction, which has LOAD_LOCK for itself.

    `exception_id` is the closure in whose way they stood, if it was one. Raises RetryTransaction.
    """
    expire_holds(session, loaded, planned.holds, now)
    _move(session, registry, planned.moves, now, staff)
    given = {"exception_id": exception_id, "member_id": staff.member_id}
    ask_for_offers(session, planned.offers, now, **given)
    session.flush()


def _other_desk(new: LoadedMunicipality, booking: Booking, busy: Mapping[int, Spans]) -> int | None:
    """Return the desk that a booking can go to, the least busy one of that day; None if none."""
    if not new.has(booking.service, booking.branch):
        return None
    offer = new.offer(booking.service, booking.branch, booking.channel)
    start, end = int(booking.starts_at.timestamp()), int(booking.ends_at.timestamp())
    free = [
        desk_id
        for desk_id, desk in offer.desks
        if desk_id != booking.desk_id
        and _is_free(busy.get(desk_id, []), start, end)
        and is_open_through(offer, desk, booking.starts_at, booking.ends_at)
    ]
    return min(free, key=lambda each: (_load(busy, each, booking, offer.zone), each), default=None)


def _is_free(spans: Spans, start: int, end: int) -> bool:
    """Return whether sorted spans that don't overlap leave [start, end) free."""
    following = bisect_right(spans, start, key=lambda span: span[1])
    return following == len(spans) or spans[following][0] >= end


def _load(busy: Mapping[int, Spans], desk_id: int, booking: Booking, zone: ZoneInfo) -> int:
    """Return the number of bookings of a desk on a booking's day."""
    day = booking.starts_at.astimezone(zone).date()
    since, until = (int(bound.timestamp()) for bound in day_bounds(day, zone))
    spans = busy.get(desk_id, [])
    return bisect_left(spans, (until,)) - bisect_left(spans, (since,))


def _move(
    session: Session,
    registry: Registry,
    moves: Sequence[tuple[Booking, int]],
    now: datetime,
    staff: Staff,
) -> None:
    """Give bookings their other desks; the rooms are told."""
    desks = sorted({desk_id for _booking, desk_id in moves})
    for desk_id in desks:
        lock(session, f"desk {desk_id}")  # before any row is locked, as whoever takes a desk does
    if desks:
        expire_at_desks(session, desks, now)
    before = [booking.desk_id for booking, _desk_id in moves]
    try:
        with session.begin_nested():
            for booking, desk_id in moves:
                booking.desk_id = desk_id
    except IntegrityError as error:
        if not overlap_guard.is_violation(error):
            raise
        raise RetryTransaction from error
    changes = [
        History(
            booking_id=booking.id,
            at=now,
            action=HistoryAction.DESK_CHANGED,
            fields=["desk"],
            member_id=staff.member_id,
            platform=staff.platform,
            desk_before=former,
            starts_before=booking.starts_at,
            ends_before=booking.ends_at,
        )
        for (booking, _desk_id), former in zip(moves, before, strict=True)
    ]
    session.add_all(changes)
    session.flush()
    for _change in changes:
        record_event(session, "booking", HistoryAction.DESK_CHANGED)
    withdraw_unneeded(session, registry, [booking for booking, _desk_id in moves], now)
    told = [(booking, change) for (booking, _desk), change in zip(moves, changes, strict=True)]
    enqueue_alerts_of(session, registry, told, now)


def expire_holds(
    session: Session, loaded: LoadedMunicipality, holds: Sequence[Booking], now: datetime
) -> None:
    """Expire holds; for each that was offered in place of a booking, another time is offered."""
    expire_held(session, holds, now)
    offered = [hold.id for hold in holds if hold.offered_for_id is not None]
    made = TimeOffer.hold_id.in_(offered), TimeOffer.state == OfferState.MADE
    for offer in session.scalars(select(TimeOffer).where(*made)).all() if offered else ():
        offer_again(session, loaded, offer, session.get_one(Booking, offer.booking_id), now)
