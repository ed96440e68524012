"""Waiting until something is so, and until others wait."""

import asyncio
import time
from collections.abc import Callable

from sqlalchemy import text

from core.db.database import Database

PATIENCE = 60
WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def until(so: Callable[[], bool]) -> None:
    """Come back when it is so."""
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def soon(so: Callable[[], bool]) -> None:
    """Do the same where there is an event loop, which goes on meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def waiting(database: Database) -> int:
    """Return how many connections wait for an advisory lock, as PostgreSQL reports."""
    with database.engine.connect() as connection:
        return connection.scalar(WAITING) or 0
