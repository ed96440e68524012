"""Renders the messages of offers of another time, with the citizen's buttons."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.replies import build_reply
from core.bookings.offers.ends import moved_since
from core.bookings.offers.service import hold_of, latest_offer, reason_of
from core.bookings.offers.told import knows_otherwise, lost_hold, was_sent
from core.db.models import Booking, TimeOffer
from core.messaging.keys import MessageKind
from dialogs.messages.time_offer import Offered, offer_message

_ENDED = (MessageKind.NO_TIME_FREE, MessageKind.OFFER_EXPIRED)
"""The messages that an offer led to nothing; they are obsolete once its booking is moved."""


def render_offer(
    session: Session,
    services: Services,
    kind: MessageKind,
    offer_id: int,
    recipient: str,
    booking: Booking,
    language: str,
    timezone: str,
    to_attendee: bool,
) -> Reply | None:
    """Return a message about an offer, as it is now; None where it, or the offer, is obsolete."""
    offer = latest_offer(session, booking.id)
    loaded = services.registry[booking.municipality_id]
    if offer is None or offer.id != offer_id or not loaded.has(booking.service, booking.branch):
        return None
    hold = hold_of(session, offer)
    if kind is MessageKind.OFFER_WITHDRAWN:
        if not knows_otherwise(session, offer):
            return None
        hold = hold if was_sent(session, offer) else None
    elif kind in _ENDED and _was_moved_since(session, offer):
        return None  # it would say that the booking's new time can't be kept
    said = offer_message(
        loaded,
        kind,
        booking,
        Offered(
            offer,
            hold,
            reason_of(session, offer),
            lost_hold(session, offer),
            was_shown=was_sent(session, offer, recipient),
        ),
        ZoneInfo(timezone),
        services.clock(),
        to_attendee=to_attendee,
    )
    return build_reply(services.texts, [said], language) if said else None


def _was_moved_since(session: Session, offer: TimeOffer) -> bool:
    """Return whether the booking of an offer was moved after the offer ended."""
    if offer.ended_at is None:
        return False
    return session.scalar(moved_since(offer.booking_id, offer.ended_at).limit(1)) is not None
