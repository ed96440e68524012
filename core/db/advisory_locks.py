"""Waiting for one another, where a count that was looked up must still hold at commit."""

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def lock(session: Session, what: str, *, shared: bool = False) -> None:
    """Wait until no other transaction has named the same, and keep it until this one ends.

    Those that share it wait only for one that doesn't. SQLite has a single writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        session.connection().execute(select(lock(key_of(what))))


def try_lock(session: Session, what: str) -> bool:
    """Take the lock until this transaction ends, if it is free; return whether it was."""
    if session.get_bind().dialect.name == "postgresql":
        return bool(session.scalar(select(func.pg_try_advisory_xact_lock(key_of(what)))))
    return True


def key_of(what: str) -> int:
    """Return the number that PostgreSQL knows a lock by."""
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
