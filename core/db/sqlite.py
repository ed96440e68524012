"""The backend of SQLite: one file, one writer, and readers that never wait for it (WAL)."""

import os
import sqlite3
import time
from errno import ENOENT
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from core.db.file_access import cure_of
from core.errors import ConfigurationError

BUSY_SECONDS = 15
"""The seconds that a connection waits for another process to finish writing."""

DEFAULT_FOLDER = Path("data")
"""The folder of the default file, below the working folder."""

UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
    }
)
"""Error codes that mean: nothing was changed, and it may succeed later."""


class SQLite:
    """A database in a file."""

    writers = 1

    def __init__(self, url: URL) -> None:
        self.url = url
        self.file = Path(url.database or "")
        self.name = str(self.file)

    @property
    def place(self) -> str:
        """Return where it is, also for who is in another folder."""
        return str(self.file.absolute())

    @property
    def cure(self) -> str:
        """Return how this user gets the rights to use the file; "" where they have them."""
        return cure_of(self.file, f"{self.file.absolute()}*")

    @property
    def is_missing(self) -> bool:
        """Return whether there is no such file."""
        return not self.file.exists()

    def create_if_missing(self) -> None:
        """Create the file where there is none; its folder only where it is the default one.

        Raises FileNotFoundError for another folder, whose name may be mistyped: an empty office
        would seem to have lost its bookings.
        """
        folder = self.file.parent
        if folder == DEFAULT_FOLDER and not folder.is_symlink():
            folder.mkdir(exist_ok=True)
        elif not folder.exists():
            raise FileNotFoundError(ENOENT, f"there is no folder {folder.resolve()}")
        # It holds personal data. SQLite gives the files that it puts beside it the same mode.
        self.file.touch(mode=0o600)

    def engines(self, readers: int) -> tuple[Engine, Engine]:
        """Return an engine for writing, and one with `readers` connections for reading."""
        return self._engine("BEGIN IMMEDIATE", 1), self._engine("BEGIN", readers)

    def lock_for_migration(self, connection: Connection, _named: str = "") -> None:
        """Raise an error where the file is read-only; the single writer needs no lock."""
        # BEGIN IMMEDIATE alone also passes on a file that may only be read.
        connection.exec_driver_sql("PRAGMA user_version = 0")

    def keep_others_out(self, engine: Engine) -> None:
        """Have the engine's connection keep every other process out, until it is closed.

        Connecting raises ConfigurationError where one has the file open: in WAL mode, each
        connection holds a lock on it for its life, not only in a transaction. Where the file may
        only be read, ConfigurationError is raised at once.
        """
        if not os.access(self.file, os.W_OK):  # SQLite would say "disk I/O error"
            raise ConfigurationError(
                f"{self.name} may only be read: run the command as the user whose file it is."
            )

        @event.listens_for(engine, "connect", insert=True)
        def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
            try:
                # The mode takes the lock at the first look at the file, so before all else.
                for statement in ("busy_timeout=0", "locking_mode=EXCLUSIVE", "schema_version"):
                    connection.execute(f"PRAGMA {statement}").fetchall()
            except sqlite3.OperationalError as error:
                connection.close()
                if not is_locked(error):
                    raise
                raise ConfigurationError(
                    f"{self.name} is in use: stop every Rantevou on it first (the service, and "
                    "`rantevou` with serve, worker, chat or poll), and whatever else has it open."
                ) from None

    def is_retryable(self, _error: Exception) -> bool:
        """Return False: there is a single writer, so nothing conflicts."""
        return False

    def is_unavailable(self, error: Exception) -> bool:
        """Return whether the file can't be written to just now."""
        code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
        return code in UNAVAILABLE

    def _engine(self, begin: str, size: int) -> Engine:
        engine = create_engine(
            self.url,
            pool_size=size,
            max_overflow=0,
            # An error's text must not have what a citizen wrote.
            hide_parameters=True,
            # The driver must begin no transaction: on_begin does, and takes the write lock.
            connect_args={
                "timeout": BUSY_SECONDS,
                "check_same_thread": False,
                "isolation_level": None,
            },
        )

        @event.listens_for(engine, "connect")
        def on_connect(connection: Any, _record: Any) -> None:
            _write_ahead(connection)
            for pragma in ("synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def on_begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn WAL on, with retries: while another process does so, SQLite refuses at once.

    Where another process keeps the file to itself, SQLite has waited BUSY_SECONDS itself.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def is_locked(error: object) -> bool:
    """Return whether an error says that another process has locked the file."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
