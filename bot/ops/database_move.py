"""The move of a SQLite office to PostgreSQL.

The target's tables are marked (`core/db/move_marks.py`) until all rows are copied and compared. The
source is marked just before the target's mark goes: never can both be served, and whenever it is
interrupted, the same command goes on.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.secret_key import FINGERPRINT, hash_key, keep, secret_file
from bot.settings import Settings
from core.db import move_marks, overlap_guard
from core.db.advisory_locks import key_of
from core.db.database import REVISIONS, SETTING, Database, backend_of, revision_of, upgrade
from core.db.database_key import key_file
from core.db.models import Base, Booking, StoredSecret
from core.db.move import RowsRefused, compare, copy_rows, copy_table, set_sequences
from core.db.personal import key_of as key_of_engine
from core.db.personal import use_key
from core.db.postgresql import PostgreSQL
from core.db.sqlite import SQLite
from core.errors import ConfigurationError
from core.progress import Report

Backend = SQLite | PostgreSQL

ARGUMENT = "URL"
EXPECTED = "must be like postgresql://user:password@host/name (in the password, write @ as %40)"
AGAIN = "The move isn't finished, and nothing is lost: run the same command again, and it goes on."
ANOTHER = "Make a new database, and name that."
RESTORE = "Restore a backup, and move that."
REPORT = "The move isn't finished, and nothing is lost. Please report this line."
ADVICE: dict[int | str, str] = {
    "42501": "Make its user the owner of the database, and run the same command again.",
    sqlite3.SQLITE_READONLY: "Run the command as the user whose file it is.",
    sqlite3.SQLITE_CORRUPT: RESTORE,
    sqlite3.SQLITE_NOTADB: RESTORE,
}
"""The remedy where the same command alone would fail again, by the error's code."""

OURS = {*Base.metadata.tables, "alembic_version"}
FOUND = text(
    "SELECT relname, relkind = 'r' FROM pg_class AS found"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass"
    " AND objid = found.oid AND deptype = 'e') ORDER BY relname"
)
"""The names of the tables and views that aren't an extension's, and which are plain tables."""

UNFINISHED = f"{move_marks.UNFINISHED}{REVISIONS[-1]}"

LOCK_NOT_AVAILABLE = "55P03"

LIMITS = (
    "statement_timeout",
    "transaction_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
)
"""Settings that would end a long move; not every server has each."""

NAMED = 5
"""The most rows, or tables, that an error names."""


@dataclass(frozen=True)
class Moved:
    """The outcome of a move; `rows` is None where a former run had finished."""

    source: str
    target: str
    rows: int | None
    secret_file: str | None
    """The file of the secret, which PostgreSQL keeps too now; None for one in the settings."""
    key_file: str | None
    """The file of the encryption key, which belongs in the settings now; None where it is there."""


def move_database(settings: Settings, url: str, report: Report) -> Moved:
    """Move the office of the settings to PostgreSQL, or go on with that.

    Raises ConfigurationError, which names the setting or argument, and never the URL's password.
    """
    given, given_key = settings.given_secret, settings.given_encryption_key
    with (
        closing(Database(settings.database_url, given_key)) as source,
        closing(_target(url)) as target,
    ):
        name = source.backend.name
        if isinstance(source.backend, PostgreSQL):
            raise ConfigurationError(f"{SETTING}: {name} is PostgreSQL already.")
        if source.backend.is_missing:
            raise ConfigurationError(
                f"{SETTING}: {source.backend.place} isn't there, so there is nothing to move."
            )
        source.backend.keep_others_out(source.engine)
        with target.as_configuration_errors("can't be used", ARGUMENT):
            writing = target.engine.connect()
        with writing:
            with target.as_configuration_errors("can't be used", ARGUMENT):
                _keep_other_moves_out(writing, target.backend.name)
            rows = None
            # Nothing is changed in the source before both were looked at.
            with _move(source, target, writing, report) as move:
                done = move.is_done()
            if not done:
                source.prepare()
                use_key(target.engine, key_of_engine(source.engine.dialect))
                key = hash_key(source, given)
                with _move(source, target, writing, report) as move:
                    rows = move.copy()
                    move.finish(None if given else key)
        secret = None if given else str(secret_file(source.backend.file))
        encryption = None if given_key else str(key_file(source.backend.file))
        return Moved(name, target.backend.name, rows, secret, encryption)


@dataclass(frozen=True)
class _Move:
    """A connection to each database, their backends, and what is called with the progress."""

    source: Connection
    target: Connection
    file: Backend
    server: Backend
    report: Report

    @property
    def source_name(self) -> str:
        """Return the source's name."""
        return self.file.name

    @property
    def target_name(self) -> str:
        """Return the target's name, without its password."""
        return self.server.name

    def is_done(self) -> bool:
        """Return whether the source was moved to the target, which is ready.

        Where it isn't ready, the source is marked as moved no longer. Raises ConfigurationError
        where the one can't be moved, or not to the other.
        """
        with self.source.begin(), self.target.begin():
            revision = revision_of(self.source)
            if revision is None:
                raise ConfigurationError(
                    f"{SETTING}: {self.source_name} holds no Rantevou, so there is nothing to move."
                )
            if not move_marks.is_moved(revision):
                self._may_go_on()
                self._check_file()
                return False
            if _office(self.target) != _office(self.source):
                moved_to = move_marks.target_of(self.source)
                raise ConfigurationError(
                    f"{SETTING}: {self.source_name} was moved to {moved_to} before, and "
                    f"{self.target_name} is another database."
                )
            if not move_marks.is_unfinished(revision_of(self.target)):
                return True
            self._check_file()
            # Another copy of this office may have begun a move there since: all is copied again.
            move_marks.unmark_moved(self.source)
            return False

    def copy(self) -> int:
        """Copy all rows and compare them; return how many. Raises ConfigurationError."""
        with self.source.begin(), self.target.begin():
            resumed = self._may_go_on()
        if not resumed:
            self._begin()
        rows, wrong = self._copied()
        if wrong and resumed:  # it was served since
            self._begin()
            rows, wrong = self._copied()
        if wrong:
            raise ConfigurationError(
                f"{self.target_name} differs from {self.source_name}, which stays in use: see "
                f"{', '.join(wrong)}. Please report this line."
            )
        return rows

    def _copied(self) -> tuple[int, list[str]]:
        """Copy what the target lacks; return how many rows were compared, and which differ."""
        try:
            with self.source.begin():
                copy_rows(self.source, self.target, self.report)
                with self.target.begin():
                    return compare(self.source, self.target, self.report, NAMED)
        except RowsRefused as refused:
            return 0, [str(refused)]

    def finish(self, secret: str | None) -> None:
        """Make the target ready, with a secret to be kept there, and mark the source as moved."""
        self.report("Finishing", 0, 0)
        # The source's transaction ends first.
        with self.target.begin(), self.source.begin():
            set_sequences(self.source, self.target)
            if secret:
                with Session(self.target) as session:
                    keep(session, secret)
                    session.flush()
            if lost := overlap_guard.missing(self.target):
                raise ConfigurationError(f"{self.target_name} lacks {', '.join(lost)}. {ANOTHER}")
            self.target.exec_driver_sql("ANALYZE")
            move_marks.mark_finished(self.target)
            move_marks.mark_moved(self.source, self.target_name)

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Raise ConfigurationError in place of the databases' errors."""
        try:
            yield
        except DBAPIError as error:
            reason = error.orig
            if isinstance(reason, sqlite3.Error):  # whose text may have what a citizen wrote
                kind = getattr(reason, "sqlite_errorname", type(reason).__name__)
                line, backend = " ".join((kind, *getattr(error, "__notes__", ()))), self.file
            else:
                line, backend = str(reason).partition("\n")[0], self.server
            code = getattr(reason, "sqlstate", getattr(reason, "sqlite_errorcode", 0) & 0xFF)
            passes = backend.is_unavailable(error) or backend.is_retryable(error)
            advice = ADVICE.get(code or 0, AGAIN if passes else REPORT)
            raise ConfigurationError(f"{backend.name}: {line}. {advice}") from None

    def _check_file(self) -> None:
        """Raise ConfigurationError where the source is damaged."""
        self.report("Checking the file", 0, 0)
        found = self.source.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        if found != "ok":
            what = found.rpartition("\n")[2]
            raise ConfigurationError(f"{self.source_name} is damaged ({what}). {RESTORE}")

    def _may_go_on(self) -> bool:
        """Return whether the target has tables with which this office's unfinished move goes on.

        Nobody else makes Rantevou's tables there until the present transaction ends. Raises
        ConfigurationError, which names what is in a target that is neither that nor empty.
        """
        self.server.lock_for_migration(self.target, ARGUMENT)
        revision, tables = revision_of(self.target), self.target.execute(FOUND).all()
        if not tables:
            return False
        others = [name for name, is_table in tables if not is_table or name not in OURS]
        if others:
            what = f"isn't empty: it has {', '.join(others[:NAMED])}"
        elif move_marks.is_unfinished(revision):
            if _office(self.target) == _office(self.source):
                return revision == UNFINISHED  # else of an older Rantevou
            what = "holds an unfinished move of another office"
        elif revision and inspect(self.target).has_table(Booking.__tablename__):
            count = self.target.scalar(select(func.count()).select_from(Booking))
            what = f"holds a Rantevou already, with {count} bookings"
        else:
            what = f"isn't empty: it has {', '.join(name for name, _ in tables[:NAMED])}"
        raise ConfigurationError(f"{ARGUMENT}: {self.target_name} {what}. {ANOTHER}")

    def _begin(self) -> None:
        """Make the target's tables, marked, in place of those of an unfinished move."""
        self.report("Making the tables", 0, 0)
        with self.source.begin(), self.target.begin():
            self._may_go_on()  # nothing of others' came since
            if former := OURS.intersection(inspect(self.target).get_table_names()):
                self.target.exec_driver_sql(f"DROP TABLE {', '.join(former)}")
            upgrade(self.target)
            move_marks.mark(self.target, UNFINISHED)
            # With the fingerprint of the secret, by which the office is known.
            copy_table(self.source, self.target, StoredSecret.__tablename__)


@contextmanager
def _move(
    source: Database, target: Database, writing: Connection, report: Report
) -> Iterator[_Move]:
    """Yield the move by a connection to the source; the databases' errors are put in words."""
    with source.as_configuration_errors("can't be used"):
        reading = source.engine.connect()
    with reading:
        move = _Move(reading, writing, source.backend, target.backend, report)
        with move.in_words():
            yield move


def _office(connection: Connection) -> str | None:
    """Return by what an office is known: the salted fingerprint of its secret."""
    if not inspect(connection).has_table(StoredSecret.__tablename__):
        return None
    stored = select(StoredSecret.value).where(StoredSecret.name == FINGERPRINT)
    return connection.execute(stored).scalar()


def _target(url: str) -> Database:
    """Return the database of the argument. Raises ConfigurationError."""
    try:
        is_right = isinstance(backend_of(url), PostgreSQL)
    except ConfigurationError:  # which names the setting
        is_right = False
    if not is_right:
        raise ConfigurationError(f"{ARGUMENT} {EXPECTED}")
    return Database(url)


def _keep_other_moves_out(target: Connection, name: str) -> None:
    """Check and lock the target for the connection's life. Raises ConfigurationError."""
    target.execute(
        text("SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN :each").bindparams(
            bindparam("each", LIMITS, expanding=True)
        )
    )
    if (encoding := target.exec_driver_sql("SHOW server_encoding").scalar()) != "UTF8":
        raise ConfigurationError(
            f"{ARGUMENT}: {name} has the encoding {encoding}, which can't store Greek: make "
            "one with UTF8."
        )
    try:
        target.execute(select(func.pg_advisory_lock(key_of("move"))))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise ConfigurationError(f"{ARGUMENT}: another move to {name} is running.") from None
    target.commit()
