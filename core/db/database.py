"""write(fn), read(fn), and the state in which a database may be used."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import Any, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from core.db import overlap_guard
from core.db.postgresql import PostgreSQL
from core.db.sqlite import SQLite
from core.errors import ConfigurationError, DatabaseUnavailable, RetryTransaction

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""Every revision this program knows, oldest first: each file's name begins with its own."""

SETTING = "RANTEVOU_DATABASE_URL"
EXPECTED = "must be like sqlite:///data/rantevou.db or postgresql://user:password@host/name"
READERS = 4
RETRY_SECONDS = 15
"""Seconds after which a transaction that others were always in the way of is given up."""
DEADLINE_SECONDS = 20
"""Seconds after which nobody waits any more for one: its database may hang."""
OTHERS_FIRST = "Others were always first: nothing was changed. Please try again soon."
NO_ANSWER = "The database gives no answer in time. Please send the same again soon."


class Database:
    """Transactions on one database, each a whole function that runs on a thread.

    So a turn costs one hop, not one for each cursor. On SQLite there is one thread that writes.
    """

    def __init__(self, url: str) -> None:
        """Raise ConfigurationError, naming the setting, for a URL that can't be one."""
        self.backend = backend_of(url)
        self.engine, self._readers = self.backend.engines(READERS)
        self._writer = ThreadPoolExecutor(self.backend.writers, "writer")
        self._reading = ThreadPoolExecutor(READERS, "reader")
        self.on_commit: list[Callable[[dict[Any, Any]], None]] = []
        """Each is given the session's `info` after a commit, on the thread that wrote."""

    @property
    def url(self) -> str:
        """Return its URL, with the password: for another Database, never to be shown."""
        return self.backend.url.render_as_string(hide_password=False)

    async def write(
        self, fn: Callable[[Session], T], *, lost: Callable[[Session], None] | None = None
    ) -> T:
        """Run fn(session) as one transaction, again where another was in its way.

        Raises DatabaseUnavailable.

        After it was tried in vain, lost(session) is run once, as a transaction of its own.
        """
        return await _patiently(
            self._writer,
            lambda: self._write_once(fn),
            lost and (lambda: self._write_once(lost)),
        )

    def write_sync(self, fn: Callable[[Session], T]) -> T:
        """Do the same on this thread, for what has no event loop. Raises DatabaseUnavailable."""
        for pause in _pauses():
            try:
                return self._write_once(fn)
            except RetryTransaction:
                time.sleep(pause)
        raise DatabaseUnavailable(OTHERS_FIRST)

    async def dry_run(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session) as a write would, and keep nothing of it. Raises DatabaseUnavailable."""

        def run() -> T:
            with self._told(), Session(self.engine) as session:
                return fn(session)

        return await _patiently(self._writer, run)

    async def read(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session) beside the writers, and roll it back. Raises DatabaseUnavailable."""

        def run() -> T:
            with self._told(), Session(self._readers) as session:
                return fn(session)

        return await _patiently(self._reading, run)

    def _write_once(self, fn: Callable[[Session], T]) -> T:
        with self._told():
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                done = fn(session)
            for told in self.on_commit:
                told(session.info)
            return done

    def prepare(self) -> None:
        """Make or migrate the database; refuse one that isn't fit for use, saying why."""
        with self._explained("can't be used"):
            self.backend.make()
            with self.engine.begin() as connection:
                self.backend.alone(connection)
                revision = revision_of(connection)
                if revision is not None and revision not in REVISIONS:
                    raise ConfigurationError(
                        f"The database {self.backend.name} is from a newer Rantevou (revision "
                        f"{revision}; this one knows up to {REVISIONS[-1]}). "
                        "Install the newer Rantevou."
                    )
                if revision != REVISIONS[-1]:
                    said = f"can't be migrated to revision {REVISIONS[-1]}, and is as it was"
                    with self._explained(said):
                        upgrade(connection)
                if lost := overlap_guard.missing(connection):
                    raise ConfigurationError(
                        f"The database {self.backend.name} lacks its overlap guard "
                        f"({', '.join(lost)}), so a desk could be booked twice. "
                        "Restore it from a backup."
                    )

    def close(self) -> None:
        """Let what is running finish, then let go of the database."""
        self._writer.shutdown()
        self._reading.shutdown()
        self.engine.dispose()
        self._readers.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell apart what is worth another try, what may pass, and what is wrong."""
        try:
            yield
        except StaleDataError:  # a row that was read is no longer as it was
            raise RetryTransaction from None
        except DBAPIError as error:
            if self.backend.is_retryable(error):
                raise RetryTransaction from error
            if self.backend.unavailable(error):
                said = f"{self.backend.name} can't be used just now: {_first_line(error.orig)}"
                raise DatabaseUnavailable(f"{said}. Please send the same again soon.") from None
            raise

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, OSError) as error:
            reason = error.orig if isinstance(error, DatabaseError) else error.strerror
            said = f"{SETTING}: {self.backend.name} {what}: {_first_line(reason)}"
            raise ConfigurationError(said) from None


def backend_of(url: str) -> SQLite | PostgreSQL:
    """Return what a database's URL means. Raises ConfigurationError, without repeating it."""
    with_file = re.fullmatch(r"sqlite:///(?!:memory:|file:).+", url)
    try:
        if with_file:
            return SQLite(make_url(url))
        if re.match(r"postgres(ql)?(\+psycopg)?://", url):
            parsed = make_url(url)
            # An @ in a password must be written %40, or its rest is taken for the host, and told.
            if parsed.database and "@" not in (parsed.host or ""):
                return PostgreSQL(parsed)
    except (ArgumentError, ValueError):
        pass
    raise ConfigurationError(f"{SETTING} {EXPECTED}")


async def _patiently(
    threads: Executor, run: Callable[[], T], lost: Callable[[], None] | None = None
) -> T:
    """Run it on a thread, again where it lost a race. Raises DatabaseUnavailable."""
    loop = asyncio.get_running_loop()
    for pause in _pauses():
        try:
            return await _in_time(loop.run_in_executor(threads, run))
        except RetryTransaction:
            if lost:
                with suppress(RetryTransaction):
                    await _in_time(loop.run_in_executor(threads, lost))
                    lost = None
            await asyncio.sleep(pause)
    raise DatabaseUnavailable(OTHERS_FIRST)


async def _in_time(running: Awaitable[T]) -> T:
    """Wait for it until the deadline; cancel it then. Raises DatabaseUnavailable."""
    try:
        async with asyncio.timeout(
            DEADLINE_SECONDS
        ):  # wait_for may lose a cancellation until Python 3.12
            return await running
    except TimeoutError:
        raise DatabaseUnavailable(NO_ANSWER) from None


def _pauses() -> Iterator[float]:
    """Return seconds to wait before each other try, ever longer and never twice the same."""
    deadline, pause = time.monotonic() + RETRY_SECONDS, 0.004
    while time.monotonic() < deadline:
        yield pause * SystemRandom().uniform(0.5, 1.5)
        pause = min(pause * 2, 0.25)


def _first_line(reason: object) -> str:
    return str(reason).partition("\n")[0]


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database's tables; None for an empty one."""
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
