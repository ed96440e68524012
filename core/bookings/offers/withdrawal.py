"""Withdrawing offers of another time, whose appointments can take place after all.

A closure has ended, or an opening or a catalogue brings the hours again. They are withdrawn in
portions, as offers are made: which they are is read from the states of offers and bookings, so that
a process that is killed leaves nothing undone or done twice.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.bookings.offers.ends import (
    DOUBTING,
    OPEN,
    SETTLED,
    SETTLING,
    TOLD,
    end_offer,
    led_to_nothing,
    moved_since,
)
from core.bookings.offers.served import can_be_kept, closure_of, is_to_come
from core.bookings.offers.service import ask_for_offer, hold_of, is_lost, tell_citizen
from core.bookings.offers.told import knows_by_call_alone, was_call_asked
from core.catalogue.registry import LoadedMunicipality, Registry
from core.db.models import (
    Booking,
    BookingState,
    ExceptionKind,
    OfferState,
    ScheduleException,
    TimeOffer,
)
from core.messaging.keys import MessageKind
from core.messaging.routes import WAITING
from core.staff.alerts import enqueue_offer

Checked = dict[str, LoadedMunicipality]
"""Municipalities as they were loaded when all of their offers were needed."""


def bookings_offered(
    session: Session, exception_id: int, in_way: Collection[int], now: datetime
) -> Sequence[Booking]:
    """Return the bookings to come for which another time is, or was, offered for an exception.

    Or for another one, in which those `in_way` of it lie as well: that may have ended just now.
    When it ends, the offers of those that can be kept then are withdrawn.
    """
    found = (
        select(Booking)
        .join(TimeOffer, TimeOffer.booking_id == Booking.id)
        .where(
            or_(
                TimeOffer.exception_id == exception_id,
                and_(TimeOffer.booking_id.in_(in_way), ~TimeOffer.by_choice),
            ),
            Booking.state == BookingState.CONFIRMED,
            Booking.starts_at > now,
            or_(OPEN, led_to_nothing(now)),
        )
    )
    return session.scalars(found).all()


def plan_withdrawals(
    session: Session, registry: Registry, now: datetime, limit: int, checked: Checked
) -> Sequence[int]:
    """Return the ids of offers that aren't needed any more, at most so many; it blocks no writer.

    They are looked for only in municipalities that were changed since there were none: `checked`
    has those, and is brought up to date.
    """
    # Before anything is read: what is made until a municipality is changed is seen after it.
    known = {body.id: registry[body.id] for body in registry.municipalities}
    registry.refresh_without_lock(session)
    changed = [
        body.id for body in registry.municipalities if checked.get(body.id) is not registry[body.id]
    ]
    if not changed:
        return ()
    rows = session.execute(
        select(TimeOffer, Booking, ScheduleException)
        .join(Booking, TimeOffer.booking_id == Booking.id)
        .outerjoin(ScheduleException, TimeOffer.exception_id == ScheduleException.id)
        .where(
            Booking.municipality_id.in_(changed),
            Booking.ends_at > now,  # as the index has it
            Booking.starts_at > now,
            Booking.state == BookingState.CONFIRMED,
            ~TimeOffer.by_choice,
            or_(OPEN, led_to_nothing(now)),
        )
        .order_by(TimeOffer.id)
    )
    found = [
        offer.id
        for offer, booking, cause in rows
        if can_be_kept(registry[booking.municipality_id], booking) or _has_ended(cause)
    ]
    if not found:
        checked.update(known)
    return found[:limit]


def withdraw_planned(
    session: Session,
    registry: Registry,
    planned: Sequence[int],
    now: datetime,
    is_enough: Callable[[], bool],
) -> int:
    """Withdraw offers until `is_enough`, one at least; return how many were looked at."""
    for number, offer_id in enumerate(planned):
        if number and is_enough():
            return number
        offer = session.scalar(
            select(TimeOffer)
            .join(Booking, TimeOffer.booking_id == Booking.id)
            .where(TimeOffer.id == offer_id, or_(OPEN, led_to_nothing(now)))
            .with_for_update(of=TimeOffer, skip_locked=True)
        )
        if offer is not None:
            booking = session.get_one(Booking, offer.booking_id)
            end_unneeded(session, registry, offer, booking, now)
    return len(planned)


def end_unneeded(
    session: Session, registry: Registry, offer: TimeOffer, booking: Booking, now: datetime
) -> bool:
    """End an offer whose booking can take place after all, or whose closure has ended.

    Citizens who were told that their appointment can't take place are told that it stands; where
    its desk isn't open then all the same, a time is offered again instead. Return False, changing
    nothing, for others.
    """
    if offer.by_choice or not is_to_come(booking, now):
        return False
    if can_be_kept(registry[booking.municipality_id], booking):
        withdraw(session, registry, offer, now)
        return True
    cause = session.get(ScheduleException, offer.exception_id) if offer.exception_id else None
    if _has_ended(cause):
        _replace(session, registry, offer, booking, now)
    return _has_ended(cause)


def _has_ended(cause: ScheduleException | None) -> bool:
    """Return whether what an offer is because of is a closure that has ended."""
    if cause is None or cause.kind != ExceptionKind.CLOSURE:
        return False
    return cause.withdrawn_at is not None


def _replace(
    session: Session, registry: Registry, offer: TimeOffer, booking: Booking, now: datetime
) -> None:
    """Have a time offered again for what keeps a booking from its time now.

    An offer that was made stands, for that reason, while its time can be kept: the citizen, who has
    nothing new to learn, is told nothing.
    """
    loaded, hold = registry[booking.municipality_id], hold_of(session, offer)
    if offer.state == OfferState.MADE and hold and not is_lost(registry, booking, hold, now):
        closure = closure_of(session, loaded, booking)
        offer.exception_id, offer.member_id = closure.id if closure else None, None
        session.flush()
        return
    if offer.ended_at is None:
        end_offer(session, offer, OfferState.REPLACED, now)
        enqueue_offer(session, registry, booking, offer, now, only_shown=True)
    ask_for_offer(session, loaded, booking, now)


def withdraw_unneeded(
    session: Session, registry: Registry, bookings: Sequence[Booking], now: datetime
) -> None:
    """Withdraw the offers of bookings that can take place after all, and tell who knows otherwise.

    Those that led to nothing are, too; but none by choice, for which the old time could be kept.
    """
    found = (
        select(TimeOffer)
        .join(Booking, TimeOffer.booking_id == Booking.id)
        .where(
            TimeOffer.booking_id.in_([booking.id for booking in bookings]),
            ~TimeOffer.by_choice,
            or_(OPEN, led_to_nothing(now)),
        )
    )
    for offer in session.scalars(found).all():
        withdraw(session, registry, offer, now)


def withdraw(session: Session, registry: Registry, offer: TimeOffer, now: datetime) -> None:
    """Withdraw an offer; the citizen, if told of it, is told that the appointment stands.

    Rooms that were asked to call somebody who knows by a message are told that they needn't any
    more. Who knows by a call, or was to be called, is to be called again where no message reaches
    them but on a page, which they may not open.
    """
    is_known = _was_told(session, offer)
    end_offer(session, offer, OfferState.WITHDRAWN, now)
    if is_known:
        booking = session.get_one(Booking, offer.booking_id)
        kind = MessageKind.OFFER_WITHDRAWN
        platforms = tell_citizen(session, registry, booking, offer, kind, now)
        is_pushed = any(platform not in WAITING for platform in platforms)
        by_call = knows_by_call_alone(session, offer)  # whom this may not reach either
        asked = was_call_asked(session, offer)
        is_called_off = is_pushed and not by_call and asked
        enqueue_offer(
            session,
            registry,
            booking,
            offer,
            now,
            only_shown=not is_called_off and (is_pushed or not (by_call or asked)),
            kind=MessageKind.OFFER_SETTLED if is_called_off else MessageKind.OFFER_ALERT,
        )


def _was_told(session: Session, offer: TimeOffer) -> bool:
    """Return whether the citizen thinks that the appointment can't take place at its time.

    That is what the last offer told them of which they were told; or this one asks them for it.
    """
    if offer.state == OfferState.MADE:
        return True
    last = session.scalar(
        select(TimeOffer)
        .where(
            TimeOffer.booking_id == offer.booking_id,
            or_(SETTLED, and_(TOLD, DOUBTING)),
        )
        .order_by(TimeOffer.id.desc())
        .limit(1)
    )
    if last is None or last.ended_at is None or last.state in SETTLING:
        return False
    return session.scalar(select(moved_since(last.booking_id, last.ended_at).exists())) is not True
