"""Events of a transaction, which are counted once it is committed."""

from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

Event = tuple[str, ...]
"""A name and its labels; never anything personal."""


def record_event(session: Session, name: str, *kinds: str) -> None:
    """Record an event with its labels in the transaction's session."""
    events: Counter[Event] = session.info.setdefault("tally", Counter())
    events[(name, *kinds)] += 1


def events(info: dict[Any, Any]) -> Counter[Event]:
    """Return the recorded events, from the `info` of the transaction's session."""
    events: Counter[Event] = info.get("tally", Counter())
    return events
