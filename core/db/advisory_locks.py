"""Locks by name, where a count that was read must still be true at the commit."""

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def lock(session: Session, what: str, *, shared: bool = False) -> None:
    """Wait for the lock of that name, and keep it until the transaction ends.

    Shared locks wait only for one that isn't shared. SQLite has one writer, and needs no lock.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        session.connection().execute(select(lock(key_of(what))))


def try_lock(session: Session, what: str) -> bool:
    """Take the lock of that name if it is free; return whether it was."""
    if session.get_bind().dialect.name == "postgresql":
        return bool(session.scalar(select(func.pg_try_advisory_xact_lock(key_of(what)))))
    return True


def key_of(what: str) -> int:
    """Return the number that PostgreSQL identifies the lock by."""
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
