"""Finding whether a message has arrived, and the message that a receipt is about."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, auto

from sqlalchemy import ColumnElement, TextClause, select
from sqlalchemy.orm import Session

from core.db.models import (
    UNSENT,
    Booking,
    Contact,
    InboundRow,
    OutboxRow,
    OutboxStatus,
    address_key,
)
from core.errors import RetryTransaction
from core.messaging.outbox import LEASE, SENT_STATUSES, platform_of
from core.messaging.recipients import ContactRecipient
from core.messaging.routes import ADDRESS_FIELDS

SEND_GRACE = timedelta(seconds=2)
"""The time after which the outcome of a message that is being sent counts as unknown."""


class Visibility(StrEnum):
    """Visibility of a reply when the next message was written, as far as is known."""

    SHOWN = auto()
    HIDDEN = auto()
    IN_DOUBT = auto()


def reply_visibility(
    session: Session, inbound_id: int, chat_sequence: int | None, now: datetime
) -> Visibility:
    """Return whether the reply to a message was visible when the next message was written.

    `chat_sequence` is the next message's number, where the platform numbers both sides' messages.
    A reply that is no longer stored counts as shown. Raises RetryTransaction while it is sent.
    """
    row = session.execute(
        select(
            OutboxRow.status, OutboxRow.provider_id, OutboxRow.try_at, OutboxRow.may_have_arrived
        )
        .where(OutboxRow.inbound_id == inbound_id)
        .order_by(OutboxRow.position.desc())
        .limit(1)
    ).first()
    if row is None:
        return Visibility.SHOWN
    if chat_sequence and row.provider_id and row.provider_id.isdecimal():
        return Visibility.SHOWN if int(row.provider_id) < chat_sequence else Visibility.HIDDEN
    if row.status == OutboxStatus.CLAIMED and now < row.try_at - LEASE + SEND_GRACE:
        raise RetryTransaction
    if row.status in SENT_STATUSES:
        return Visibility.SHOWN
    doubtful = row.status in (OutboxStatus.CLAIMED, OutboxStatus.UNKNOWN) or row.may_have_arrived
    return Visibility.IN_DOUBT if doubtful else Visibility.HIDDEN


def has_later_reply(session: Session, row: OutboxRow) -> bool:
    """Return whether a later message of the citizen was replied to."""
    asked = select(InboundRow.conversation_id).where(InboundRow.id == row.inbound_id)
    later = (
        select(OutboxRow.id)
        .join(InboundRow, OutboxRow.inbound_id == InboundRow.id)
        .where(
            InboundRow.conversation_id == asked.scalar_subquery(), InboundRow.id > row.inbound_id
        )
    )
    return session.scalar(later.limit(1)) is not None


def find_by_provider_id(
    session: Session, account: str, address: str, provider_id: str, now: datetime
) -> OutboxRow | None:
    """Return the row with a provider's message id, locked; None where there is none.

    Raises RetryTransaction while a message is being sent to the address: the id may be its.
    """
    row = session.scalar(
        select(OutboxRow)
        .where(OutboxRow.provider_id == provider_id, OutboxRow.account == account)
        .with_for_update()
    )
    if row is None:
        contact = select(Contact.id).where(
            Contact.account == account, Contact.address_hash == address_key(account, address)
        )
        recipient = str(ContactRecipient(session.scalar(contact) or 0))
        claimed = select(OutboxRow.id).where(OutboxRow.recipient == recipient, *_being_sent(now))
        if session.scalar(claimed.limit(1)) or address in _attendees(session, account, now):
            raise RetryTransaction
    return row


def find_call(
    session: Session, account: str, row_id: int, call_id: str, now: datetime
) -> OutboxRow | None:
    """Return the row that a call of ours tells, locked; None where that isn't its last call.

    Where the answer to a call was lost, and its id with it, it is any. Raises RetryTransaction
    while a call of it is being made: the id may be that one's.
    """
    row = session.get(OutboxRow, row_id, with_for_update=True)
    if row is None or row.account != account:
        return None
    is_lost = row.provider_id is None and row.status == OutboxStatus.PENDING
    if row.provider_id == call_id or is_lost:
        return row
    if row.status == OutboxStatus.CLAIMED and row.try_at > now + LEASE - SEND_GRACE:
        raise RetryTransaction
    return None


def _being_sent(now: datetime) -> Sequence[ColumnElement[bool] | TextClause]:
    """Return the conditions of a message that is being sent since a moment ago."""
    return (
        UNSENT,
        OutboxRow.status == OutboxStatus.CLAIMED,
        OutboxRow.try_at > now + LEASE - SEND_GRACE,
    )


def _attendees(session: Session, account: str, now: datetime) -> set[str | None]:
    """Return the addresses of attendees to which an account is sending."""
    field = ADDRESS_FIELDS.get(platform_of(account))
    if field is None:
        return set()
    sending = (
        select(Booking)
        .join(OutboxRow, OutboxRow.booking_id == Booking.id)
        .where(OutboxRow.account == account, OutboxRow.contact_id.is_(None), *_being_sent(now))
    )
    return {booking.details.get(field) for booking in session.scalars(sending)}


def provider_id_of(session: Session, row_id: int | None) -> str | None:
    """Return the platform's id of a message that was sent; None for no message, or another."""
    if row_id is None:
        return None
    return session.scalar(select(OutboxRow.provider_id).where(OutboxRow.id == row_id))
