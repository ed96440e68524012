"""New codes for the bookings of chats that are parted.

While they were joined, each showed the codes and telephone numbers of the other's bookings: these
two open and cancel a booking from any chat, so that without new codes parting would end nothing.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bookings.joining.requests import Choose
from core.bookings.service import unused_code
from core.catalogue.registry import Registry
from core.db.models import Booking, BookingState, CodeRequest
from core.messaging.keys import Cause
from core.messaging.routes import text_routes
from core.staff.alerts import enqueue_edits


def renew_codes(
    session: Session, registry: Registry, citizens: Collection[int], now: datetime, choose: Choose
) -> None:
    """Give the upcoming bookings of these citizens, who were one, new codes.

    The alerts of them show these; the e-mail addresses of the bookings, or the numbers to which
    texts about them go, are sent them as if they had been asked for.
    """
    bookings = session.scalars(
        select(Booking)
        .where(
            Booking.citizen_id.in_(citizens),
            Booking.state == BookingState.CONFIRMED,
            Booking.ends_at > now,
        )
        .order_by(Booking.id)
        .execution_options(populate_existing=True)
    ).all()
    for booking in bookings:
        booking.code = unused_code(session, choose)
        enqueue_edits(session, registry, booking, Cause.new_code(booking.id, now), now)
    addresses = dict.fromkeys(
        each.email_hash or each.phone_hash
        for each in bookings
        if each.email_hash or text_routes(session, registry, each)
    )
    session.add_all(CodeRequest(hashed=each, asked_at=now) for each in addresses if each)
    session.flush()
