"""The key of the hashes: where it is kept, and the fingerprint by which a wrong one is refused."""

import hashlib
import hmac
import secrets
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.advisory_locks import lock
from core.db.database import Database
from core.db.key_file import read_key, refusal, unusable, write_key
from core.db.models import Booking, StoredSecret
from core.db.postgresql import PostgreSQL
from core.db.sqlite import SQLite
from core.errors import ConfigurationError

SETTING = "RANTEVOU_SECRET"

FINGERPRINT = "fingerprint"
"""The name of the row that has it, beside PostgreSQL's secret."""

REPLACE = "rantevou secret replace"
"""The command for a secret that is lost for good."""

SALT_BYTES = 16
ROUNDS = 200_000

MADE = "made "
"""The beginning of the fingerprint of a key that was made here."""

FORMER_LENGTH = 64
"""The length of a fingerprint of the first revisions that had any, made with scrypt."""


def secret_file(database_file: Path) -> Path:
    """Return the file in which the secret of a SQLite database is kept."""
    return Path(f"{database_file}.secret")


def hash_key(database: Database, given: str | None) -> str:
    """Return the key of the hashes: the one given in the settings, or the one that is kept.

    It is kept in a file beside SQLite's, or in PostgreSQL; where there is none, it is made. Raises
    ConfigurationError where the database has bookings, whose hashes were made with another key.
    """
    return database.write_sync(lambda session: _checked_key(session, database, given))


def _checked_key(session: Session, database: Database, given: str | None) -> str:
    lock(session, "secret")
    key = given or _kept(session, database.backend.file)
    recorded = session.get(StoredSecret, FINGERPRINT)
    if recorded and key and _is_of(recorded, key):
        return key
    if refusal := what_is_wrong(session, database.backend, given):
        raise ConfigurationError(refusal)
    return _take(session, database, given)


def what_is_wrong(session: Session, backend: SQLite | PostgreSQL, given: str | None) -> str | None:
    """Return in one line what is wrong with the key, and what to restore; None if it is right.

    It is right where there are no bookings, too. Raises ConfigurationError where it can't be read.
    """
    key = given or _kept(session, backend.file)
    recorded = session.get(StoredSecret, FINGERPRINT)
    if key and (recorded is None or _is_of(recorded, key)):
        return None
    return _refusal(session, backend, given, recorded) if _has_bookings(session) else None


def check_lost(session: Session, database: Database, given: str | None) -> None:
    """Raise ConfigurationError unless the database's secret is lost and is missed."""
    lock(session, "secret")
    if not _has_bookings(session):
        raise ConfigurationError(
            f"Nothing was replaced: {database.backend.name} has no bookings yet, "
            "and is used with any secret."
        )
    recorded, kept = session.get(StoredSecret, FINGERPRINT), _kept(session, database.backend.file)
    if given and (recorded is None or _is_of(recorded, given)):
        raise ConfigurationError(f"Nothing was replaced: {SETTING} is the secret used before.")
    if kept and (recorded is None or _is_of(recorded, kept)):
        unset = f" Leave {SETTING} unset." if given else ""
        where = place_of_secret(database, None)
        raise ConfigurationError(
            f"Nothing was replaced: {where} has the secret used before.{unset}"
        )


def replace_key(session: Session, database: Database, given: str | None) -> str:
    """Return the key from now on, in place of one that was lost, and record its fingerprint.

    It is the one given, or kept, or else a new one. What was hashed with the former isn't changed.
    Raises ConfigurationError as `check_lost`.
    """
    check_lost(session, database, given)
    return _take(session, database, given)


def place_of_secret(database: Database, given: str | None) -> str:
    """Return where the key is: the setting's name, the file, or the database."""
    file = database.backend.file
    return SETTING if given else str(secret_file(file)) if file else database.backend.name


def keep(session: Session, key: str) -> None:
    """Keep a key in PostgreSQL."""
    session.merge(StoredSecret(name="secret", value=key))


def _take(session: Session, database: Database, given: str | None) -> str:
    """Return the key that is given or kept, or a new one, and record its fingerprint."""
    file = database.backend.file
    known = given or _kept(session, file)
    key = known or _make(session, file)
    recorded = session.get(StoredSecret, FINGERPRINT)
    if recorded is None:
        recorded = StoredSecret(name=FINGERPRINT, value="")
        session.add(recorded)
    recorded.value = _fingerprint(key, ("" if known else MADE) + secrets.token_hex(SALT_BYTES))
    return key


def _is_of(recorded: StoredSecret, key: str) -> bool:
    """Return whether the recorded fingerprint is the key's."""
    return hmac.compare_digest(recorded.value, _fingerprint(key, recorded.value))


def _fingerprint(key: str, salted: str) -> str:
    """Return the fingerprint of a key; `salted` begins with its salt, and may be another one.

    A secret in the settings may be a phrase that can be guessed, so each guess is made to take
    50 ms: the hashes of known telephone numbers are quicker to try. A key that was made here, of
    32 random bytes, can't be guessed, so no start waits for it.
    """
    kind = MADE if salted.startswith(MADE) else ""
    salt = salted.removeprefix(kind)[: 2 * SALT_BYTES]
    given = key.encode(), bytes.fromhex(salt)
    if len(salted) == FORMER_LENGTH:
        digest = hashlib.scrypt(given[0], salt=given[1], n=2**14, r=8, p=1, dklen=16)
    else:  # scrypt took 16 MB, which the process kept
        digest = hashlib.pbkdf2_hmac("sha256", *given, 1 if kind else ROUNDS)
    return f"{kind}{salt}{digest.hex()}"


def _has_bookings(session: Session) -> bool:
    """Return whether any booking was ever confirmed: only then it has a code."""
    coded = select(Booking.id).where(Booking.code.is_not(None)).limit(1)
    return session.scalar(coded) is not None


def _kept(session: Session, database_file: Path | None) -> str | None:
    """Return the key that is kept; None where there is none. Raises ConfigurationError."""
    if database_file is None:
        stored = session.get(StoredSecret, "secret")
        return stored.value if stored else None
    file = secret_file(database_file)
    try:
        return read_key(file)
    except OSError as error:
        raise unusable(SETTING, file, error) from None


def _make(session: Session, database_file: Path | None) -> str:
    """Make a key and keep it. Raises ConfigurationError."""
    key = secrets.token_urlsafe(32)
    if database_file is None:
        keep(session, key)
        return key
    file = secret_file(database_file)
    try:
        write_key(file, key)
    except OSError as error:
        raise unusable(SETTING, file, error) from None
    return key


def _refusal(
    session: Session,
    backend: SQLite | PostgreSQL,
    given: str | None,
    recorded: StoredSecret | None,
) -> str:
    """Return what is wrong with the key, and what to restore, in one line."""
    lost = f"the codes of the bookings in {backend.name} would no longer work"
    kept = _kept(session, backend.file) if given else None
    file = backend.file and secret_file(backend.file)
    wrong = refusal(SETTING, "secret", file, lost, given=given is not None, kept=kept is not None)
    if kept and recorded and _is_of(recorded, kept):
        return wrong
    return f"{wrong} If that secret is lost for good: {REPLACE}."
