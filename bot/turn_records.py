"""Records what a turn leaves: the inbound message, its replies and what delivers them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bot.messages import WEBCHAT, Inbound, Reply
from core.messaging import conversations, recipients
from core.messaging.conversations import StoredConversation
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import OutboxMessage
from dialogs.engine.interpreter import MAX_TEXT
from dialogs.nlu.normalize import clean


def record(
    session: Session,
    found: StoredConversation,
    inbound: Inbound,
    tapped: str | None,
    replies: Sequence[Reply],
    now: datetime,
    longest: int = MAX_TEXT,
) -> int:
    """Record a message, at most the `longest` of a page's text, and its replies; return its id."""
    stored = [reply.model_dump(mode="json", exclude_defaults=True) for reply in replies]
    # Kept only where a page shows the conversation again.
    is_shown = inbound.platform == WEBCHAT
    said = (tapped or clean(inbound.text or "")[:longest]) if is_shown else None
    return conversations.record_inbound(
        session, found, inbound.account, inbound.message_id, said, stored, now
    )


def outbox_messages(
    inbound: Inbound,
    found: StoredConversation,
    number: int,
    replies: Sequence[Reply],
    replaced: Mapping[int, int],
    now: datetime,
) -> list[OutboxMessage]:
    """Return the outbox messages of the replies to the inbound row `number`."""
    recipient = recipients.ContactRecipient(found.contact_id)
    return [
        OutboxMessage(
            inbound.account,
            MessageKind.REPLY,
            str(recipient),
            now,
            Cause.reply(number, position).dedupe_key(recipient),
            contact_id=found.contact_id,
            booking_id=reply.booking,
            inbound_id=number,
            position=position,
            replaces_id=replaced.get(position),
        )
        for position, reply in enumerate(replies)
    ]
