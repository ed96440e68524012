"""The ends of offers of another time, with which what was held for them is free again."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.events import record_event
from core.db.models import (
    Booking,
    BookingState,
    History,
    HistoryAction,
    OfferState,
    TimeOffer,
)

OPEN = text("time_offers.state IN ('pending','made')")
"""The condition for open offers; literal, as the condition of the partial index is."""

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


def open_offer(session: Session, booking_id: int, *, lock: bool = False) -> TimeOffer | None:
    """Return the open offer of a booking, if there is one; locked where that is asked for."""
    query = select(TimeOffer).where(TimeOffer.booking_id == booking_id, OPEN)
    return session.scalar(query.with_for_update() if lock else query)


def is_made(session: Session, booking_id: int, now: datetime) -> bool:
    """Return whether a time is offered for a booking, and can be accepted still."""
    offer = open_offer(session, booking_id)
    return bool(offer and offer.expires_at and now < offer.expires_at)


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
