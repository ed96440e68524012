"""Messages that come later, to a page: it fetches them, at once or on its next visit."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversation import House, opened
from bot.platforms.webchat import PLATFORM
from bot.replies import Sender
from bot.words import told
from core import conversations, outbox
from core.tables import Booking


def fetch(session: Session, house: House, sender: Sender) -> None:
    """Put what is owed to somebody into words, and into their talk; once."""
    known = opened(session, house, sender, lock=True)
    if known is None:
        return
    found, ctx = known
    for owed in outbox.due(session, PLATFORM, found.citizen_id, ctx.now):
        reply = told(ctx, owed.kind, session.get_one(Booking, owed.booking_id))
        owed.status = "delivered" if reply else "cancelled"
        if reply:
            stored = [reply.model_dump(mode="json", exclude_defaults=True)]
            # The same row is owed again when its booking was moved.
            message_id = f"owed {owed.id} {owed.due_at.isoformat()}"
            conversations.answered(
                session, found, sender.account, message_id, None, stored, ctx.now
            )


def news(
    session: Session, conversation_ids: Collection[int], now: datetime
) -> Mapping[int, tuple[int, bool]]:
    """For each of these conversations, the last number of its talk and whether more is owed."""
    numbers = conversations.last_numbers(session, conversation_ids)
    owed = outbox.owed_to(session, PLATFORM, conversation_ids, now)
    return {each: (numbers.get(each, 0), each in owed) for each in conversation_ids}
