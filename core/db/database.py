"""The database: runs functions as transactions, and prepares the tables before use."""

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

from core.db import move_marks, overlap_guard
from core.db.database_key import known_key, record_key, take_key
from core.db.encryption import EncryptionKey
from core.db.personal import use_key
from core.db.postgresql import PostgreSQL
from core.db.sqlite import SQLite, is_locked
from core.errors import ConfigurationError, DatabaseMoved, DatabaseUnavailable, RetryTransaction

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""The ids of the revisions, the oldest first, from the names of their files."""

SETTING = "RANTEVOU_DATABASE_URL"
EXPECTED = "must be like sqlite:///data/rantevou.db or postgresql://user:password@host/name"
NOT_THERE = (
    SETTING + ": there is no office in {place}. Run the command in Rantevou's folder, or "
    "`rantevou serve` first, which makes a new one."
)
READERS = 4
RETRY_SECONDS = 15
"""The seconds for which a transaction is retried while others conflict with it."""
DEADLINE_SECONDS = 20
"""The seconds that a caller waits for one transaction: the database may hang."""
OTHERS_FIRST = "Others were always first: nothing was changed. Please try again soon."
NO_ANSWER = "The database gives no answer in time. Please send the same again soon."


class Database:
    """A database that runs functions as transactions, each on one thread of a pool.

    So a turn changes threads once, not for each statement. On SQLite, a single thread writes.
    """

    def __init__(self, url: str, encryption_key: str | None = None) -> None:
        """Raise ConfigurationError, which names the setting, where the URL or key can't be used.

        Without a key, SQLite's is read from its file; PostgreSQL needs one.
        """
        self.backend = backend_of(url)
        self._given_key = encryption_key
        self.engine, self._readers = self.backend.engines(READERS)
        if key := known_key(self.backend, encryption_key):
            self._use(key)
        self._writer = ThreadPoolExecutor(self.backend.writers, "writer")
        self._reading = ThreadPoolExecutor(READERS, "reader")
        self.is_new = False
        """Whether `prepare` has made it."""
        self.running = self.begun = 0
        """The numbers of functions that `write` and `read` run or wait with, and began in all."""
        self.on_commit: list[Callable[[dict[Any, Any]], None]] = []
        """Called with the session's `info` after each commit, on the thread that wrote."""

    @property
    def url(self) -> str:
        """Return the URL with its password, to open another Database; it must not be shown."""
        return self.backend.url.render_as_string(hide_password=False)

    async def write(
        self, fn: Callable[[Session], T], *, on_conflict: Callable[[Session], None] | None = None
    ) -> T:
        """Run fn(session) as one transaction, and return its result. Raises DatabaseUnavailable.

        It is retried where another transaction conflicts with it. After the first conflict,
        on_conflict(session) is run once, as a transaction of its own.
        """
        with self._counted():
            return await _run_with_retries(
                self._writer,
                lambda: self._write_once(fn),
                on_conflict and (lambda: self._write_once(on_conflict)),
            )

    def write_sync(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session) as `write` does, on this thread. Raises DatabaseUnavailable."""
        for delay in _retry_delays():
            try:
                return self._write_once(fn)
            except RetryTransaction:
                time.sleep(delay)
        raise DatabaseUnavailable(OTHERS_FIRST)

    async def read(self, fn: Callable[[Session], T]) -> T:
        """Run fn(session) without waiting for writers; roll back. Raises DatabaseUnavailable."""

        def run() -> T:
            with self._translate_errors(), Session(self._readers) as session:
                return fn(session)

        with self._counted():
            return await _run_with_retries(self._reading, run)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.begun += 1
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

    def _write_once(self, fn: Callable[[Session], T]) -> T:
        with self._translate_errors():
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                done = fn(session)
            for callback in self.on_commit:
                callback(session.info)
            return done

    def prepare(self, *, create: bool = True) -> None:
        """Create or migrate the tables. Raises ConfigurationError where that can't be done.

        So, too, where there is no database, or an empty one, and `create` is false. It is
        DatabaseMoved where the office was moved, or is still being moved there.
        """
        with self.as_configuration_errors("can't be used"):
            if not create and self.backend.is_missing:
                raise ConfigurationError(NOT_THERE.format(place=self.backend.place))
            self.backend.create_if_missing()
            with self.engine.begin() as connection:
                self.backend.lock_for_migration(connection)
                revision = revision_of(connection)
                if refusal := move_marks.refusal(connection, revision, self.backend.name):
                    raise DatabaseMoved(f"{SETTING}: {refusal}")
                if revision is not None and revision not in REVISIONS:
                    raise ConfigurationError(
                        f"The database {self.backend.name} is from a newer Rantevou (revision "
                        f"{revision}; this one knows up to {REVISIONS[-1]}). "
                        "Install the newer Rantevou."
                    )
                self.is_new = revision is None
                if self.is_new and not create:
                    raise ConfigurationError(NOT_THERE.format(place=self.backend.place))
                key = take_key(connection, self.backend, self._given_key, revision)
                self._use(key)
                if revision != REVISIONS[-1]:
                    failure = f"can't be migrated to revision {REVISIONS[-1]}, and is as it was"
                    with self.as_configuration_errors(failure):
                        upgrade(connection)
                if lost := overlap_guard.missing(connection):
                    raise ConfigurationError(
                        f"The database {self.backend.name} lacks its overlap guard "
                        f"({', '.join(lost)}), so a desk could be booked twice. "
                        "Restore it from a backup."
                    )
                record_key(connection, key)

    def _use(self, key: EncryptionKey) -> None:
        for engine in (self.engine, self._readers):
            use_key(engine, key)

    def close(self) -> None:
        """Wait for the running transactions, then close all connections."""
        self._writer.shutdown()
        self._reading.shutdown()
        self.engine.dispose()
        self._readers.dispose()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise RetryTransaction or DatabaseUnavailable in place of errors that mean so."""
        try:
            yield
        except StaleDataError:  # another transaction changed a row that was read
            raise RetryTransaction from None
        except DBAPIError as error:
            if self.backend.is_retryable(error):
                raise RetryTransaction from error
            if self.backend.is_unavailable(error):
                raise self.unavailable(error.orig) from None
            raise

    def unavailable(self, error: object) -> DatabaseUnavailable:
        """Return the error that a driver's means."""
        return DatabaseUnavailable(
            f"{self.backend.name} can't be used just now: {_first_line(error)}. "
            "Please send the same again soon."
        )

    @contextmanager
    def as_configuration_errors(self, failure: str, named: str = SETTING) -> Iterator[None]:
        """Raise ConfigurationError in place of the database's errors.

        It names the failure, and where the database was named.
        """
        try:
            yield
        except (DatabaseError, OSError) as error:
            reason = error.orig if isinstance(error, DatabaseError) else error.strerror
            raise ConfigurationError(
                f"{named}: {self.backend.name} {failure}: {reason_of(reason)}{self.backend.cure}"
            ) from None


def backend_of(url: str) -> SQLite | PostgreSQL:
    """Return the backend of a URL. Raises ConfigurationError, which doesn't repeat the URL."""
    with_file = re.fullmatch(r"sqlite:///(?!:memory:|file:).+", url)
    try:
        if with_file:
            return SQLite(make_url(url))
        if re.match(r"postgres(ql)?(\+psycopg)?://", url):
            parsed = make_url(url)
            # An @ in a password must be written %40: else its rest is the host, and shown.
            if parsed.database and "@" not in (parsed.host or ""):
                return PostgreSQL(parsed)
    except (ArgumentError, ValueError):
        pass
    raise ConfigurationError(f"{SETTING} {EXPECTED}")


async def _run_with_retries(
    threads: Executor, run: Callable[[], T], on_conflict: Callable[[], None] | None = None
) -> T:
    """Run a function on a thread; after a conflict, retry it after a delay, which blocks none.

    Raises DatabaseUnavailable.
    """
    loop = asyncio.get_running_loop()
    for delay in _retry_delays():
        try:
            return await _with_deadline(loop.run_in_executor(threads, run))
        except RetryTransaction:
            if on_conflict:
                with suppress(RetryTransaction):
                    await _with_deadline(loop.run_in_executor(threads, on_conflict))
                    on_conflict = None
            await asyncio.sleep(delay)
    raise DatabaseUnavailable(OTHERS_FIRST)


async def _with_deadline(running: Awaitable[T]) -> T:
    """Await until the deadline; cancel what hasn't begun by then. Raises DatabaseUnavailable."""
    try:
        # wait_for may lose a cancellation until Python 3.12.
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await running
    except TimeoutError:
        raise DatabaseUnavailable(NO_ANSWER) from None


def _retry_delays() -> Iterator[float]:
    """Yield the delays between tries, in seconds: exponential, with jitter."""
    deadline, delay = time.monotonic() + RETRY_SECONDS, 0.004
    while time.monotonic() < deadline:
        yield delay * SystemRandom().uniform(0.5, 1.5)
        delay = min(delay * 2, 0.25)


def reason_of(error: object) -> str:
    """Return the first line of a driver's error, and who may have locked SQLite's file."""
    by = f" by another process, perhaps by `{move_marks.MOVE}`" if is_locked(error) else ""
    return f"{_first_line(error)}{by}"


def _first_line(reason: object) -> str:
    return str(reason).partition("\n")[0]


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database's tables; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate the tables to a revision, inside the connection's transaction."""
    # Importing Alembic takes two seconds, and is needed only where there is something to migrate.
    from alembic import command  # noqa: PLC0415 see above
    from alembic.config import Config  # noqa: PLC0415 see above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
