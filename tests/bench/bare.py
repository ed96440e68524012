"""The least that the same database can be asked to write: one row, and a commit."""

import sqlite3

import psycopg

from core.db.database import Database
from tests.bench.clock import Cost, now

_MAKE = "CREATE TABLE IF NOT EXISTS bare (number INTEGER)"
_WRITE = "INSERT INTO bare VALUES (1)"


class Bare:
    """A connection of its own to that database, with nothing of ours about it."""

    def __init__(self, database: Database) -> None:
        self._connection: sqlite3.Connection | psycopg.Connection
        if database.backend.file:
            self._connection = sqlite3.connect(database.backend.file, isolation_level=None)
            self._connection.execute("PRAGMA synchronous=FULL")
        else:
            url = database.backend.url.set(drivername="postgresql")
            shown = url.render_as_string(hide_password=False)
            self._connection = psycopg.connect(shown, autocommit=True)
        self._connection.execute(_MAKE)

    def write(self) -> Cost:
        """Write; its cost."""
        begun = now()
        self._connection.execute(_WRITE)
        return now() - begun

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()
