"""Matching what a platform reports to the outbox message it is about."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import UNSENT, Contact, OutboxRow
from core.errors import RetryTransaction
from core.messaging.keys import ContactRecipient
from core.messaging.outbox import LEASE, SENT_STATUSES

SEND_GRACE = timedelta(seconds=2)
"""How long it is waited for, to know whether a message arrived."""


def reply_was_visible(
    session: Session, inbound_id: int, in_chat: int | None, now: datetime
) -> bool:
    """Return whether our reply to a message was in the chat before what came in was written.

    Where nothing is known of it any more, it was. Raises RetryTransaction while it is being sent.
    """
    row = session.execute(
        select(OutboxRow.status, OutboxRow.attempts, OutboxRow.provider_id, OutboxRow.try_at)
        .where(OutboxRow.inbound_id == inbound_id)
        .order_by(OutboxRow.position.desc())
        .limit(1)
    ).first()
    if row is None:
        return True
    if in_chat and row.provider_id and row.provider_id.isdecimal():
        return int(row.provider_id) < in_chat
    if row.status == "claimed" and now < row.try_at - LEASE + SEND_GRACE:
        raise RetryTransaction
    # Where it may have arrived, or not, to ask again is the lesser evil.
    return row.status in SENT_STATUSES


def find_by_provider_id(
    session: Session, account: str, address: str, provider_id: str, now: datetime
) -> OutboxRow | None:
    """Return the message that has this id at the provider, locked; None where it isn't ours.

    Raises RetryTransaction while one is being sent there, for it may be that.
    """
    row = session.scalar(
        select(OutboxRow)
        .where(OutboxRow.provider_id == provider_id, OutboxRow.account == account)
        .with_for_update()
    )
    if row is None:
        contact = select(Contact.id).where(Contact.account == account, Contact.address == address)
        recipient = str(ContactRecipient(session.scalar(contact) or 0))
        claimed = select(OutboxRow.id).where(
            OutboxRow.recipient == recipient,
            UNSENT,
            OutboxRow.status == "claimed",
            OutboxRow.try_at > now + LEASE - SEND_GRACE,
        )
        if session.scalar(claimed.limit(1)):
            raise RetryTransaction
    return row
