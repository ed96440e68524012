"""Notifications that a chat fetches: a page while it is open, or on the next visit; a terminal."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bot.context import Services, load_conversation
from bot.messages import WEBCHAT, Reply, Sender
from bot.views.joining import render_joining
from bot.views.notification import Offers, render_notification
from bot.views.relay import render_to_citizen
from core.bookings.offers.ends import open_offers
from core.db.models import Booking, OutboxRow, OutboxStatus
from core.messaging import conversations, page_inbox
from core.messaging.conversations import StoredConversation
from core.messaging.keys import OF_JOINING, RELAYED_TO_CITIZEN


def fetch(session: Session, services: Services, sender: Sender) -> list[Reply]:
    """Add the messages due to a sender to their conversation, each once; return them."""
    loaded = load_conversation(session, services, sender, lock=True)
    if loaded is None:
        return []
    found, now = loaded.found, services.clock()
    rows = [
        *page_inbox.pending_for(session, sender.platform, found.contact_id, now),
        *page_inbox.told_to(session, sender.platform, found.contact_id, now),
    ]
    due = sorted(rows, key=lambda row: (row.due_at, row.id))
    offers = open_offers(session, {row.booking_id for row in due if row.booking_id})
    added = [_add(session, services, found, sender, each, offers) for each in due]
    return [reply for reply in added if reply]


def fetched_for(
    session: Session, services: Services, sender: Sender, message_id: str
) -> tuple[list[Reply], datetime | None, bool]:
    """Return what was fetched since the message before this one, when, and whether to fetch more.

    The answer that had it may be lost, or have failed. To a message that came before, nothing else
    is told now than then.
    """
    found = conversations.find(session, sender.account, sender.address, message_id)
    if found is None:
        return [], None, False
    stored = page_inbox.fetched_before(session, found.id, found.inbound_id)
    told = [Reply.model_validate(reply) for replies, _at in stored for reply in replies]
    due = not found.inbound_id and page_inbox.have_pending(
        session, WEBCHAT, [found.id], services.clock()
    )
    return told, stored[0][1] if stored else None, bool(due)


def _add(
    session: Session,
    services: Services,
    found: StoredConversation,
    sender: Sender,
    due: OutboxRow,
    offers: Offers,
) -> Reply | None:
    """Add a message that is due to a conversation; return it, None where it is obsolete.

    The open question stays as it is: its citizen may be writing the answer just now.
    """
    if due.kind in RELAYED_TO_CITIZEN:
        reply = render_to_citizen(session, services, due, found.language)
    elif due.kind in OF_JOINING:
        reply = render_joining(session, services, due, found.language)
    else:
        booking = session.get_one(Booking, due.booking_id)
        reply = render_notification(
            session, services, due, booking, found.language, found.timezone, offers=offers
        )
    due.status = OutboxStatus.DELIVERED if reply else OutboxStatus.CANCELLED
    if reply:
        stored = [reply.model_dump(mode="json", exclude_defaults=True)]
        message_id = page_inbox.stored_message_id(due)
        now = services.clock()
        conversations.record_inbound(session, found, sender.account, message_id, None, stored, now)
    return reply


def pending_news(
    session: Session, conversation_ids: Collection[int], now: datetime
) -> Mapping[int, tuple[int, bool]]:
    """Return the last entry's number of each conversation, and whether more is due to it.

    One that was ended isn't in it.
    """
    numbers = conversations.last_inbound_ids(session, conversation_ids)
    pending = page_inbox.have_pending(session, WEBCHAT, conversation_ids, now)
    # Ending a conversation erases its entries, so that few have to be looked at.
    silent = [each for each in conversation_ids if each not in numbers]
    ended = conversations.ended_among(session, silent) if silent else set()
    return {
        each: (numbers.get(each, 0), each in pending)
        for each in conversation_ids
        if each not in ended
    }
