"""The outbox messages that web pages fetch, instead of being sent them."""

import sys
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, cast, func, literal, select, union_all, update
from sqlalchemy.orm import Session

from core.db.models import (
    UNSENT,
    Booking,
    Contact,
    Conversation,
    InboundRow,
    OutboxRow,
    OutboxStatus,
)
from core.db.statements import run
from core.messaging.keys import TO_CONTACT
from core.messaging.recipients import ContactRecipient

_FETCHED = "owed "
"""The beginning of the ids of what was fetched; a citizen's message has an address first."""


_IS_FETCHED = InboundRow.message_id.startswith(_FETCHED)
_BEFORE = (
    InboundRow.conversation_id == bindparam("conversation_id"),
    InboundRow.id < bindparam("before"),
)
_LAST_MESSAGE = (
    select(func.coalesce(func.max(InboundRow.id), 0))
    .where(*_BEFORE, ~_IS_FETCHED)
    .correlate(None)
    .scalar_subquery()
)
_FETCHED_BEFORE = (
    select(InboundRow.replies, InboundRow.received_at)
    .where(*_BEFORE, _IS_FETCHED, InboundRow.id > _LAST_MESSAGE)
    .order_by(InboundRow.id)
)


def stored_message_id(row: OutboxRow) -> str:
    """Return the id under which a page's message is stored in its conversation.

    With the time, for the same row is due again when its booking was moved.
    """
    return f"{_FETCHED}{row.id} {row.due_at.isoformat()}"


def fetched_before(
    session: Session, conversation_id: int, inbound_id: int | None
) -> Sequence[tuple[list[Any], datetime]]:
    """Return the replies of what was fetched between a message, and the one before it; and when.

    None stands for a message that is still to come.
    """
    given = {"conversation_id": conversation_id, "before": inbound_id or sys.maxsize}
    rows = run(session, _FETCHED_BEFORE, given)
    return [(replies, at) for replies, at in rows if replies]


def was_fetched(session: Session, row: OutboxRow, contact_id: int, before: datetime) -> bool:
    """Return whether a page's message was fetched into a contact's conversation before a time."""
    fetched = (
        select(InboundRow.id)
        .join(Conversation, InboundRow.conversation_id == Conversation.id)
        .where(
            InboundRow.account == row.account,
            InboundRow.message_id == stored_message_id(row),
            InboundRow.received_at < before,
            Conversation.contact_id == contact_id,
        )
    )
    return session.scalar(fetched) is not None


def erase_fetched(session: Session, rows: Iterable[OutboxRow]) -> None:
    """Erase the copies of those messages that pages have fetched into their conversations."""
    fetched = [(row.account, stored_message_id(row)) for row in rows]
    for account, message_id in fetched:
        session.execute(
            update(InboundRow)
            .where(InboundRow.account == account, InboundRow.message_id == message_id)
            .values({InboundRow.replies: None})
        )


def pending_for(
    session: Session, platform: str, contact_id: int, now: datetime
) -> Sequence[OutboxRow]:
    """Return the rows about a citizen's bookings due to one of their contacts, the oldest first.

    Another page of the citizen has rows of its own.
    """
    # The rest is filtered in Python: in SQL, SQLite might scan all rows that are due to anybody.
    rows = session.scalars(
        select(OutboxRow)
        .join(Booking, OutboxRow.booking_id == Booking.id)
        .join(Contact, Contact.citizen_id == Booking.citizen_id)
        .where(Contact.id == contact_id, UNSENT)
        .order_by(OutboxRow.due_at, OutboxRow.id)
    )
    return [
        row
        for row in rows
        if row.contact_id == contact_id
        and row.kind not in TO_CONTACT
        and _is_due(row.platform, row.status, row.due_at, platform, now)
    ]


def told_to(session: Session, platform: str, contact_id: int, now: datetime) -> Sequence[OutboxRow]:
    """Return the rows that are due to a contact itself, as of a relay thread, the oldest first.

    Such as that an e-mail address is refused that they gave for another's booking, by its code.
    """
    rows = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.recipient == str(ContactRecipient(contact_id)), UNSENT)
        .order_by(OutboxRow.due_at, OutboxRow.id)
    )
    return [
        row
        for row in rows
        if row.kind in TO_CONTACT and _is_due(row.platform, row.status, row.due_at, platform, now)
    ]


def have_pending(
    session: Session, platform: str, conversation_ids: Collection[int], now: datetime
) -> set[int]:
    """Return the ids of those conversations to which a row of a platform is due."""
    # As a column: with a condition on it, PostgreSQL reads all rows that are unsent.
    is_own = (OutboxRow.contact_id == Conversation.contact_id).label("is_own")
    what = (Conversation.id, is_own, OutboxRow.platform, OutboxRow.status, OutboxRow.due_at)
    of_bookings = (
        select(*what)
        .join(Contact, Conversation.contact_id == Contact.id)
        .join(Booking, Booking.citizen_id == Contact.citizen_id)
        .join(OutboxRow, OutboxRow.booking_id == Booking.id)
        .where(Conversation.id.in_(conversation_ids), UNSENT)
    )
    recipient = literal("contact ") + cast(Conversation.contact_id, String)
    told = (
        select(*what)
        .join(OutboxRow, OutboxRow.recipient == recipient)
        .where(Conversation.id.in_(conversation_ids), UNSENT, OutboxRow.kind.in_(TO_CONTACT))
    )
    rows = session.execute(union_all(of_bookings, told)).all()
    return {
        conversation_id
        for conversation_id, is_own, row_platform, status, due_at in rows
        if is_own and _is_due(row_platform, status, due_at, platform, now)
    }


def _is_due(of: str, status: str, due_at: datetime, platform: str, now: datetime) -> bool:
    return (of, status) == (platform, OutboxStatus.PENDING) and due_at <= now
