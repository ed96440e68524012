"""The engine, write(fn), read(fn), and the state in which a database may be used."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.orm import Session

from core import guard
from core.errors import Unusable

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""Every revision this program knows, oldest first: each file's name begins with its own."""

SETTING = "RANTEVOU_DATABASE_URL"
READERS = 4
PATIENCE = 15
"""Seconds that a connection waits for another process to finish writing."""


class Database:
    """One SQLite file: a single writer, and readers that never wait for it (WAL).

    Whole functions are sent to a thread, so that a turn costs one hop, not one for each cursor.
    """

    def __init__(self, url: str) -> None:
        """Raise Unusable, naming the setting, for a URL that can't be one."""
        self.file = _file_of(url)
        self.engine = _engine(url, "BEGIN IMMEDIATE", size=1)
        self._readers = _engine(url, "BEGIN", size=READERS)
        self._writer = ThreadPoolExecutor(1, "writer")
        self._reading = ThreadPoolExecutor(READERS, "reader")

    async def write(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session) as one transaction on the writer thread."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.write_now, fn)

    async def rehearse(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session) as a write would, and keep nothing of it."""

        def run() -> T:
            with Session(self.engine) as session:
                return fn(session)

        return await asyncio.get_running_loop().run_in_executor(self._writer, run)

    async def read(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session) beside the writer; what it changes is not kept."""

        def run() -> T:
            with Session(self._readers) as session:
                return fn(session)

        return await asyncio.get_running_loop().run_in_executor(self._reading, run)

    def write_now(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session) as one transaction on this thread, for what has no event loop."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            return fn(session)

    def prepare(self) -> None:
        """Make or migrate the database; refuse one that isn't fit for use, saying why."""
        with self._explained():
            self.file.parent.mkdir(parents=True, exist_ok=True)
            # It holds personal data: readable by us alone, and so the files SQLite puts beside it.
            self.file.touch(mode=0o600)
            with self.engine.begin() as connection:
                revision = revision_of(connection)
                if revision is not None and revision not in REVISIONS:
                    raise Unusable(
                        f"The database {self.file} is from a newer Rantevou (revision {revision}; "
                        f"this one knows up to {REVISIONS[-1]}). Install the newer Rantevou."
                    )
                if revision != REVISIONS[-1]:
                    upgrade(connection)
                if lost := guard.missing(connection):
                    raise Unusable(
                        f"The database {self.file} lacks its overlap guard ({', '.join(lost)}), so "
                        "a desk could be booked twice. Restore it from a backup."
                    )

    def close(self) -> None:
        """Let what is running finish, then let go of the file."""
        self._writer.shutdown()
        self._reading.shutdown()
        self.engine.dispose()
        self._readers.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, OSError) as error:
            reason = error.orig if isinstance(error, DatabaseError) else error.strerror
            raise Unusable(f"{SETTING}: {self.file} can't be used: {reason}") from None


def _file_of(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    file = parsed.database if parsed and parsed.drivername == "sqlite" else None
    if not file or file == ":memory:" or file.startswith("file:"):
        raise Unusable(f"{SETTING} must be like sqlite:///data/rantevou.db")
    return Path(file)


def _engine(url: str, begin: str, *, size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        # An error's text must not show what a citizen wrote.
        hide_parameters=True,
        # The driver begins no transaction of its own: on_begin does, and takes the write lock.
        connect_args={"timeout": PATIENCE, "check_same_thread": False, "isolation_level": None},
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
    """Turn WAL on. While another process does, SQLite refuses at once instead of waiting."""
    for left in range(PATIENCE * 20, -1, -1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or not left:
                raise
            time.sleep(0.05)
        else:
            return


def revision_of(connection: Connection) -> str | None:
    """The revision of a database's tables; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a revision, inside the connection's transaction."""
    # Alembic costs two seconds of start, needed only when there is something to migrate.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
