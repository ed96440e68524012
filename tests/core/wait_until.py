"""Wait for conditions; count the waiters for advisory locks."""

import asyncio
import time
from collections.abc import Callable

from sqlalchemy import text

from core.db.database import Database

TIMEOUT_SECONDS = 60
WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition is true; fail after a minute."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def soon(condition: Callable[[], bool]) -> None:
    """Wait like `until`, in an event loop that keeps running."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def waiting(database: Database) -> int:
    """Return how many sessions wait for an advisory lock on PostgreSQL."""
    with database.engine.connect() as connection:
        return connection.scalar(WAITING) or 0
