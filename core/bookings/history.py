"""The history of bookings: who changed what, when."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Actor
from core.db.events import record_event
from core.db.models import Booking, History, HistoryAction


def record_change(
    session: Session,
    booking: Booking,
    action: HistoryAction,
    now: datetime,
    actor: Actor,
    fields: Iterable[str] = (),
) -> History:
    """Store a change in a booking's history; `fields` are the names of what was changed."""
    session.flush()
    change = History(
        booking_id=booking.id,
        at=now,
        action=action,
        fields=list(fields),
        citizen_id=actor.citizen_id,
        platform=actor.platform,
    )
    session.add(change)
    session.flush()
    record_event(session, "booking", action)
    return change
