"""Locks by name, for counts that must still be right at the commit."""

import hashlib

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.orm import Session

_KEY = bindparam("key", type_=BigInteger)
_LOCK = select(func.pg_advisory_xact_lock(_KEY))
_SHARE = select(func.pg_advisory_xact_lock_shared(_KEY))
_TRY = select(func.pg_try_advisory_xact_lock(_KEY))
_TRIED = func.pg_try_advisory_xact_lock(bindparam("tried", type_=BigInteger))
_LOCK_AND_TRY, _SHARE_AND_TRY = (each.add_columns(_TRIED) for each in (_LOCK, _SHARE))


def lock(session: Session, name: str, *, shared: bool = False) -> None:
    """Wait for the lock of a name, and keep it until the transaction ends.

    A shared lock waits only for one that isn't shared. SQLite has one writer, and needs no locks.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(_SHARE if shared else _LOCK, {"key": key_of(name)})


def try_lock(session: Session, name: str) -> bool:
    """Take the lock of a name if it is free, until the transaction ends; return whether it was."""
    if session.get_bind().dialect.name == "postgresql":
        return bool(session.connection().execute(_TRY, {"key": key_of(name)}).scalar_one())
    return True


def lock_and_try(session: Session, name: str, tried: str, *, shared: bool = False) -> bool:
    """Do what `lock` does for a name, and `try_lock` for another, by one statement."""
    if session.get_bind().dialect.name == "postgresql":
        statement = _SHARE_AND_TRY if shared else _LOCK_AND_TRY
        keys = {"key": key_of(name), "tried": key_of(tried)}
        return bool(session.connection().execute(statement, keys).one()[1])
    return True


def key_of(name: str) -> int:
    """Return the number, of 64 bits, by which PostgreSQL knows the lock of a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
