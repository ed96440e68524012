"""The messages to rooms that a closure or an extra opening causes."""

from datetime import datetime

from sqlalchemy import or_, select
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
    rooms = select(StaffRoom).where(
        StaffRoom.municipality_id == row.municipality_id, StaffRoom.unbound_at.is_(None)
    )
    if row.desk_id is not None:
        rooms = rooms.where(or_(StaffRoom.desk_id.is_(None), StaffRoom.desk_id == row.desk_id))
    cause = Cause.closure(row.id, ended=ended)
    messages = [
        to_room(room, MessageKind.CLOSURE, cause, now, None)
        for room in session.scalars(rooms.order_by(StaffRoom.id))
    ]
    enqueue(session, registry.accounts, messages, now)
