"""The lists of the day's bookings, which staff get in the morning."""

from collections.abc import Sequence
from functools import partial

import structlog
from sqlalchemy.orm import Session

from bot.context import Services
from bot.retry import repeat
from bot.telemetry.logging import cause
from core.db.database import Database
from core.messaging.outbox import OutboxMessage, enqueue
from core.staff.day_lists import due_lists

log = structlog.get_logger()

LOOK_SECONDS = 60

PORTION = 50
"""The most lists that one transaction enqueues: turns wait for it."""


async def list_days_forever(database: Database, services: Services) -> None:
    """Enqueue the lists when their time has come, until cancelled; an error ends nothing."""

    def report(error: Exception) -> None:
        log.error("listing the day failed", **cause(error))

    await repeat(
        lambda: enqueue_lists(database, services),
        report,
        every=LOOK_SECONDS,
        after_error=LOOK_SECONDS,
    )


async def enqueue_lists(database: Database, services: Services) -> None:
    """Enqueue the lists that are due; each room gets one a day, whichever process does it."""
    now, registry = services.clock(), services.registry

    def look(session: Session) -> Sequence[OutboxMessage]:
        registry.refresh_without_lock(session)
        return due_lists(session, registry, now)

    lists = await database.read(look)
    for first in range(0, len(lists), PORTION):
        portion = lists[first : first + PORTION]
        await database.write(
            partial(enqueue, accounts=registry.accounts, messages=portion, now=now)
        )
