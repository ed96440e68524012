"""Requests of programs that are carried out once, by the name that the program gave them.

A request is stored in the transaction of the change that it asked for: whoever sends it again, not
knowing whether it arrived, changes nothing more. Only hashes of it are stored, for a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.advisory_locks import try_lock
from core.db.models import ApiRequest
from core.db.statements import run

_REQUESTS = ApiRequest.__table__
_THIS = (
    _REQUESTS.c.key_id == bindparam("key_id"),
    _REQUESTS.c.name_hash == bindparam("name_hash"),
)
_FIND = select(_REQUESTS.c.at, _REQUESTS.c.request_hash, _REQUESTS.c.subject_id).where(*_THIS)
_FORGET = delete(_REQUESTS).where(*_THIS)
_KEEP = insert(_REQUESTS)

KEPT = timedelta(hours=24)
"""The time within which a request that is sent again is the same one."""


class RequestDiffers(Exception):
    """The name is that of another request."""


class RequestRunning(Exception):
    """The same request is being carried out still."""


@dataclass(frozen=True)
class NamedRequest:
    """A request of a program: its key, the name that it gave, and what it asks for."""

    key_id: int
    name: str
    content: bytes


@dataclass(frozen=True)
class DoneRequest:
    """A request that was carried out: what it has made or changed, by id, and when."""

    subject_id: int
    at: datetime


def find_done(
    session: Session, registry: Registry, request: NamedRequest, now: datetime
) -> DoneRequest | None:
    """Return what a request has made or changed; None where it wasn't carried out yet.

    Nobody else carries it out until this transaction ends. Raises RequestDiffers, RequestRunning.
    """
    name = _hashed(registry, request.name.encode())
    # On SQLite, one transaction writes after the other.
    if not try_lock(session, f"api request {request.key_id} {name}"):
        raise RequestRunning
    given = {"key_id": request.key_id, "name_hash": name}
    found = run(session, _FIND, given).first()
    if found is None:
        return None
    if found.at <= now - KEPT:
        run(session, _FORGET, given)
        return None
    if found.request_hash != _hashed(registry, request.content):
        raise RequestDiffers
    return DoneRequest(found.subject_id, found.at)


def keep_done(
    session: Session, registry: Registry, request: NamedRequest, subject_id: int, now: datetime
) -> None:
    """Store that a request was carried out, and what it has made or changed."""
    values = {
        "key_id": request.key_id,
        "name_hash": _hashed(registry, request.name.encode()),
        "request_hash": _hashed(registry, request.content),
        "subject_id": subject_id,
        "at": now,
    }
    run(session, _KEEP, values)


def forget_requests(session: Session, now: datetime) -> None:
    """Delete the requests that are kept no longer."""
    session.execute(delete(ApiRequest).where(ApiRequest.at <= now - KEPT))


def _hashed(registry: Registry, content: bytes) -> str:
    # Latin 1 has a character for each byte.
    return registry.keyed_hash(f"api request {content.decode('latin-1')}")
