"""Keeping what the citizen of a booking says on the page of its link, which needs no chat."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from sqlalchemy.orm import Session

from core.bookings.links import linked_booking
from core.bookings.visits import documents_key, set_ready, will_come
from core.catalogue.registry import Registry
from core.errors import BookingRefused


def come_by_link(session: Session, token: str, shown: int, now: datetime) -> None:
    """Keep that the citizen comes to a link's appointment, where it begins when they were shown.

    `shown` is that time in seconds since 1970. Nothing is kept of an appointment that was moved
    meanwhile, cancelled, or is over.
    """
    booking = linked_booking(session, token)
    if booking is None or int(booking.starts_at.timestamp()) != shown or booking.coming_at:
        return
    with suppress(BookingRefused):
        will_come(booking, now)


def tick_by_link(
    session: Session,
    registry: Registry,
    token: str,
    was_ready: Collection[str],
    ready: Collection[str],
    now: datetime,
) -> bool:
    """Keep with a link's appointment which documents are ready, by their keys.

    Only what the citizen has changed is kept: `was_ready` are those that the page showed as ready,
    `ready` those that are ticked now. The others may have been ticked elsewhere meanwhile. Return
    whether a link has that token. Raises BookingRefused where the appointment is over.
    """
    booking = linked_booking(session, token)
    if booking is None:
        return False
    registry.refresh(session)
    service = registry[booking.municipality_id].body.services.get(booking.service)
    for document in service.documents if service else ():
        key = documents_key([document])
        if (key in ready) != (key in was_ready):
            set_ready(booking, [document], now, ready=key in ready)
    return True
