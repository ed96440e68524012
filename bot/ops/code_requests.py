"""The answers to requests for lost codes."""

import structlog
from sqlalchemy.orm import Session

from bot.context import Services
from bot.retry import repeat
from bot.telemetry.logging import cause
from core.bookings.lost_codes import has_requests, send_codes
from core.db.database import Database

log = structlog.get_logger()

LOOK_SECONDS = 3.0
"""The interval at which requests are looked for. None is answered in the turn that made it: that
would take longer where there is an appointment."""


async def send_codes_forever(database: Database, services: Services) -> None:
    """Have the codes sent that were asked for, until cancelled; an error ends nothing."""

    def send(session: Session) -> int:
        services.registry.refresh(session)
        return send_codes(session, services.registry, services.clock())

    async def once() -> None:
        if await database.read(has_requests) and (sent := await database.write(send)):
            log.info("codes sent", emails=sent)

    def report(error: Exception) -> None:
        log.error("sending codes failed", **cause(error))

    await repeat(once, report, every=LOOK_SECONDS, after_error=LOOK_SECONDS)
