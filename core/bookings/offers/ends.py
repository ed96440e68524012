"""The ends of offers of another time, with which what was held for them is free again."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session, aliased

from core.db.events import record_event
from core.db.models import (
    Booking,
    BookingState,
    History,
    HistoryAction,
    OfferState,
    TimeOffer,
)
from core.db.read_ahead import keep, kept

OPEN = text("time_offers.state IN ('pending','made')")
"""The condition for open offers; literal, as the condition of the partial index is."""

REFUSED = (OfferState.DECLINED, OfferState.EXPIRED, OfferState.NONE_FREE)
"""The states of offers that led to nothing, whose citizens wait for the office's call."""

REPLACED = and_(TimeOffer.state == OfferState.REPLACED, TimeOffer.hold_id.is_not(None))
"""The condition for offers that were made, and in whose place another is asked for."""

DOUBTING = or_(~TimeOffer.by_choice, REPLACED)
"""The condition for offers by which citizens think that an appointment can't take place: none by
choice, unless its time was lost."""

TOLD = or_(TimeOffer.state.in_((OfferState.MADE, *REFUSED)), REPLACED)
"""The condition for offers of which citizens were told, and then nothing else."""

SETTLING = (OfferState.WITHDRAWN, OfferState.ACCEPTED)
"""The states of offers after which citizens know that, and when, the appointment takes place."""

SETTLED = TimeOffer.state.in_(SETTLING)
"""The condition for these offers."""

ENDING: Collection[HistoryAction] = frozenset(
    {
        HistoryAction.MOVED,
        HistoryAction.CANCELLED,
        HistoryAction.CONSENT_WITHDRAWN,
        HistoryAction.COMPLETED,
        HistoryAction.NO_SHOW,
    }
)
"""The changes to a booking after which no other time is offered for it."""


_NONE_OPEN = "bookings without an open offer"
_OPEN_OF_BOOKING = select(TimeOffer).where(TimeOffer.booking_id == bindparam("booking_id"), OPEN)

_OPEN_OF_SEVERAL = select(TimeOffer).where(
    TimeOffer.booking_id.in_(bindparam("booking_ids", expanding=True)), OPEN
)


def open_offer(session: Session, booking_id: int, *, lock: bool = False) -> TimeOffer | None:
    """Return the open offer of a booking, if there is one; locked where that is asked for."""
    if not lock and kept(session, _NONE_OPEN, booking_id):
        return None
    query = _OPEN_OF_BOOKING.with_for_update() if lock else _OPEN_OF_BOOKING
    return session.scalar(query, {"booking_id": booking_id})


def open_offers(session: Session, booking_ids: Collection[int]) -> Mapping[int, TimeOffer]:
    """Return the open offers of some bookings, by the bookings' ids."""
    if not booking_ids:
        return {}
    found = session.scalars(_OPEN_OF_SEVERAL, {"booking_ids": list(booking_ids)})
    return {offer.booking_id: offer for offer in found}


def read_offers(session: Session, bookings: Collection[int]) -> None:
    """Read at once which of some bookings have no open offer, for a transaction that makes none."""
    with_one = open_offers(session, bookings).keys()
    keep(session, _NONE_OPEN, dict.fromkeys(set(bookings) - with_one, True))


def is_made(session: Session, booking_id: int, now: datetime) -> bool:
    """Return whether a time is offered for a booking, and can be accepted still."""
    offer = open_offer(session, booking_id)
    return offer is not None and can_be_answered(offer, now)


def can_be_answered(offer: TimeOffer, now: datetime) -> bool:
    """Return whether an offer can be accepted or declined still."""
    in_time = offer.expires_at is not None and now < offer.expires_at
    return offer.state == OfferState.MADE and in_time


def end_offer(session: Session, offer: TimeOffer, state: OfferState, now: datetime) -> None:
    """End an offer in a state; its hold is released at once."""
    offer.state, offer.ended_at = state, now
    hold = session.get(Booking, offer.hold_id) if offer.hold_id else None
    if hold is not None and hold.state == BookingState.HELD:
        hold.state = BookingState.EXPIRED
        session.add(
            History(
                booking_id=hold.id,
                at=now,
                action=HistoryAction.RELEASED,
                fields=[],
                citizen_id=None,
            )
        )
        record_event(session, "booking", HistoryAction.RELEASED)
    session.flush()


def withdraw_offer(session: Session, booking_id: int, now: datetime) -> None:
    """Withdraw the open offer of a booking, if there is one: the booking was changed otherwise."""
    if offer := open_offer(session, booking_id, lock=True):
        end_offer(session, offer, OfferState.WITHDRAWN, now)


def led_to_nothing(now: datetime) -> ColumnElement[bool]:
    """Return the condition for offers that led to nothing, of bookings that stand where they did.

    The booking wasn't moved since, and no other time was offered for it later.
    """
    later = aliased(TimeOffer)
    moved = moved_since(TimeOffer.booking_id, TimeOffer.ended_at)
    return and_(
        TimeOffer.state.in_(REFUSED),
        Booking.state == BookingState.CONFIRMED,
        Booking.starts_at > now,
        ~moved.exists(),
        ~select(later.id)
        .where(later.booking_id == TimeOffer.booking_id, later.id > TimeOffer.id)
        .exists(),
    )


def moved_since(
    booking_id: SQLColumnExpression[int] | int, at: SQLColumnExpression[datetime | None] | datetime
) -> Select[int]:
    """Return the query for the moves of a booking since a time."""
    return select(History.id).where(
        History.booking_id == booking_id,
        History.action == HistoryAction.MOVED,
        History.at >= at,
    )
