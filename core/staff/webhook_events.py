"""The events that changes cause: for each endpoint of the municipality that wants them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.catalogue.registry import LoadedMunicipality, Registry
from core.db.models import (
    REMINDERS,
    Booking,
    Desk,
    DisabledBecause,
    History,
    HistoryAction,
    OutboxRow,
    OutboxStatus,
    RelayThread,
    WebhookEndpoint,
)
from core.messaging.event_queue import Event, EventType, enqueue_events, new_event, stamp
from core.staff.relay_messages import thread_of

EVENTS: Mapping[HistoryAction, EventType] = {
    HistoryAction.CONFIRMED: EventType.BOOKING_CONFIRMED,
    HistoryAction.MOVED: EventType.BOOKING_MOVED,
    HistoryAction.DESK_CHANGED: EventType.BOOKING_MOVED,
    HistoryAction.EDITED: EventType.BOOKING_EDITED,
    HistoryAction.CANCELLED: EventType.BOOKING_CANCELLED,
    HistoryAction.CONSENT_WITHDRAWN: EventType.BOOKING_CANCELLED,
    HistoryAction.ARRIVED: EventType.BOOKING_ARRIVED,
    HistoryAction.COMPLETED: EventType.BOOKING_COMPLETED,
    HistoryAction.NO_SHOW: EventType.BOOKING_NO_SHOW,
    HistoryAction.UNDONE: EventType.BOOKING_EDITED,
}
"""The event that a change is; holds are none, for nobody has an appointment yet."""

NAMED = frozenset({HistoryAction.EDITED, HistoryAction.UNDONE})
"""The changes whose events name the fields that were changed."""


class Target(NamedTuple):
    """An endpoint that may want an event."""

    id: int
    event_types: Sequence[str]
    disabled_at: datetime | None

    def wants(self, event_type: EventType) -> bool:
        """Return whether it is sent events of that type."""
        return not self.event_types or event_type in self.event_types


def enqueue_booking_events(
    session: Session,
    loaded: LoadedMunicipality,
    changes: Iterable[tuple[Booking, History]],
    now: datetime,
) -> None:
    """Enqueue the events of changes, of a municipality's bookings, that were just made."""
    found = [
        (booking, change, event_type)
        for booking, change in changes
        if (event_type := EVENTS.get(HistoryAction(change.action)))
    ]
    if not found:
        return
    _enqueue(
        session,
        loaded,
        (
            (event_type, _about(booking), _data(session, loaded, booking, change))
            for booking, change, event_type in found
        ),
        now,
    )


def enqueue_message_failed(
    session: Session, registry: Registry, row: OutboxRow, now: datetime
) -> None:
    """Enqueue the event that a message was given up, if it was to a citizen.

    It is about its booking, else about its thread. That of another message is known to concern a
    municipality only where it was sent by the municipality's own account.
    """
    if row.room_id is not None:
        return
    thread = thread_of(session, row)
    booking_id = row.booking_id or (thread and thread.booking_id)
    booking = _locked(session, registry, booking_id or None)
    own = registry.own_accounts.get(row.account)
    municipality_id = own if own and own in registry else None
    data: dict[str, Any] = {"booking": None, "thread": thread.id if thread else None}
    about = f"message {row.id}"
    if thread is not None:
        municipality_id, about = thread.municipality_id, f"thread {thread.id}"
    if booking is not None:
        municipality_id, about = booking.municipality_id, _about(booking)
    if municipality_id is None:
        return
    loaded = registry[municipality_id]
    data["municipality"] = municipality_id
    data |= _facts(session, loaded, booking) if booking else {}
    platform = None if row.account == REMINDERS else row.platform
    data["message"] = {"kind": row.kind, "platform": platform}
    _enqueue(session, loaded, [(EventType.MESSAGE_FAILED, about, data)], now)


def enqueue_relay_opened(
    session: Session, registry: Registry, thread: RelayThread, now: datetime
) -> None:
    """Enqueue the event that a thread between a citizen and the office was opened."""
    loaded = registry[thread.municipality_id]
    booking = _locked(session, registry, thread.booking_id)
    about = _about(booking) if booking else f"thread {thread.id}"
    data = {
        "thread": thread.id,
        "municipality": thread.municipality_id,
        "service": thread.service,
        "by_office": thread.member_id is not None,
        "booking": _facts(session, loaded, booking) if booking else None,
    }
    _enqueue(session, loaded, [(EventType.RELAY_OPENED, about, data)], now)


def _enqueue(
    session: Session,
    loaded: LoadedMunicipality,
    events: Iterable[tuple[EventType, str, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """Enqueue events of a municipality, each for the endpoints that want it."""
    if not loaded.has_webhooks:
        return  # nothing is read for them
    given = {"municipality_id": loaded.body.id}
    targets = [Target(*row) for row in session.connection().execute(_TARGETS, given)]
    rows: list[tuple[int, OutboxStatus, Event]] = []
    for event_type, about, data in events:
        wanting = [target for target in targets if target.wants(event_type)]
        event = new_event(event_type, about, data, now) if wanting else None
        for target in wanting:
            status = OutboxStatus.PENDING if target.disabled_at is None else OutboxStatus.FAILED
            rows += [(target.id, status, event)] if event else []
    enqueue_events(session, rows, now)


def _locked(session: Session, registry: Registry, booking_id: int | None) -> Row[Any] | None:
    """Return what is told of the booking of an event that is no change, locked as by a change.

    Else a change's event, whose id is higher, might be there first, and be sent first. The details
    aren't read, for a message may have failed because they can't be.
    """
    query = select(*_TOLD).where(Booking.id == booking_id)
    booking = session.execute(query).one_or_none() if booking_id else None
    if booking and registry[booking.municipality_id].has_webhooks:
        booking = session.execute(query.with_for_update(key_share=True)).one()
    return booking


def _about(booking: Booking | Row[Any]) -> str:
    return f"booking {booking.id}"


def _facts(
    session: Session, loaded: LoadedMunicipality, booking: Booking | Row[Any]
) -> dict[str, Any]:
    """Return what an event says of a booking as it is now: nothing of who will be served."""
    return {
        "booking": booking.id,
        "version": booking.version,
        "municipality": booking.municipality_id,
        "service": booking.service,
        "branch": booking.branch,
        "desk": _desk(session, loaded, booking.desk_id),
        "channel": booking.channel,
        "state": booking.state,
        "starts_at": stamp(booking.starts_at),
        "ends_at": stamp(booking.ends_at),
    }


def _data(
    session: Session, loaded: LoadedMunicipality, booking: Booking, change: History
) -> dict[str, Any]:
    """Return what the event of a change says."""
    data = _facts(session, loaded, booking)
    if change.desk_before and change.starts_before and change.ends_before:
        data["before"] = {
            "desk": _desk(session, loaded, change.desk_before),
            "starts_at": stamp(change.starts_before),
            "ends_at": stamp(change.ends_before),
        }
    if change.action in NAMED:
        data["fields"] = change.fields
    return data


def _desk(session: Session, loaded: LoadedMunicipality, desk_id: int) -> str:
    """Return the name of a desk: BRANCH/DESK."""
    for (branch, name), row_id in loaded.desk_ids.items():
        if row_id == desk_id:
            return f"{branch}/{name}"
    added = session.get_one(Desk, desk_id)  # by the catalogue that is being loaded
    return f"{added.branch}/{added.name}"


_TOLD: Sequence[InstrumentedAttribute[Any]] = (
    Booking.id,
    Booking.version,
    Booking.municipality_id,
    Booking.service,
    Booking.branch,
    Booking.desk_id,
    Booking.channel,
    Booking.state,
    Booking.starts_at,
    Booking.ends_at,
)
"""The columns of a booking that events tell, and by which its desk is found."""

_TARGETS = (
    select(WebhookEndpoint.id, WebhookEndpoint.event_types, WebhookEndpoint.disabled_at)
    .where(
        WebhookEndpoint.municipality_id == bindparam("municipality_id"),
        or_(
            WebhookEndpoint.disabled_at.is_(None),
            WebhookEndpoint.disabled_because == DisabledBecause.FAILED,
        ),
    )
    .order_by(WebhookEndpoint.id)
)
"""Built once, and run on the connection: each change of a booking runs it."""
