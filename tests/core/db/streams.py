"""The connections that stream rows, of a database in this process or of PostgreSQL's server."""

import threading

from sqlalchemy import text

from core.db.database import Database
from tests.core.wait_until import soon

STREAMING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND query ~ '^(DECLARE|FETCH)'"
)


def connections(database: Database) -> int:
    """Return how many connections stream rows now."""
    if database.backend.file:
        return sum("_connection_worker_thread" in each.name for each in threading.enumerate())
    with database.engine.connect() as connection:
        return int(connection.execute(STREAMING).scalar_one())


async def opened(database: Database) -> None:
    """Wait until a connection streams."""
    await soon(lambda: connections(database) > 0)


async def closed(database: Database) -> None:
    """Wait until none does."""
    await soon(lambda: connections(database) == 0)
