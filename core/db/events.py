"""What happened in a transaction, to be counted once it is committed."""

from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

Event = tuple[str, ...]
"""A name, and what tells its kinds apart; never anything of a person."""


def record_event(session: Session, name: str, *kinds: str) -> None:
    """Record that something happened, to be counted once the transaction is committed."""
    events: Counter[Event] = session.info.setdefault("tally", Counter())
    events[(name, *kinds)] += 1


def events(info: dict[Any, Any]) -> Counter[Event]:
    """Return the events recorded in the `info` of the transaction's session."""
    events: Counter[Event] = info.get("tally", Counter())
    return events
