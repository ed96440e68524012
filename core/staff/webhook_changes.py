"""Webhook endpoints are sent other events, or are removed."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Staff
from core.catalogue.schedule_exceptions import update_digest
from core.db.models import DisabledBecause
from core.messaging.event_queue import EventType
from core.staff.record import record
from core.staff.rights import Action
from core.staff.webhook_sending import stop
from core.staff.webhooks import check_types, find, new_secret

NOWHERE = "https://removed.invalid/"
"""The address of an endpoint that was removed: no name ends so (RFC 6761)."""


def change_events(
    session: Session,
    staff: Staff,
    endpoint_id: int,
    event_types: Collection[EventType],
    now: datetime,
) -> None:
    """Send an endpoint the events of some types from now on; all, where none is named.

    Raises StaffRefused: not_allowed, not_found, invalid.
    """
    endpoint = find(session, staff, Action.CHANGE_WEBHOOK, endpoint_id)
    check_types(event_types)
    endpoint.event_types = sorted(set(event_types))
    record(session, staff, Action.CHANGE_WEBHOOK, now, municipality_id=endpoint.municipality_id)


def remove(session: Session, staff: Staff, endpoint_id: int, now: datetime) -> None:
    """Remove an endpoint for good: its address and secrets are erased, what waits isn't sent.

    The transaction has LOAD_LOCK for itself. Raises StaffRefused: not_allowed, not_found.
    """
    endpoint = find(session, staff, Action.REMOVE_WEBHOOK, endpoint_id)
    stop(session, endpoint, DisabledBecause.REMOVED, now)
    endpoint.url, endpoint.secret = NOWHERE, new_secret()  # a worker may be about to read them
    endpoint.former_secret = endpoint.former_until = None
    home = endpoint.municipality_id
    session.flush()
    update_digest(session, home)
    record(session, staff, Action.REMOVE_WEBHOOK, now, municipality_id=home)
