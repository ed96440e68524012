"""Messages and events that a worker has claimed, with the lease that records their outcome."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.messages import Reply


@dataclass(frozen=True)
class Claimed:
    """A claimed row of the outbox; `worker` and `attempts` identify its lease."""

    id: int
    worker: str
    attempts: int
    account: str


@dataclass(frozen=True)
class ClaimedMessage(Claimed):
    """A claimed message, rendered."""

    kind: str
    platform: str
    address: str
    reply: Reply
    replaces: str | None
    was_suppressed: bool


@dataclass(frozen=True)
class ClaimedEvent(Claimed):
    """A claimed event, the address that it goes to, and the secrets that sign it."""

    event_id: str
    payload: str
    url: str
    secrets: Sequence[str] = field(repr=False)
