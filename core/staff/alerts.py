"""Alerts: the messages to rooms of staff that a change to a booking causes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import Booking, History, HistoryAction, OutboxRow, StaffRoom
from core.messaging.keys import Cause, MessageKind, RoomRecipient
from core.messaging.outbox import OutboxMessage, enqueue

TOLD = frozenset(
    {
        HistoryAction.CONFIRMED,
        HistoryAction.MOVED,
        HistoryAction.EDITED,
        HistoryAction.CANCELLED,
        HistoryAction.CONSENT_WITHDRAWN,
    }
)
"""The changes of which rooms are told; others are only shown in the alert sent before."""


def enqueue_alerts(
    session: Session, registry: Registry, booking: Booking, change: History, now: datetime
) -> None:
    """Enqueue the alerts of a change: to the rooms that it is for, and to those told before."""
    messages: list[OutboxMessage] = []
    for room, first in _rooms(session, registry, booking):
        if change.action in TOLD:
            cause = Cause.change(change.id)
            alert = to_room(room, MessageKind.ALERT, cause, now, booking)
            messages.append(replace(alert, change_id=change.id))
        if first is not None:
            cause = Cause.edit(change.id)
            edit = to_room(room, MessageKind.ALERT_EDIT, cause, now, booking)
            messages.append(replace(edit, change_id=change.id, replaces_id=first))
    enqueue(session, registry.accounts, messages, now)


def enqueue_edits(
    session: Session,
    registry: Registry,
    booking: Booking,
    cause: Cause,
    now: datetime,
    only: int | None = None,
) -> None:
    """Enqueue edits that show a booking as it is, in the rooms told of it; in `only` one of them.

    For what is no change to the booking: it was seen, or an alert shows what isn't so any more.
    """
    messages = [
        replace(to_room(room, MessageKind.ALERT_EDIT, cause, now, booking), replaces_id=first)
        for room, first in _rooms(session, registry, booking)
        if first is not None and only in (None, room.id)
    ]
    enqueue(session, registry.accounts, messages, now)


def to_room(
    room: StaffRoom, kind: MessageKind, cause: Cause, due_at: datetime, booking: Booking | None
) -> OutboxMessage:
    """Return a message to a room, with the dedupe key of its cause."""
    recipient = RoomRecipient(room.id)
    return OutboxMessage(
        room.account,
        kind,
        str(recipient),
        due_at,
        cause.dedupe_key(recipient),
        booking_id=None if booking is None else booking.id,
        room_id=room.id,
    )


def _rooms(
    session: Session, registry: Registry, booking: Booking
) -> Sequence[tuple[StaffRoom, int | None]]:
    """Return the rooms of a booking, each with its first alert of it, if there was one.

    Those are the rooms of its municipality, service group and desk, and the rooms told before,
    when it was at another desk.
    """
    first = (
        select(func.min(OutboxRow.id))
        .where(
            OutboxRow.booking_id == booking.id,
            OutboxRow.kind == MessageKind.ALERT,
            OutboxRow.room_id == StaffRoom.id,
        )
        .scalar_subquery()
    )
    group = registry[booking.municipality_id].body.group_of(booking.service)
    of_all = and_(StaffRoom.service_group.is_(None), StaffRoom.desk_id.is_(None))
    rows = session.execute(
        select(StaffRoom, first)
        .where(
            StaffRoom.municipality_id == booking.municipality_id,
            StaffRoom.unbound_at.is_(None),
            or_(
                of_all,
                StaffRoom.service_group == group,
                StaffRoom.desk_id == booking.desk_id,
                first.is_not(None),
            ),
        )
        .order_by(StaffRoom.id)
    )
    return [(room, alert) for room, alert in rows]
