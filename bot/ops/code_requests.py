"""The answers to requests for lost codes."""

import asyncio
from functools import partial

import structlog
from sqlalchemy.orm import Session

from bot.context import Services
from bot.retry import repeat, retry
from bot.telemetry.logging import cause
from core.bookings.email_hashes import hash_portion, store_hashes
from core.bookings.lost_codes import has_requests, send_codes
from core.db.database import Database

log = structlog.get_logger()

LOOK_SECONDS = 3.0
"""The interval at which requests are looked for. None is answered in the turn that made it: that
would take longer where there is an appointment."""

PORTION, PAUSE_SECONDS = 100, 0.1
"""The most bookings whose addresses one transaction hashes, and the pause until the next."""


async def send_codes_forever(database: Database, services: Services) -> None:
    """Have the codes sent that were asked for, until cancelled; an error ends nothing.

    First, the bookings that were made before an upgrade get the hashes by which they are found.
    """

    def report(error: Exception) -> None:
        log.error("sending codes failed", **cause(error))

    def send(session: Session) -> int:
        services.registry.refresh(session)
        return send_codes(session, services.registry, services.clock(), report)

    async def once() -> None:
        if await database.read(has_requests) and (sent := await database.write(send)):
            log.info("codes sent", messages=sent)

    hash_former = partial(hash_addresses, database, services)
    await retry(hash_former, Exception, LOOK_SECONDS, report)
    await repeat(once, report, every=LOOK_SECONDS, after_error=LOOK_SECONDS)


async def hash_addresses(database: Database, services: Services) -> None:
    """Hash the e-mail addresses of bookings to come that have no hash yet, in portions."""
    after, registry, now = 0, services.registry, services.clock()
    some = partial(hash_portion, registry=registry, now=now, limit=PORTION)
    while portion := await database.read(partial(some, after=after)):
        if portion.hashes:
            await database.write(partial(store_hashes, portion=portion))
        after = portion.last
        await asyncio.sleep(PAUSE_SECONDS)
