"""Commit single rows without SQLAlchemy: the reference for what the database itself takes."""

import sqlite3

import psycopg

from core.db.database import Database
from tests.bench.clock import Cost, now

_CREATE = "CREATE TABLE IF NOT EXISTS bare (number INTEGER)"
_INSERT = "INSERT INTO bare VALUES (1)"


class BareConnection:
    """A driver's own connection to a database of ours."""

    def __init__(self, database: Database) -> None:
        self._connection: sqlite3.Connection | psycopg.Connection
        if database.backend.file:
            self._connection = sqlite3.connect(database.backend.file, isolation_level=None)
            self._connection.execute("PRAGMA synchronous=FULL")
        else:
            url = database.backend.url.set(drivername="postgresql")
            shown = url.render_as_string(hide_password=False)
            self._connection = psycopg.connect(shown, autocommit=True)
        self._connection.execute(_CREATE)

    def write(self) -> Cost:
        """Insert and commit one row; return the cost."""
        started = now()
        self._connection.execute(_INSERT)
        return now() - started

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
