"""The outbox messages that web pages fetch."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Booking, Contact, Conversation, OutboxRow, OutboxStatus


def pending_for(
    session: Session, platform: str, citizen_id: int, now: datetime
) -> Sequence[OutboxRow]:
    """Return the rows due to a citizen on a platform that fetches its messages, oldest first."""
    # Filtered in Python: in SQL, SQLite might scan all rows that are due to anybody.
    theirs = session.scalars(
        select(OutboxRow)
        .join(Booking, OutboxRow.booking_id == Booking.id)
        .where(Booking.citizen_id == citizen_id)
        .order_by(OutboxRow.due_at, OutboxRow.id)
    )
    return [
        row
        for row in theirs
        if (row.platform, row.status) == (platform, OutboxStatus.PENDING) and row.due_at <= now
    ]


def have_pending(
    session: Session, platform: str, conversation_ids: Collection[int], now: datetime
) -> set[int]:
    """Return which of these conversations have such a row."""
    theirs = session.execute(
        select(Conversation.id, OutboxRow.platform, OutboxRow.status, OutboxRow.due_at)
        .join(Contact, Conversation.contact_id == Contact.id)
        .join(Booking, Booking.citizen_id == Contact.citizen_id)
        .join(OutboxRow, OutboxRow.booking_id == Booking.id)
        .where(Conversation.id.in_(conversation_ids))
    ).all()
    return {
        each
        for each, where, status, due_at in theirs
        if (where, status) == (platform, OutboxStatus.PENDING) and due_at <= now
    }
