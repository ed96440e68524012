"""The messages to rooms that a closure, an extra opening or a changed catalogue causes."""

from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import ScheduleException, StaffRoom
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue
from core.staff.alerts import to_room


def enqueue_closure(
    session: Session,
    registry: Registry,
    row: ScheduleException,
    now: datetime,
    *,
    ended: bool = False,
) -> None:
    """Enqueue that a closure or an opening was made, or has ended: to the rooms it concerns.

    Those are the rooms of its municipality, but of a desk only where it is about that desk.
    """
    rooms = _rooms_of(row.municipality_id)
    if row.desk_id is not None:
        rooms = rooms.where(or_(StaffRoom.desk_id.is_(None), StaffRoom.desk_id == row.desk_id))
    cause = Cause.closure(row.id, ended=ended)
    _enqueue(session, registry, rooms, MessageKind.CLOSURE, cause, now)


def enqueue_loaded(
    session: Session, registry: Registry, municipality_id: str, now: datetime
) -> None:
    """Enqueue that a catalogue was loaded, in whose way bookings stood: to all its rooms."""
    cause = Cause.loaded(municipality_id, now)
    rooms = _rooms_of(municipality_id)
    _enqueue(session, registry, rooms, MessageKind.CATALOGUE, cause, now)


def _rooms_of(municipality_id: str) -> Select[StaffRoom]:
    return select(StaffRoom).where(
        StaffRoom.municipality_id == municipality_id, StaffRoom.unbound_at.is_(None)
    )


def _enqueue(
    session: Session,
    registry: Registry,
    rooms: Select[StaffRoom],
    kind: MessageKind,
    cause: Cause,
    now: datetime,
) -> None:
    messages = [
        to_room(room, kind, cause, now, None)
        for room in session.scalars(rooms.order_by(StaffRoom.id))
    ]
    enqueue(session, registry.accounts, messages, now)
