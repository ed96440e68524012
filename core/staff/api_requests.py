"""Requests of programs that are carried out once, by the name that the program gave them.

A request is stored in the transaction of the change that it asked for: whoever sends it again, not
knowing whether it arrived, changes nothing more. Only hashes of it are stored, for a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.orm import Session

from core.catalogue.registry import LOAD_LOCK, Registry
from core.db.advisory_locks import lock_and_try
from core.db.models import ApiRequest
from core.db.statements import run

_REQUESTS = ApiRequest.__table__
_FORGET = delete(_REQUESTS).where(
    _REQUESTS.c.key_id == bindparam("of_key"), _REQUESTS.c.name_hash == bindparam("named")
)
_KEEP = insert(_REQUESTS)

KEPT = timedelta(hours=24)
"""The time within which a request that is sent again is the same one."""


class RequestDiffers(Exception):
    """The name is that of another request."""


class RequestRunning(Exception):
    """The same request is being carried out still."""


@dataclass(frozen=True)
class NamedRequest:
    """A request of a program: its key, and the hashes of its name and of what it asks for."""

    key_id: int
    name_hash: str
    request_hash: str


@dataclass(frozen=True)
class DoneRequest:
    """A request that was carried out: what it has made or changed, by id, when, and its hash."""

    subject_id: int
    at: datetime
    request_hash: str


def named(registry: Registry, key_id: int, name: str, content: bytes) -> NamedRequest:
    """Return a request of a program, by the name that it gave."""
    return NamedRequest(key_id, _hashed(registry, name.encode()), _hashed(registry, content))


def claim(session: Session, request: NamedRequest, *, alone: bool) -> bool:
    """Return whether nobody else carries a request out, nor will until this transaction ends.

    LOAD_LOCK is taken, too, shared unless `alone`. It comes before `find_use` looks for what
    was done.
    """
    # On SQLite, one transaction writes after the other.
    name = f"api request {request.key_id} {request.name_hash}"
    return lock_and_try(session, LOAD_LOCK, name, shared=not alone)


def check_done(
    session: Session, request: NamedRequest, found: DoneRequest | None, now: datetime
) -> DoneRequest | None:
    """Return what a request has made or changed; None where it wasn't carried out within KEPT.

    Raises RequestDiffers.
    """
    if found is None:
        return None
    if found.at <= now - KEPT:
        run(session, _FORGET, {"of_key": request.key_id, "named": request.name_hash})
        return None
    if found.request_hash != request.request_hash:
        raise RequestDiffers
    return found


def keep_done(session: Session, request: NamedRequest, subject_id: int, now: datetime) -> None:
    """Store that a request was carried out, and what it has made or changed."""
    run(session, _KEEP, {**vars(request), "subject_id": subject_id, "at": now})


def forget_requests(session: Session, now: datetime) -> None:
    """Delete the requests that are kept no longer."""
    session.execute(delete(ApiRequest).where(ApiRequest.at <= now - KEPT))


def _hashed(registry: Registry, content: bytes) -> str:
    # Latin 1 has a character for each byte.
    return registry.keyed_hash(f"api request {content.decode('latin-1')}")
