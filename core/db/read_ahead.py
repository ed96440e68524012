"""What a transaction has read of many rows at once, and needn't read again for each of them."""

from collections.abc import Hashable, Mapping
from typing import Any

from sqlalchemy.orm import Session

_KEPT = "read ahead"
"""The key in a session's `info`."""


def keep(session: Session, name: str, found: Mapping[Any, Any]) -> None:
    """Keep what was read, until the transaction ends; `name` is what it is."""
    session.info.setdefault(_KEPT, {}).setdefault(name, {}).update(found)


def kept(session: Session, name: str, key: Hashable) -> Any:
    """Return what was read of a row; None where it wasn't, or is to be read anew."""
    return session.info.get(_KEPT, {}).get(name, {}).get(key)


def forget(session: Session, name: str, key: Hashable) -> None:
    """Have it read anew, for this transaction changes it."""
    session.info.get(_KEPT, {}).get(name, {}).pop(key, None)
