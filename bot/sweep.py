"""What is done again and again: expiring holds, forgetting what is no longer needed."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.logs import cause
from bot.platforms.webchat import PLATFORM
from bot.wiring import Wiring
from core.bookings import expire_lapsed
from core.locks import is_first
from core.proof import LOCKED_FOR
from core.tables import (
    OWED,
    Booking,
    Conversation,
    InboundRow,
    Outgoing,
    PromptRow,
    Waiting,
    WrongTry,
)
from dialogs.state import State

log = structlog.get_logger()

SWEEP_SECONDS = 60

BATCH = 500
"""Conversations forgotten in one transaction, for turns wait for it."""


async def sweep_forever(wiring: Wiring) -> None:
    """Do it once a minute, whatever goes wrong."""
    house, keep_replies = wiring.house, timedelta(hours=wiring.settings.keep_replies_hours)
    while True:
        try:
            swept = await wiring.database.write(
                lambda s: sweep(s, house.clock(), keep_replies, house.keep_answers)
            )
            if any(swept.values()):
                log.info("swept", **swept)
        except Exception as error:
            log.error("sweep failed", **cause(error))
        await asyncio.sleep(SWEEP_SECONDS)


def sweep(
    session: Session, now: datetime, keep_replies: timedelta, keep_answers: timedelta
) -> dict[str, int]:
    """Do it once, unless another process is at it; counts what was expired and forgotten."""
    if not is_first(session, "sweep"):
        return {}
    silent = session.scalars(
        select(Conversation).where(Conversation.forget_at < now).limit(BATCH)
    ).all()
    for conversation in silent:
        new = State.model_validate(conversation.state).emptied()
        conversation.state = new.model_dump(exclude_defaults=True)
        conversation.forget_at = None
    # What was offered may be personal too: details known from before, a booking's time.
    session.execute(delete(PromptRow).where(PromptRow.asked_at < now - keep_answers))
    owed = select(Outgoing.id).where(Outgoing.inbound_id == InboundRow.id, OWED)
    session.execute(
        delete(InboundRow).where(InboundRow.received_at < now - keep_replies, ~owed.exists())
    )
    over = select(Booking.id).where(Booking.id == Outgoing.booking_id, Booking.ends_at < now)
    session.execute(
        update(Outgoing)
        # Of those that are due, each with its booking: there are far more that aren't, or are over.
        .where(Outgoing.platform == PLATFORM, Outgoing.status == "pending", Outgoing.due_at <= now)
        .where(over.exists())
        .values(status="expired")
    )
    session.execute(delete(Waiting).where(Waiting.until < now))
    session.execute(delete(WrongTry).where(WrongTry.at < now - 2 * LOCKED_FOR))
    return {"holds": expire_lapsed(session, now), "conversations": len(silent)}
