"""What is done again and again: expiring holds, forgetting what is no longer needed."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot import conversation_state
from bot.bootstrap import Application
from bot.messages import WEBCHAT
from bot.telemetry.logging import cause
from core.bookings.expiry import expire_lapsed
from core.bookings.lookup import LOCKED_FOR
from core.db.advisory_locks import try_lock
from core.db.models import (
    UNSENT,
    Booking,
    Conversation,
    FailedAttempt,
    InboundRow,
    OutboxRow,
    PendingInbound,
    PromptRow,
)

log = structlog.get_logger()

CLEANUP_SECONDS = 60

BATCH = 500
"""Conversations forgotten in one transaction, for turns wait for it."""


async def clean_up_forever(application: Application) -> None:
    """Do it once a minute, whatever goes wrong."""
    services, keep_replies = (
        application.services,
        timedelta(hours=application.settings.keep_replies_hours),
    )
    while True:
        try:
            swept = await application.database.write(
                lambda s: clean_up(s, services.clock(), keep_replies, services.keep_answers)
            )
            if any(swept.values()):
                log.info("swept", **swept)
        except Exception as error:
            log.error("sweep failed", **cause(error))
        await asyncio.sleep(CLEANUP_SECONDS)


def clean_up(
    session: Session, now: datetime, keep_replies: timedelta, keep_answers: timedelta
) -> dict[str, int]:
    """Do it once, unless another process is at it; counts what was expired and forgotten."""
    if not try_lock(session, "sweep"):
        return {}
    silent = session.scalars(
        select(Conversation).where(Conversation.forget_at < now).limit(BATCH)
    ).all()
    for conversation in silent:
        conversation.state = conversation_state.reset(conversation.state)
        conversation.forget_at = None
    # What was offered may be personal too: details known from before, a booking's time.
    session.execute(delete(PromptRow).where(PromptRow.asked_at < now - keep_answers))
    owed = select(OutboxRow.id).where(OutboxRow.inbound_id == InboundRow.id, UNSENT)
    session.execute(
        delete(InboundRow).where(InboundRow.received_at < now - keep_replies, ~owed.exists())
    )
    over = select(Booking.id).where(Booking.id == OutboxRow.booking_id, Booking.ends_at < now)
    session.execute(
        update(OutboxRow)
        # Of those that are due, each with its booking: there are far more that aren't, or are over.
        .where(
            OutboxRow.platform == WEBCHAT, OutboxRow.status == "pending", OutboxRow.due_at <= now
        )
        .where(over.exists())
        .values(status="expired")
    )
    session.execute(delete(PendingInbound).where(PendingInbound.until < now))
    session.execute(delete(FailedAttempt).where(FailedAttempt.at < now - 2 * LOCKED_FOR))
    return {"holds": expire_lapsed(session, now), "conversations": len(silent)}
