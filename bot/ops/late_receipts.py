"""The receipts that are looked for, such as mail servers' reports of what they couldn't deliver."""

import asyncio
from functools import partial

import structlog

from bot.context import Services
from bot.delivery.status_reports import apply_status
from bot.platforms.base import Platform
from bot.platforms.webhook import Receipt
from bot.retry import repeat
from bot.telemetry.logging import cause, traceback_lines
from core.db.database import Database
from core.errors import DatabaseUnavailable

log = structlog.get_logger()

LOOK_SECONDS = 60.0

AFTER_ERROR_SECONDS = 300.0
"""The time after a failed look. A server may lock out whoever it refuses again and again."""


async def read_receipts_forever(database: Database, services: Services) -> None:
    """Look for receipts once a minute until cancelled; an error ends nothing.

    Each process does: a receipt that two of them have read changes a message only once.
    """
    await asyncio.gather(
        *(
            repeat(
                partial(read_receipts, database, services, platform),
                partial(_report, platform.account),
                every=LOOK_SECONDS,
                after_error=AFTER_ERROR_SECONDS,
            )
            for platform in services.platforms.values()
            if platform.reads_receipts
        )
    )


async def read_receipts(database: Database, services: Services, platform: Platform) -> None:
    """Look for an account's receipts once. Raises ConfigurationError."""
    account = platform.account

    async def handle(receipt: Receipt) -> bool:
        try:
            return await database.write(lambda s: apply_status(s, services, account, receipt))
        except DatabaseUnavailable:
            raise
        except Exception as error:  # the others are handled all the same
            places = traceback_lines(error)[-3:]
            log.error("a receipt failed", account=account, **cause(error), places=places)
            return False

    await platform.read_receipts(handle)


def _report(account: str, error: Exception) -> None:
    log.error("looking for receipts failed", account=account, **cause(error))
