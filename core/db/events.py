"""Events for the metrics, which are counted once their transaction is committed."""

from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

Event = tuple[str, ...]
"""A name and its labels, which contain nothing personal."""


def record_event(session: Session, name: str, *labels: str) -> None:
    """Record an event in the `info` of a transaction's session."""
    events: Counter[Event] = session.info.setdefault("tally", Counter())
    events[(name, *labels)] += 1


def events(info: dict[Any, Any]) -> Counter[Event]:
    """Return how often each event was recorded, from the `info` of a session."""
    events: Counter[Event] = info.get("tally", Counter())
    return events
