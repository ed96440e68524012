"""The list of a day's bookings, which each room gets in the morning."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.availability.schedule import day_bounds
from core.catalogue.registry import Registry
from core.db.models import OutboxRow, StaffRoom
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import OutboxMessage
from core.messaging.recipients import RoomRecipient

NOON = time(12)
LATE = timedelta(hours=1)
"""The time for which a list is sent that is due in the last hour before noon, or later."""


def due_lists(session: Session, registry: Registry, now: datetime) -> Sequence[OutboxMessage]:
    """Return the lists of today that rooms haven't been given yet and whose time has come.

    Where Rantevou didn't run at the time, they are sent until noon. A room that was bound after
    the time gets its first list on the next day.
    """
    rooms = session.execute(
        select(StaffRoom.id, StaffRoom.municipality_id, StaffRoom.account, StaffRoom.bound_at)
        .where(StaffRoom.unbound_at.is_(None))
        .order_by(StaffRoom.id)
    ).all()
    messages = []
    for room_id, municipality_id, account, bound_at in rooms:
        if municipality_id not in registry or account not in registry.accounts:
            continue
        body = registry[municipality_id].body
        at, zone = body.staff_chat.day_list_at, ZoneInfo(body.timezone)
        if at is None:
            continue
        day = now.astimezone(zone).date()
        due = datetime.combine(day, at, zone)
        last = max(datetime.combine(day, NOON, zone), due + LATE)
        if bound_at <= due <= now < last:
            recipient = RoomRecipient(room_id)
            messages.append(
                OutboxMessage(
                    account,
                    MessageKind.DAY_LIST,
                    str(recipient),
                    due,
                    Cause.day(day).dedupe_key(recipient),
                    room_id=room_id,
                    expires_at=day_bounds(day, zone)[1],
                )
            )
    keys = [message.dedupe_key for message in messages]
    known = set(session.scalars(select(OutboxRow.dedupe_key).where(OutboxRow.dedupe_key.in_(keys))))
    return [message for message in messages if message.dedupe_key not in known]
