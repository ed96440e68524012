"""The lists of the day's bookings, which staff get in the morning."""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bot.context import Services
from bot.retry import repeat
from bot.telemetry.logging import cause
from core.catalogue.registry import Registry
from core.db.database import Database
from core.messaging.outbox import enqueue
from core.staff.day_lists import due_lists

log = structlog.get_logger()

LOOK_SECONDS = 60


async def list_days_forever(database: Database, services: Services) -> None:
    """Enqueue the lists when their time has come, until cancelled; an error ends nothing."""

    async def once() -> None:
        now, registry = services.clock(), services.registry
        if await database.read(lambda s: is_list_due(s, registry, now)):
            await database.write(lambda s: enqueue_lists(s, registry, now))

    def report(error: Exception) -> None:
        log.error("listing the day failed", **cause(error))

    await repeat(once, report, every=LOOK_SECONDS, after_error=LOOK_SECONDS)


def is_list_due(session: Session, registry: Registry, now: datetime) -> bool:
    """Return whether the list of any room is due: a quick check, which blocks no writer."""
    registry.refresh_without_lock(session)
    return bool(due_lists(session, registry, now))


def enqueue_lists(session: Session, registry: Registry, now: datetime) -> None:
    """Enqueue the lists that are due; each room gets one a day, whichever process does it."""
    registry.refresh(session)
    enqueue(session, registry.accounts, due_lists(session, registry, now), now)
