"""Offers of another time: asked for, made, answered, withdrawn."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Booking, OfferState, TimeOffer

_OPEN = TimeOffer.state.in_((OfferState.PENDING, OfferState.MADE))


def ask_for_offer(
    session: Session,
    booking: Booking,
    now: datetime,
    *,
    exception_id: int | None = None,
    member_id: int | None = None,
) -> None:
    """Have another time offered for a booking soon, unless one is asked for already."""
    if session.scalar(select(TimeOffer.id).where(TimeOffer.booking_id == booking.id, _OPEN)):
        return
    session.add(
        TimeOffer(
            booking_id=booking.id,
            exception_id=exception_id,
            member_id=member_id,
            state=OfferState.PENDING,
            asked_at=now,
        )
    )


def withdraw_offers(session: Session, exception_id: int, now: datetime) -> int:
    """Withdraw the open offers of a schedule exception; return how many there were."""
    offers = session.scalars(
        select(TimeOffer).where(TimeOffer.exception_id == exception_id, _OPEN)
    ).all()
    for offer in offers:
        offer.state, offer.ended_at = OfferState.WITHDRAWN, now
    return len(offers)
