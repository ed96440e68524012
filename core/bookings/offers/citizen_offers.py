"""The offers of other times to the citizen who chats, for one turn."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.offers import service, told
from core.bookings.offers.ends import can_be_answered, open_offer
from core.db.models import Booking, TimeOffer


class CitizenOffers:
    """The offers for the bookings of a citizen; `came` is when their message arrived."""

    def __init__(self, session: Session, now: datetime, actor: Actor, came: datetime) -> None:
        self._session, self._now, self._actor, self._came = session, now, actor, came

    def find(self, offer_id: int) -> TimeOffer | None:
        """Return the offer of an id for a booking of the citizen; None where theirs has none."""
        offer = self._session.get(TimeOffer, offer_id)
        if offer is None or self.booking_of(offer).citizen_id != self._actor.citizen_id:
            return None
        return offer

    def made(self, booking: Booking) -> TimeOffer | None:
        """Return the offer that can be accepted for a booking."""
        offer = open_offer(self._session, booking.id)
        return offer if offer and can_be_answered(offer, self._now) else None

    def latest(self, booking: Booking) -> TimeOffer | None:
        """Return the last offer for a booking, whatever has become of it."""
        return service.latest_offer(self._session, booking.id)

    def was_told(self, offer: TimeOffer, *, last: bool = False) -> bool:
        """Return whether this chat was told of an offer, `last` of all, before this message."""
        contact_id = self._actor.contact_id
        was_told = told.was_told_last if last else told.was_told_to
        return was_told(self._session, offer, contact_id, self._came) if contact_id else False

    def was_told_any_way(self, offer: TimeOffer) -> bool:
        """Return whether the citizen was told of an offer before this message, in any way."""
        contact_id = self._actor.contact_id
        if not contact_id:
            return False
        return told.was_told_any_way(self._session, offer, contact_id, self._came)

    def booking_of(self, offer: TimeOffer) -> Booking:
        """Return the booking for which another time is offered."""
        return self._session.get_one(Booking, offer.booking_id)

    def hold_of(self, offer: TimeOffer) -> Booking | None:
        """Return the hold of the time that is offered; None where it was never made."""
        return service.hold_of(self._session, offer)

    def reason_of(self, offer: TimeOffer) -> str | None:
        """Return the reason of the closure for which another time is offered, if there is one."""
        return service.reason_of(self._session, offer)
