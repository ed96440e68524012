"""A database's encryption key: where it is kept, and how a missing or wrong one is refused."""

from pathlib import Path

from sqlalchemy import Connection, exists, inspect, select

from core.db.encryption import KEY_COMMAND, EncryptionKey, new_key
from core.db.key_file import read_key, refusal, unusable, write_key
from core.db.models import Base, StoredSecret
from core.db.postgresql import PostgreSQL
from core.db.sqlite import SQLite
from core.errors import ConfigurationError

SETTING = "RANTEVOU_ENCRYPTION_KEY"

FINGERPRINT = "encryption key"
"""The name of the row that has the key's fingerprint."""

SINCE = "0013"
"""The revision of the tables from which on there is anything encrypted."""

_KEPT = StoredSecret.__table__


def key_file(database_file: Path) -> Path:
    """Return the file in which the key of a SQLite database is kept."""
    return Path(f"{database_file}.key")


def known_key(backend: SQLite | PostgreSQL, given: str | None) -> EncryptionKey | None:
    """Return the key: the one given in the settings, or else the one in SQLite's file.

    None where there is neither. Raises ConfigurationError where it can't be read, or is no key.
    """
    file = None if given or backend.file is None else key_file(backend.file)
    try:
        text = given or (file and _read(file))
        return EncryptionKey(text) if text else None
    except ValueError as error:
        restore = f"{file} has no key: restore it from a backup, where it is FILE.key. It"
        raise ConfigurationError(f"{restore if file else SETTING} {error}.") from None


def _read(file: Path) -> str | None:
    try:
        return read_key(file)
    except OSError as error:
        raise unusable(SETTING, file, error) from None


def take_key(
    connection: Connection, backend: SQLite | PostgreSQL, given: str | None, revision: str | None
) -> EncryptionKey:
    """Return the key with which a database is used; `record_key` records it.

    Where nothing is encrypted yet, a SQLite database gets a new one, in a file beside it. Raises
    ConfigurationError where the key is missing or isn't the one used before.
    """
    key = known_key(backend, given)
    is_encrypted = revision is not None and revision >= SINCE
    if is_encrypted and (wrong := what_is_wrong(connection, backend, given, key)):
        raise ConfigurationError(wrong)
    if key:
        return key
    if backend.file is None:
        raise ConfigurationError(
            f"{SETTING} isn't set: what {backend.name} stores about people is encrypted with it. "
            f"Make one with `{KEY_COMMAND}`, set it wherever Rantevou runs on this database, and "
            "keep a copy: without it, nobody can read those data."
        )
    file = key_file(backend.file)
    try:
        write_key(file, text := new_key())
    except OSError as error:
        raise unusable(SETTING, file, error) from None
    return EncryptionKey(text)


def record_key(connection: Connection, key: EncryptionKey) -> None:
    """Record the fingerprint of the key that is used from now on."""
    if recorded_fingerprint(connection) != key.fingerprint:
        connection.execute(_KEPT.delete().where(_KEPT.c.name == FINGERPRINT))
        connection.execute(_KEPT.insert().values(name=FINGERPRINT, value=key.fingerprint))


def what_is_wrong(
    connection: Connection,
    backend: SQLite | PostgreSQL,
    given: str | None,
    key: EncryptionKey | None,
) -> str | None:
    """Return in one line what is wrong with a key, and what to restore; None if it is right.

    It is right where nothing is stored about anybody, too.
    """
    recorded = recorded_fingerprint(connection)
    if recorded is None or (key and key.fingerprint == recorded):
        return None
    if not _is_anything_encrypted(connection):
        return None
    file = backend.file and key_file(backend.file)
    return refusal(
        SETTING,
        "key",
        file,
        f"nobody can read what {backend.name} stores about people",
        given=given is not None,
        kept=file is not None and file.exists(),
    )


def recorded_fingerprint(connection: Connection) -> str | None:
    """Return the fingerprint of the key used before; None where none was used yet."""
    return connection.scalar(select(_KEPT.c.value).where(_KEPT.c.name == FINGERPRINT))


def _is_anything_encrypted(connection: Connection) -> bool:
    """Return whether any table with personal columns has a row; a former revision lacks some."""
    there = inspect(connection).get_table_names()
    tables = [each for each in Base.metadata.sorted_tables if "public_id" in each.columns]
    return any(
        connection.scalar(select(exists().select_from(table)))
        for table in tables
        if table.name in there
    )
