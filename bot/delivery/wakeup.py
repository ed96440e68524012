"""Wakes the worker when another process commits messages (PostgreSQL's LISTEN; not SQLite)."""

from collections.abc import Callable

import structlog

from bot.retry import repeat
from core.db.database import Database
from core.db.postgresql import KEEPALIVE, PostgreSQL

log = structlog.get_logger()

RECONNECT_SECONDS = 2.0
"""Before connecting again to a server that was unavailable; the worker polls meanwhile."""


async def listen(database: Database, channel: str, notified: Callable[[], None]) -> None:
    """Call `notified` whenever a process notifies the channel, until cancelled."""
    if not isinstance(database.backend, PostgreSQL):
        return
    from psycopg import AsyncConnection, sql  # noqa: PLC0415 not with SQLite

    url = database.backend.url.set(drivername="postgresql")

    async def until_disconnected() -> None:
        async with await AsyncConnection.connect(
            url.render_as_string(hide_password=False), autocommit=True, **KEEPALIVE
        ) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            notified()  # a notification may have been missed before
            async for _notice in connection.notifies():
                notified()

    def report(error: Exception) -> None:
        log.warning("listening failed", error=type(error).__name__)

    await repeat(until_disconnected, report, every=RECONNECT_SECONDS, after_error=RECONNECT_SECONDS)
