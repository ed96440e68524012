"""The outbox messages that web pages fetch, instead of being sent them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import UNSENT, Booking, Contact, Conversation, OutboxRow, OutboxStatus


def pending_for(
    session: Session, platform: str, citizen_id: int, now: datetime
) -> Sequence[OutboxRow]:
    """Return the rows of a platform that are due to a citizen, the oldest first."""
    # The rest is filtered in Python: in SQL, SQLite might scan all rows that are due to anybody.
    rows = session.scalars(
        select(OutboxRow)
        .join(Booking, OutboxRow.booking_id == Booking.id)
        .where(Booking.citizen_id == citizen_id, UNSENT)
        .order_by(OutboxRow.due_at, OutboxRow.id)
    )
    return [
        row
        for row in rows
        if (row.platform, row.status) == (platform, OutboxStatus.PENDING) and row.due_at <= now
    ]


def have_pending(
    session: Session, platform: str, conversation_ids: Collection[int], now: datetime
) -> set[int]:
    """Return the ids of those conversations to which a row of a platform is due."""
    rows = session.execute(
        select(Conversation.id, OutboxRow.platform, OutboxRow.status, OutboxRow.due_at)
        .join(Contact, Conversation.contact_id == Contact.id)
        .join(Booking, Booking.citizen_id == Contact.citizen_id)
        .join(OutboxRow, OutboxRow.booking_id == Booking.id)
        .where(Conversation.id.in_(conversation_ids), UNSENT)
    ).all()
    return {
        conversation_id
        for conversation_id, row_platform, status, due_at in rows
        if (row_platform, status) == (platform, OutboxStatus.PENDING) and due_at <= now
    }
