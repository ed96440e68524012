"""The backup of an SQLite database, also while it is used."""

import os
import shlex
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.secret_key import secret_file, what_is_wrong
from bot.settings import Settings
from core.db import move_marks
from core.db.database import SETTING, backend_of, reason_of, revision_of
from core.db.postgresql import PostgreSQL
from core.db.sqlite import BUSY_SECONDS, SQLite
from core.errors import ConfigurationError
from core.progress import Report, silent

PAGES = 2_000
"""The pages that are copied before the progress is reported, about 8 MB."""


def backup(
    settings: Settings, target: Path, report: Report = silent
) -> tuple[list[Path], str | None]:
    """Copy SQLite's file, and its secret's if it has one.

    Return the copies' paths, and what is wrong with the secret, without which the copy of a
    database with bookings is of little use. Raises ConfigurationError where nothing was copied.
    """
    backend = backend_of(settings.database_url)
    if isinstance(backend, PostgreSQL):
        raise ConfigurationError(
            f"Nothing was copied. PostgreSQL does it itself: {_dump(backend, target)}"
        )
    source, secret, secret_copy = backend.file, secret_file(backend.file), secret_file(target)
    if not source.exists():
        raise ConfigurationError(f"{SETTING}: {source} isn't there.")
    if not target.parent.is_dir():
        raise ConfigurationError(f"{target.parent}: there is no such folder. Make it first.")
    if target.is_dir():
        raise ConfigurationError(f"{target} is a folder: name the file, as {target / source.name}.")
    for copy in (target, secret_copy):
        if copy.exists():
            raise ConfigurationError(f"{copy} is there already, and isn't overwritten.")
    given = settings.secret.get_secret_value() if settings.secret else None
    copies = [secret_copy, target] if secret.exists() and not given else [target]
    drafts = {copy: Path(f"{copy}.{os.getpid()}") for copy in copies}
    try:
        for draft in drafts.values():
            draft.touch(mode=0o600, exist_ok=False)
        _copy(source, drafts[target], report)
        wrong = _wrong_secret(drafts[target], backend, given)
        if secret_copy in drafts:
            drafts[secret_copy].write_bytes(secret.read_bytes())
        for copy, draft in drafts.items():
            draft.rename(copy)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else reason_of(error)
        raise ConfigurationError(f"{source} can't be copied to {target}: {reason}") from None
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()
    return copies, wrong


def _copy(source: Path, draft: Path, report: Report) -> None:
    """Copy a consistent state of the database and check it; writers don't wait meanwhile."""
    what = f"Copying {source.name}"

    def progress(_status: int, remaining: int, total: int) -> None:
        report(what, total - remaining, total)

    # Not read-only: the latest writes are in the WAL, which is opened too.
    where = f"{source.absolute().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(where, BUSY_SECONDS, uri=True)) as original,
        closing(sqlite3.connect(draft)) as copy,
    ):
        # In a transaction, for a copy in steps would begin anew at each change by others.
        original.execute("BEGIN")
        original.execute("SELECT 1 FROM sqlite_master").fetchone()
        original.backup(copy, pages=PAGES, progress=progress, sleep=0)
        report("Checking the copy", 0, 0)
        found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        what = found.rpartition("\n")[2]
        raise ConfigurationError(f"{source} is damaged ({what}), so its copy was thrown away.")


def _wrong_secret(draft: Path, backend: SQLite, given: str | None) -> str | None:
    """Return what is wrong with the secret of a copied database; None where nothing is known.

    Raises ConfigurationError where its office was moved.
    """
    engine = create_engine(URL.create("sqlite", database=str(draft)))
    try:
        with Session(engine) as session:
            connection = session.connection()
            if refusal := move_marks.refusal(connection, revision_of(connection), backend.name):
                raise ConfigurationError(f"Nothing was copied. {refusal}.")
            return what_is_wrong(session, backend, given)
    except OperationalError:  # its tables are a former revision's, without fingerprints
        return None
    finally:
        engine.dispose()


def _dump(backend: PostgreSQL, target: Path) -> str:
    given = backend.url.difference_update_query(["password"])
    url = URL.create(
        "postgresql", given.username, None, given.host, given.port, given.database, given.query
    )
    named = url.render_as_string(hide_password=False)  # it has none
    return shlex.join(["pg_dump", "--format=custom", f"--file={target}", named])
