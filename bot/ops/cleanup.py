"""The clean-up: expires holds and erases what is no longer needed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot import conversation_state
from bot.context import Services
from bot.messages import WEBCHAT
from bot.retry import repeat
from bot.telemetry.logging import cause
from core.bookings.closures.reasons import erase_reasons
from core.bookings.drop_off import End, add_ends
from core.bookings.expiry import expire_lapsed
from core.bookings.joining.requests import forget_requests as forget_join_requests
from core.bookings.limits import forget_confirmations
from core.bookings.links import forget_links
from core.bookings.lookup import forget_attempts
from core.bookings.phone_proof import forget_proofs
from core.bookings.reminder_links import forget_reminder_links
from core.db.advisory_locks import try_lock
from core.db.database import Database
from core.db.models import (
    REMINDERS,
    UNSENT,
    Booking,
    Contact,
    Conversation,
    InboundRow,
    OutboxRow,
    OutboxStatus,
    PendingInbound,
    PromptRow,
    StaffInbound,
)
from core.messaging.outbox import platform_of
from core.messaging.routes import WAITING
from core.messaging.text_budget import forget_counts
from core.staff import relay_upkeep
from core.staff.api_requests import forget_requests
from core.staff.codes import forget_codes
from core.staff.questions import close_old
from dialogs.booking.dialog import BOOK
from dialogs.booking.ended import reached

log = structlog.get_logger()

CLEANUP_SECONDS = 60

BATCH = 500
"""The most conversations that one transaction resets: turns wait for it."""


async def clean_up_forever(database: Database, services: Services, keep_replies: timedelta) -> None:
    """Clean up once a minute until cancelled; an error is logged and ends nothing."""

    def run(session: Session) -> dict[str, int]:
        now = services.clock()
        services.registry.refresh(session)
        close_old(session, services.registry, now)
        relay_upkeep.maintain(session, services.registry, now, WEBCHAT)
        return clean_up(session, now, keep_replies, services.keep_answers)

    async def once() -> None:
        done = await database.write(run)
        if any(done.values()):
            log.info("swept", **done)

    def report(error: Exception) -> None:
        log.error("sweep failed", **cause(error))

    await repeat(once, report, every=CLEANUP_SECONDS, after_error=CLEANUP_SECONDS)


def clean_up(
    session: Session, now: datetime, keep_replies: timedelta, keep_answers: timedelta
) -> dict[str, int]:
    """Clean up once, unless another process does; return how many holds and conversations."""
    if not try_lock(session, "sweep"):
        return {}
    idle = session.scalars(
        select(Conversation).where(Conversation.forget_at < now).limit(BATCH)
    ).all()
    _count_ends(session, idle, keep_answers)
    for conversation in idle:
        conversation.state = conversation_state.reset(conversation.state)
        conversation.forget_at = None
    if idle:
        ids = [conversation.id for conversation in idle]
        session.execute(delete(PromptRow).where(PromptRow.conversation_id.in_(ids)))
        # A number that was proven long ago may have another owner since.
        contacts = Contact.id.in_([conversation.contact_id for conversation in idle])
        session.execute(update(Contact).where(contacts).values(proven_phone=None))
    # Offered choices may hold personal data too: details known from before, a booking's time.
    session.execute(delete(PromptRow).where(PromptRow.asked_at < now - keep_answers))
    unsent = select(OutboxRow.id).where(OutboxRow.inbound_id == InboundRow.id, UNSENT)
    session.execute(
        delete(InboundRow).where(InboundRow.received_at < now - keep_replies, ~unsent.exists())
    )
    # What staff were answered may name a closure's reason, who is ill.
    of_staff = now - min(keep_replies, relay_upkeep.KEPT_FOR)
    session.execute(delete(StaffInbound).where(StaffInbound.received_at < of_staff))
    # A subquery of each row, not a join, for which PostgreSQL would read all past bookings.
    end = select(Booking.ends_at).where(Booking.id == OutboxRow.booking_id).scalar_subquery()
    session.execute(
        update(OutboxRow)
        # By the expiry, no later than the end: most of those that are due are not over.
        .where(
            OutboxRow.platform.in_((*WAITING, REMINDERS)),
            OutboxRow.status == OutboxStatus.PENDING,
            OutboxRow.expires_at <= now,
        )
        .where(end < now)
        .values(status=OutboxStatus.EXPIRED)
    )
    session.execute(delete(PendingInbound).where(PendingInbound.until < now))
    forget_attempts(session, now)
    forget_confirmations(session, now)
    forget_codes(session, now)
    erase_reasons(session, now)
    forget_requests(session, now)
    forget_links(session, now)
    forget_reminder_links(session, now)
    forget_join_requests(session, now)
    forget_counts(session, now)
    forget_proofs(session, now)
    return {"holds": expire_lapsed(session, now), "conversations": len(idle)}


def _count_ends(session: Session, idle: Sequence[Conversation], keep_answers: timedelta) -> None:
    """Count the booking dialogs that end now, at the time when their citizens last wrote."""
    contacts = {conversation.contact_id for conversation in idle}
    query = select(Contact.id, Contact.account).where(Contact.id.in_(contacts))
    accounts = {row[0]: row[1] for row in session.execute(query)} if idle else {}
    ends = []
    for conversation in idle:
        state, _transport = conversation_state.load(conversation.state, "", "")
        end = reached(state) if state.dialog == BOOK.name else None
        if end and conversation.forget_at:
            platform = platform_of(accounts[conversation.contact_id])
            at = conversation.forget_at - keep_answers
            ends.append(End(end.municipality_id, platform, at, end.step, end.answered, False))
    add_ends(session, ends)
