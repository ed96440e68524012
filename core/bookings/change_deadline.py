"""The time until which an appointment can be changed, by the rules of its municipality."""

from datetime import datetime, timedelta

from core.catalogue.model import Municipality
from core.db.models import Booking


def changeable_until(body: Municipality, booking: Booking) -> datetime:
    """Return until when a citizen may move or cancel a booking; later, only in place of an offer.

    That is, while the office offers them another time.
    """
    return booking.starts_at - timedelta(hours=body.rules.change_deadline_hours)
