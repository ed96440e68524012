"""Being woken by other processes: PostgreSQL's LISTEN. With SQLite there is nothing to hear."""

import asyncio
from collections.abc import Callable

import structlog

from core.db.database import Database
from core.db.postgresql import KEEPALIVE, PostgreSQL

log = structlog.get_logger()

PAUSE_SECONDS = 2.0
"""Until it is tried again, when the server was away; looking goes on meanwhile."""


async def listen(database: Database, channel: str, heard: Callable[[], None]) -> None:
    """Call `heard` whenever a process notifies the channel, until cancelled."""
    if not isinstance(database.backend, PostgreSQL):
        return
    from psycopg import AsyncConnection, sql  # noqa: PLC0415 not with SQLite

    url = database.backend.url.set(drivername="postgresql")
    while True:
        try:
            async with await AsyncConnection.connect(
                url.render_as_string(hide_password=False), autocommit=True, **KEEPALIVE
            ) as connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                heard()  # for what was said before
                async for _notice in connection.notifies():
                    heard()
        except Exception as error:
            log.warning("listening failed", error=type(error).__name__)
        await asyncio.sleep(PAUSE_SECONDS)
