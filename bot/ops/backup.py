"""The backup of an SQLite database, also while it is used."""

import os
import shlex
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import secret_key
from bot.secret_key import secret_file
from bot.settings import Settings
from core.db import database_key, move_marks
from core.db.database import SETTING, backend_of, reason_of, revision_of
from core.db.database_key import key_file
from core.db.postgresql import PostgreSQL
from core.db.sqlite import BUSY_SECONDS, SQLite
from core.errors import ConfigurationError
from core.progress import Report, silent

BOOKINGS = "SELECT count(*) FROM bookings WHERE code IS NOT NULL"
"""Only one that was ever confirmed has a code."""

PAGES = 2_000
"""The pages that are copied before the progress is reported, about 8 MB."""


@dataclass(frozen=True)
class Copied:
    """The outcome of a backup: the copies' paths, and the bookings in the database's copy.

    `wrong` is what is wrong with secret and key, without which the copy is of little use.
    """

    files: list[Path]
    bookings: int
    wrong: list[str]


def backup(settings: Settings, target: Path, report: Report = silent) -> Copied:
    """Copy SQLite's file, and those of its secret and its encryption key, if it has any.

    Raises ConfigurationError where nothing was copied.
    """
    backend = backend_of(settings.database_url)
    if isinstance(backend, PostgreSQL):
        raise ConfigurationError(
            f"Nothing was copied. PostgreSQL does it itself: {_dump(backend, target)}"
        )
    source = backend.file
    if backend.is_missing:
        raise ConfigurationError(f"{SETTING}: {backend.place} isn't there.")
    if not target.parent.is_dir():
        raise ConfigurationError(f"{target.parent}: there is no such folder. Make it first.")
    if target.is_dir():
        raise ConfigurationError(f"{target} is a folder: name the file, as {target / source.name}.")
    for copy in (target, secret_file(target), key_file(target)):
        if copy.exists():
            raise ConfigurationError(f"{copy} is there already, and isn't overwritten.")
    given = {secret_file: settings.given_secret, key_file: settings.given_encryption_key}
    copies = {
        beside(target): beside(source)
        for beside, value in given.items()
        if not value and beside(source).exists()
    } | {target: source}
    drafts = {copy: Path(f"{copy}.{os.getpid()}") for copy in copies}
    try:
        for draft in drafts.values():
            draft.touch(mode=0o600, exist_ok=False)
        bookings = _copy(source, drafts[target], report)
        wrong = _what_is_wrong(drafts[target], backend, settings)
        for copy, original in copies.items():
            if copy != target:
                drafts[copy].write_bytes(original.read_bytes())
        for copy, draft in drafts.items():
            draft.rename(copy)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else reason_of(error)
        raise ConfigurationError(f"{source} can't be copied to {target}: {reason}") from None
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()
    return Copied([*copies], bookings, wrong)


def _copy(source: Path, draft: Path, report: Report) -> int:
    """Copy a consistent state of the database and check it; return the number of its bookings.

    Writers don't wait meanwhile.
    """
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
        bookings = copy.execute(BOOKINGS).fetchone()[0] if found == "ok" else 0
    if found != "ok":
        what = found.rpartition("\n")[2]
        raise ConfigurationError(f"{source} is damaged ({what}), so its copy was thrown away.")
    return int(bookings)


def _what_is_wrong(draft: Path, backend: SQLite, settings: Settings) -> list[str]:
    """Return what is wrong with secret and key of a copied database, as far as it is known.

    Raises ConfigurationError where its office was moved.
    """
    engine = create_engine(URL.create("sqlite", database=str(draft)))
    given = settings.given_encryption_key
    wrong = {}
    try:
        with Session(engine) as session, suppress(OperationalError):
            used = session.connection()
            if refusal := move_marks.refusal(used, revision_of(used), backend.name):
                raise ConfigurationError(f"Nothing was copied. {refusal}.")
            # Of a former revision's tables, which may lack fingerprints, nothing is known.
            wrong["secret"] = secret_key.what_is_wrong(session, backend, settings.given_secret)
            try:
                key = database_key.known_key(backend, given)
            except ConfigurationError as error:  # it is no key at all
                wrong["key"] = str(error)
            else:
                wrong["key"] = database_key.what_is_wrong(used, backend, given, key)
    finally:
        engine.dispose()
    return [
        f"The copy is of little use without its {what}: {why}" for what, why in wrong.items() if why
    ]


def _dump(backend: PostgreSQL, target: Path) -> str:
    given = backend.url.difference_update_query(["password"])
    url = URL.create(
        "postgresql", given.username, None, given.host, given.port, given.database, given.query
    )
    named = url.render_as_string(hide_password=False)  # it has none
    return shlex.join(["pg_dump", "--format=custom", f"--file={target}", named])
