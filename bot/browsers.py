"""Uniting the conversations of one browser, which former revisions kept apart by page."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Sender
from bot.turn import forget
from core.db.models import (
    UNSENT,
    Booking,
    Contact,
    Conversation,
    InboundRow,
    OutboxRow,
    OutboxStatus,
)
from core.errors import RetryTransaction
from core.messaging import conversations
from core.messaging.conversations import StoredConversation
from core.messaging.keys import Cause
from core.messaging.recipients import ContactRecipient

LONG_AGO = datetime.fromtimestamp(0, UTC)


def unite(session: Session, services: Services, senders: Sequence[Sender]) -> bool:
    """Keep the newest conversation of these senders, as the first one's; end the others.

    The bookings of the others become its citizen's. What was said in them is erased, and their
    own senders find nothing any more. Known details aren't joined: a cookie may be another's.
    Return whether there was any. Raises RetryTransaction.
    """
    if conversations.has_ended(session, senders[0].account, senders[0].address):
        return False  # its address is nobody's any more; the others wait for the next one
    found = {}
    for sender in senders:
        if stored := conversations.find(session, sender.account, sender.address, lock=True):
            found[stored.id] = (stored, sender)
    if not found:
        return False
    newest = max(found, key=_last_used(session, list(found)).__getitem__)
    kept, sender = found.pop(newest)
    for stored, other in found.values():
        # Before the conversation ends, which cancels the reminders of its own citizen.
        session.execute(
            update(Booking)
            .where(
                Booking.citizen_id == stored.citizen_id,
                # Those of a chat on another platform that is joined with it stay there.
                or_(Booking.contact_id == stored.contact_id, Booking.contact_id.is_(None)),
            )
            .values(
                citizen_id=kept.citizen_id,
                contact_id=kept.contact_id,
                version=Booking.version + 1,
            )
        )
        _hand_over(session, stored, kept)
        forget(session, services, other)  # releases its hold
        # A message that comes again isn't one of the kept conversation's, and is no double.
        session.execute(
            update(InboundRow)
            .where(InboundRow.conversation_id == stored.id)
            .values(message_id=InboundRow.message_id + " joined")
        )
        if contact := session.get(Contact, stored.contact_id):
            contact.move_to(services.registry.keyed_hash(f"joined {contact.id}"))
    session.flush()  # the first one's address may be another's until now
    contact = session.get_one(Contact, kept.contact_id, populate_existing=True)
    if contact.address != sender.address:
        raise RetryTransaction  # another page of the same browser has just joined it
    contact.move_to(senders[0].address)
    return True


def _hand_over(session: Session, ended: StoredConversation, kept: StoredConversation) -> None:
    """Give the kept page the messages that wait for the ended one about its bookings.

    One that the kept page gets in any case, as a page of the same citizen, is cancelled.
    """
    recipient = ContactRecipient(kept.contact_id)
    rows = session.scalars(
        select(OutboxRow)
        .join(Booking, OutboxRow.booking_id == Booking.id)
        .where(
            Booking.citizen_id == kept.citizen_id,
            OutboxRow.contact_id == ended.contact_id,
            UNSENT,
        )
    ).all()
    for row in rows:
        key = Cause.parse(row.dedupe_key, row.recipient).dedupe_key(recipient)
        if session.scalar(select(OutboxRow.id).where(OutboxRow.dedupe_key == key)):
            row.status = OutboxStatus.CANCELLED
        else:
            row.contact_id, row.recipient, row.dedupe_key = kept.contact_id, str(recipient), key
    session.flush()


def _last_used(
    session: Session, conversation_ids: Sequence[int]
) -> dict[int, tuple[datetime, int]]:
    """Return when each conversation's answers are to be erased, and its last message's number."""
    rows = session.execute(
        select(Conversation.id, Conversation.forget_at, func.max(InboundRow.id))
        .outerjoin(InboundRow, InboundRow.conversation_id == Conversation.id)
        .where(Conversation.id.in_(conversation_ids))
        .group_by(Conversation.id, Conversation.forget_at)
    )
    return {row[0]: (row[1] or LONG_AGO, row[2] or 0) for row in rows}
