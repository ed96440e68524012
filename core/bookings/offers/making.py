"""Making the offers that were asked for: for each, the nearest free time is held.

They are planned by a transaction that only reads, and made by others, so short that no turn waits
long: one at a time, whichever process does it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.availability.schedule import day_bounds
from core.availability.slots import free_times
from core.bookings.allocation import take_desk
from core.bookings.offers.ends import OPEN, end_offer
from core.bookings.offers.service import tell_citizen
from core.bookings.offers.withdrawal import end_unneeded
from core.catalogue.registry import Registry
from core.catalogue.service_offer import ServiceOffer
from core.db.advisory_locks import lock
from core.db.models import (
    Booking,
    BookingState,
    History,
    HistoryAction,
    OfferState,
    TimeOffer,
)
from core.errors import BookingRefused
from core.messaging.keys import MessageKind
from core.messaging.routes import WAITING
from core.staff.alerts import enqueue_offer

TOO_SOON = timedelta(hours=2)
"""The time before an appointment in which no other is offered, but the rooms are told to call.

Most people don't read a message so soon, and may be on their way already.
"""

UNFETCHED_AFTER = timedelta(minutes=15)
"""The time after which the rooms are told to call who was offered a time on such a one only.

Unless it was fetched by then, as an open page does at once.
"""

NEAR = timedelta(days=7)
"""The time before and after the old one in which another is looked for first."""

CANDIDATES = 30
"""The free times that are tried for one offer: others may be taking them just now."""


TakenStart = tuple[str, str, str, str, datetime]
"""A municipality, service, branch, channel, and a start at which no desk there is free."""


class PlannedOffer(NamedTuple):
    """An offer to be made, with the times that were free when it was planned, the best first."""

    offer_id: int
    starts: Sequence[datetime]


def has_pending(session: Session) -> bool:
    """Return whether an offer is to be made: a quick check, which blocks no writer."""
    pending = select(TimeOffer.id).where(OPEN, TimeOffer.state == OfferState.PENDING)
    return session.scalar(pending.limit(1)) is not None


def plan_offers(
    session: Session, registry: Registry, now: datetime, limit: int
) -> Sequence[PlannedOffer]:
    """Return the offers to be made next, at most so many, in the order in which they were asked."""
    pending = (
        select(TimeOffer)
        .where(OPEN, TimeOffer.state == OfferState.PENDING)
        .order_by(TimeOffer.id)
        .limit(limit)
    )
    offers = session.scalars(pending).all()
    free, declined = _FreeTimes(session, registry, now), _declined_starts(session, offers)
    planned = []
    for offer in offers:
        booking = session.get_one(Booking, offer.booking_id)
        planned.append(PlannedOffer(offer.id, free.for_booking(booking, declined[booking.id])))
    return planned


def _declined_starts(
    session: Session, offers: Sequence[TimeOffer]
) -> Mapping[int, Collection[datetime]]:
    """Return the times that were declined when they were offered before, for each booking."""
    declined: dict[int, set[datetime]] = {each.booking_id: set() for each in offers}
    found = session.execute(
        select(TimeOffer.booking_id, Booking.starts_at)
        .join(Booking, TimeOffer.hold_id == Booking.id)
        .where(TimeOffer.booking_id.in_(declined), TimeOffer.state == OfferState.DECLINED)
    )
    for booking_id, start in found:
        declined[booking_id].add(start)
    return declined


def make_offers(
    session: Session,
    registry: Registry,
    planned: Sequence[PlannedOffer],
    now: datetime,
    is_enough: Callable[[], bool],
    taken: set[TakenStart] | None = None,
) -> int:
    """Make planned offers until `is_enough`, one at least; return how many were looked at.

    One whose times were all taken since is planned anew. `taken` has the starts that are known to
    be; more are added.
    """
    lock(session, "offers")  # of two who each take several desks, one waits for the other
    taken = set() if taken is None else taken
    for number, plan in enumerate(planned):
        if number and is_enough():
            return number
        offer = session.scalar(
            select(TimeOffer)
            .where(TimeOffer.id == plan.offer_id, TimeOffer.state == OfferState.PENDING)
            .with_for_update(skip_locked=True)
        )
        if offer is None:
            continue
        booking = session.get_one(Booking, offer.booking_id)
        which = (booking.municipality_id, booking.service, booking.branch, booking.channel)
        if booking.state != BookingState.CONFIRMED or booking.starts_at <= now:
            end_offer(session, offer, OfferState.WITHDRAWN, now)
        elif end_unneeded(session, registry, offer, booking, now):
            continue
        elif not plan.starts:
            _offer_none(session, registry, offer, booking, now)
        for start in plan.starts:
            place = (*which, start)
            if offer.state == OfferState.PENDING and place not in taken:
                if _make(session, registry, offer, booking, start, now):
                    break
                taken.add(place)
    return len(planned)


class _FreeTimes:
    """The free times of all offers that are planned at once: many are of one day."""

    def __init__(self, session: Session, registry: Registry, now: datetime) -> None:
        self._session, self._registry, self._now = session, registry, now
        self._known: dict[tuple[str, ...], Sequence[datetime]] = {}

    def for_booking(self, booking: Booking, declined: Collection[datetime]) -> Sequence[datetime]:
        """Return the free times in whose place a booking could be, the best first.

        That is the nearest day, and on it the nearest time of day, but none that was `declined`.
        None where there isn't any, or nobody could be asked in time.
        """
        until = _expiry(self._registry, booking, self._now)
        offer = _offer_of(self._registry, booking)
        if until is None or offer is None:
            return ()
        wanted = booking.starts_at.astimezone(offer.zone)
        day, day_after = day_bounds(wanted.date(), offer.zone)
        last = offer.last(self._now)  # as far ahead as citizens book, but without notice
        which = (booking.municipality_id, booking.service, booking.branch, booking.channel)
        for key, since, end in (
            (f"{wanted.date()}", day - NEAR, min(last, day_after + NEAR)),
            ("far", self._now, last),
        ):
            if (*which, key) not in self._known:
                found = free_times(
                    self._session, offer.for_staff(), max(since, self._now), end, self._now, None
                )
                self._known[*which, key] = found
            free = [
                at
                for at in self._known[*which, key]
                if at >= until and at != wanted and at not in declined
            ]
            if free:
                break

        def distance(start: datetime) -> tuple[int, int, bool]:
            days = (start.date() - wanted.date()).days
            minutes = start.hour * 60 + start.minute - wanted.hour * 60 - wanted.minute
            return abs(days), abs(minutes), days < 0 or minutes < 0

        return sorted(free, key=distance)[:CANDIDATES]


def _expiry(registry: Registry, booking: Booking, now: datetime) -> datetime | None:
    """Return until when an offer made now can be accepted; None where it is too late for one."""
    if booking.starts_at - now < TOO_SOON:
        return None
    hours = registry[booking.municipality_id].body.rules.offer_hours
    return min(now + timedelta(hours=hours), booking.starts_at)


def _offer_of(registry: Registry, booking: Booking) -> ServiceOffer | None:
    loaded = registry[booking.municipality_id]
    if not loaded.has(booking.service, booking.branch):
        return None
    return loaded.offer(booking.service, booking.branch, booking.channel)


def _make(
    session: Session,
    registry: Registry,
    offer: TimeOffer,
    booking: Booking,
    start: datetime,
    now: datetime,
) -> bool:
    """Hold a time and offer it; return False where it isn't free any more."""
    service, until = _offer_of(registry, booking), _expiry(registry, booking, now)
    start = start.astimezone(UTC)  # local times are added by the wall clock
    if service is None or until is None:
        _offer_none(session, registry, offer, booking, now)
        return True
    # Of the same citizen, but not by them: no address is counted for it.
    hold = Booking(
        details={},
        municipality_id=booking.municipality_id,
        branch=booking.branch,
        service=booking.service,
        channel=booking.channel,
        starts_at=start,
        ends_at=start + timedelta(minutes=service.service.duration),
        state=BookingState.HELD,
        held_at=now,
        held_until=until,
        citizen_id=booking.citizen_id,
        language=booking.language,
        timezone=booking.timezone,
        offered_for_id=booking.id,
    )

    def take(desk_id: int) -> None:
        hold.desk_id = desk_id
        session.add(hold)

    try:
        take_desk(session, service.for_staff(), start, now, take)
    except BookingRefused:
        return False
    session.add(
        History(booking_id=hold.id, at=now, action=HistoryAction.HELD, fields=[], citizen_id=None)
    )
    offer.hold_id, offer.expires_at, offer.state = hold.id, until, OfferState.MADE
    session.flush()
    platforms = tell_citizen(session, registry, booking, offer, MessageKind.TIME_OFFERED, now)
    is_told = any(platform not in WAITING for platform in platforms)
    call_at = now + UNFETCHED_AFTER if platforms else now
    enqueue_offer(session, registry, booking, offer, now, only_shown=is_told, due_at=call_at)
    return True


def _offer_none(
    session: Session, registry: Registry, offer: TimeOffer, booking: Booking, now: datetime
) -> None:
    """End an offer for which there is no time: the citizen is told, and the rooms are to call."""
    end_offer(session, offer, OfferState.NONE_FREE, now)
    tell_citizen(session, registry, booking, offer, MessageKind.NO_TIME_FREE, now)
    enqueue_offer(session, registry, booking, offer, now)
