"""The events that changes cause: for each endpoint of the municipality that wants them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import (
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
    is_disabled: bool

    def wants(self, event_type: EventType) -> bool:
        """Return whether it is sent events of that type."""
        return not self.event_types or event_type in self.event_types


def enqueue_booking_events(
    session: Session,
    registry: Registry,
    changes: Iterable[tuple[Booking, History]],
    now: datetime,
) -> None:
    """Enqueue the events of changes, of a municipality's bookings, that were just made."""
    found = [
        (booking, change, event_type)
        for booking, change in changes
        if registry[booking.municipality_id].has_webhooks  # else nothing is read for them
        and (event_type := EVENTS.get(HistoryAction(change.action)))
    ]
    if not found:
        return
    desks = {booking.desk_id for booking, _change, _type in found}
    desks |= {change.desk_before for _booking, change, _type in found if change.desk_before}
    targets, names = _targets(session, found[0][0].municipality_id, desks)
    _enqueue(
        session,
        targets,
        [
            (event_type, _about(booking), _data(booking, change, names))
            for booking, change, event_type in found
        ],
        now,
    )


def enqueue_message_failed(session: Session, row: OutboxRow, now: datetime) -> None:
    """Enqueue the event that a message to the citizen of a booking was given up."""
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    if booking is None:
        return
    targets, names = _targets(session, booking.municipality_id, {booking.desk_id})
    data = {
        **_facts(booking, names.get(booking.desk_id, "")),
        "message": {"kind": row.kind, "platform": row.platform},
    }
    _enqueue(session, targets, [(EventType.MESSAGE_FAILED, _about(booking), data)], now)


def enqueue_relay_opened(session: Session, thread: RelayThread, now: datetime) -> None:
    """Enqueue the event that a thread between a citizen and the office was opened."""
    booking = session.get(Booking, thread.booking_id) if thread.booking_id else None
    desks = set() if booking is None else {booking.desk_id}
    targets, names = _targets(session, thread.municipality_id, desks)
    data = {
        "thread": thread.id,
        "municipality": thread.municipality_id,
        "service": thread.service,
        "by_office": thread.member_id is not None,
        "booking": _facts(booking, names.get(booking.desk_id, "")) if booking else None,
    }
    _enqueue(session, targets, [(EventType.RELAY_OPENED, f"thread {thread.id}", data)], now)


def _enqueue(
    session: Session,
    targets: Sequence[Target],
    events: Iterable[tuple[EventType, str, Mapping[str, Any]]],
    now: datetime,
) -> None:
    rows: list[tuple[int, OutboxStatus, Event]] = []
    for event_type, about, data in events:
        wanting = [target for target in targets if target.wants(event_type)]
        event = new_event(event_type, about, data, now) if wanting else None
        for target in wanting:
            status = OutboxStatus.FAILED if target.is_disabled else OutboxStatus.PENDING
            rows += [(target.id, status, event)] if event else []
    enqueue_events(session, rows, now)


def _about(booking: Booking) -> str:
    return f"booking {booking.id}"


def _facts(booking: Booking, desk: str) -> dict[str, Any]:
    """Return what an event says of a booking as it is now: nothing of who will be served."""
    return {
        "booking": booking.public_id.hex(),
        "version": booking.version,
        "municipality": booking.municipality_id,
        "service": booking.service,
        "branch": booking.branch,
        "desk": desk,
        "channel": booking.channel,
        "state": booking.state,
        "starts_at": stamp(booking.starts_at),
        "ends_at": stamp(booking.ends_at),
    }


def _data(booking: Booking, change: History, desks: Mapping[int, str]) -> dict[str, Any]:
    """Return what the event of a change says; `desks` are the names of the desks by row id."""
    data = _facts(booking, desks.get(booking.desk_id, ""))
    if change.desk_before and change.starts_before and change.ends_before:
        data["before"] = {
            "desk": desks.get(change.desk_before, ""),
            "starts_at": stamp(change.starts_before),
            "ends_at": stamp(change.ends_before),
        }
    if change.action in NAMED:
        data["fields"] = change.fields
    return data


def _targets(
    session: Session, municipality_id: str, desks: Iterable[int]
) -> tuple[Sequence[Target], Mapping[int, str]]:
    """Return the endpoints of a municipality, and the names of these desks: BRANCH/DESK.

    Both are empty where there is no endpoint.
    """
    given = {"municipality_id": municipality_id, "desks": list(desks)}
    targets, names = dict[int, Target](), dict[int, str]()
    for endpoint, types, disabled_at, desk_id, branch, name in session.connection().execute(
        _TARGETS, given
    ):
        targets[endpoint] = Target(endpoint, types, disabled_at is not None)
        if desk_id is not None:
            names[desk_id] = f"{branch}/{name}"
    return list(targets.values()), names


def _targets_of_municipality() -> Select[Any]:
    """Return the statement of `_targets`."""
    of_these = Desk.id.in_(bindparam("desks", expanding=True))
    return (
        select(
            WebhookEndpoint.id,
            WebhookEndpoint.event_types,
            WebhookEndpoint.disabled_at,
            Desk.id,
            Desk.branch,
            Desk.name,
        )
        .outerjoin(Desk, of_these)
        .where(
            WebhookEndpoint.municipality_id == bindparam("municipality_id"),
            or_(
                WebhookEndpoint.disabled_at.is_(None),
                WebhookEndpoint.disabled_because == DisabledBecause.FAILED,
            ),
        )
        .order_by(WebhookEndpoint.id)
    )


_TARGETS = _targets_of_municipality()
"""Built once, and run on the connection: each change of a booking runs it."""
