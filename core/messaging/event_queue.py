"""The queue of events to webhook endpoints: rows of the outbox that are sent as they were stored.

Unlike other messages, an event waits for the earlier ones to its recipient however long they take,
and is tried by a plan of its own.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from random import SystemRandom
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Integer, Select, bindparam, case, insert, select, text
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from core.db.models import SENDABLE, OutboxRow, OutboxStatus
from core.messaging import outbox
from core.messaging.keys import MessageKind
from core.messaging.recipients import EndpointRecipient

PLATFORM = "webhook"

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pauses between the tries of an event: ten tries in 75 hours and a half, as the specification
of Standard Webhooks has it."""

JITTER = 0.1
"""The part by which a pause may be longer, so that not all that failed is tried at once."""


class EventType(StrEnum):
    """The type of an event."""

    BOOKING_CONFIRMED = "booking.confirmed"
    BOOKING_MOVED = "booking.moved"
    BOOKING_CANCELLED = "booking.cancelled"
    BOOKING_EDITED = "booking.edited"
    BOOKING_ARRIVED = "booking.arrived"
    BOOKING_COMPLETED = "booking.completed"
    BOOKING_NO_SHOW = "booking.no_show"
    MESSAGE_FAILED = "message.failed"
    """A message to a citizen that was given up."""
    RELAY_OPENED = "relay.opened"
    """A citizen asks for a human, or the office writes to one."""
    TEST = "webhook.test"
    """A trial of an endpoint, which is never stored."""


@dataclass(frozen=True)
class Event:
    """An event: what happened, its id, and its text as every endpoint gets it at every try.

    `about` is what it is about, such as "booking 7": events of the same are sent in order.
    """

    id: str
    about: str
    payload: str


def new_event(event_type: EventType, about: str, data: Mapping[str, Any], now: datetime) -> Event:
    """Return a new event; `data` must contain nothing personal."""
    event_id = f"evt_{secrets.token_hex(16)}"
    whole = {"id": event_id, "type": event_type, "timestamp": stamp(now), "data": data}
    return Event(event_id, about, to_json(whole).decode())


def stamp(at: datetime) -> str:
    """Return a time as events have it: in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def account_of(endpoint_id: int) -> str:
    """Return the account under which the events of an endpoint are stored."""
    return f"{PLATFORM}:{endpoint_id}"


def dedupe_key(event_id: str, endpoint_id: int) -> str:
    """Return the dedupe key of an event to an endpoint, by which it is found again."""
    return f"event {event_id} {PLATFORM} {endpoint_id}"


def enqueue_events(
    session: Session, events: Sequence[tuple[int, OutboxStatus, Event]], now: datetime
) -> None:
    """Enqueue events, each for an endpoint (its id) and with the status that it begins with."""
    if not events:
        return
    rows = [
        {
            "dedupe_key": dedupe_key(event.id, endpoint_id),
            "platform": PLATFORM,
            "account": account_of(endpoint_id),
            "recipient": str(EndpointRecipient(endpoint_id, event.about)),
            "kind": MessageKind.EVENT,
            "endpoint_id": endpoint_id,
            "event_id": event.id,
            "payload": event.payload,
            "due_at": now,
            "try_at": now,
            "status": status,
            "attempts": 0,
        }
        for endpoint_id, status, event in events
    ]
    session.connection().execute(_ADD, rows)
    if any(status is OutboxStatus.PENDING for _endpoint, status, _event in events):
        outbox.notify_workers(session)


_ADD = insert(OutboxRow.__table__)


def is_due(session: Session, accounts: Collection[str], now: datetime) -> bool:
    """Return whether an event may be sent now; it blocks no writer."""
    if not accounts:
        return False
    return session.scalar(_ready().limit(1), {"present": now, "among": list(accounts)}) is not None


def claim(
    session: Session,
    accounts: Collection[str],
    worker: str,
    now: datetime,
    limit: int,
    sending: Collection[int] = (),
) -> Sequence[OutboxRow]:
    """Claim up to `limit` events that may be sent now; return them, in the changes' order.

    `sending` are those that the worker is sending or settling still.
    """
    given = {
        "present": now,
        "lease_end": now + outbox.LEASE,
        "among": list(accounts),
        "worker": worker,
        "at_most": limit,
        "sending": list(sending),
    }
    return sorted(session.scalars(_claim(), given).all(), key=lambda row: row.id)


@cache
def _claim() -> ReturningUpdate[OutboxRow]:
    ready = _ready().where(outbox.NOT_BEING_SENT).limit(bindparam("at_most", type_=Integer))
    # What a worker had that died may never have been sent: that is no try. The worker's name tells
    # this claim from its own.
    died = OutboxRow.status == OutboxStatus.CLAIMED
    return outbox.claiming(ready.with_for_update(skip_locked=True, of=OutboxRow)).values(
        attempts=case((died, OutboxRow.attempts), else_=OutboxRow.attempts + 1)
    )


@cache
def _ready() -> Select[int]:
    """Return the query for the events that may be sent now, built once.

    The order is that of the ids: the clock may have been set back between two changes.
    """
    earlier = aliased(OutboxRow, name="earlier")
    blocked = (
        select(earlier.id)
        .where(
            earlier.recipient == OutboxRow.recipient,
            text("earlier.status IN ('pending','claimed')"),  # literal, as UNSENT is
            earlier.id < OutboxRow.id,
        )
        .exists()
    )
    return (
        select(OutboxRow.id)
        .where(
            SENDABLE,
            OutboxRow.try_at <= bindparam("present", type_=OutboxRow.try_at.type),
            OutboxRow.account.in_(bindparam("among", expanding=True)),
            ~blocked,
        )
        .order_by(OutboxRow.try_at, OutboxRow.id)
    )


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when to try an event again that failed so often; None after the last try."""
    if attempts > len(PAUSES):
        return None
    return now + PAUSES[attempts - 1] * SystemRandom().uniform(1, 1 + JITTER)
