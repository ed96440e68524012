"""Requests of programs that are carried out once, by the name that the program gave them.

A request is stored in the transaction of the change that it asked for: whoever sends it again, not
knowing whether it arrived, changes nothing more. Only hashes of it are stored, for a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.advisory_locks import try_lock
from core.db.models import ApiRequest

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


def find_done(
    session: Session, registry: Registry, request: NamedRequest, now: datetime
) -> int | None:
    """Return what a request has made or changed, by id; None where it wasn't carried out yet.

    Nobody else carries it out until this transaction ends. Raises RequestDiffers, RequestRunning.
    """
    name = _hashed(registry, request.name.encode())
    # On SQLite, one transaction writes after the other.
    if not try_lock(session, f"api request {request.key_id} {name}"):
        raise RequestRunning
    found = session.scalar(
        select(ApiRequest).where(ApiRequest.key_id == request.key_id, ApiRequest.name_hash == name)
    )
    if found is None:
        return None
    if found.at <= now - KEPT:
        session.delete(found)
        session.flush()
        return None
    if found.request_hash != _hashed(registry, request.content):
        raise RequestDiffers
    return found.subject_id


def keep_done(
    session: Session, registry: Registry, request: NamedRequest, subject_id: int, now: datetime
) -> None:
    """Store that a request was carried out, and what it has made or changed."""
    session.add(
        ApiRequest(
            key_id=request.key_id,
            name_hash=_hashed(registry, request.name.encode()),
            request_hash=_hashed(registry, request.content),
            subject_id=subject_id,
            at=now,
        )
    )
    session.flush()


def forget_requests(session: Session, now: datetime) -> None:
    """Delete the requests that are kept no longer."""
    session.execute(delete(ApiRequest).where(ApiRequest.at <= now - KEPT))


def _hashed(registry: Registry, content: bytes) -> str:
    # Latin 1 has a character for each byte.
    return registry.keyed_hash(f"api request {content.decode('latin-1')}")
