"""Webhook endpoints are sent nothing more, all that waits, or events once more."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from core.actor import Staff
from core.catalogue.registry import Registry
from core.db.models import (
    UNSENT,
    DisabledBecause,
    OutboxRow,
    OutboxStatus,
    WebhookEndpoint,
)
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import _
from core.messaging.event_queue import PLATFORM, account_of, dedupe_key
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue, notify_workers
from core.staff.alerts import to_room
from core.staff.record import record
from core.staff.rights import Action, not_found
from core.staff.rooms import rooms_of_all
from core.staff.webhooks import DISABLED, find


def disable(session: Session, staff: Staff, endpoint_id: int, now: datetime) -> None:
    """Send an endpoint no events any more. Raises StaffRefused: not_allowed, not_found.

    One that failed stays so: its events are stored still, for when it is mended.
    """
    endpoint = find(session, staff, Action.CHANGE_WEBHOOK, endpoint_id)
    if endpoint.disabled_at is None:
        stop(session, endpoint, DisabledBecause.BY_HAND, now)
    record(session, staff, Action.CHANGE_WEBHOOK, now, municipality_id=endpoint.municipality_id)


def stop(
    session: Session, endpoint: WebhookEndpoint, because: DisabledBecause, now: datetime
) -> None:
    """Disable an endpoint; what waits for it fails, and is sent when it is enabled again.

    An event that a worker is sending is left to it: it may wait for what this one has locked.
    """
    endpoint.disabled_at, endpoint.disabled_because = now, because
    waiting = (
        select(OutboxRow.id)
        .where(UNSENT, OutboxRow.account == account_of(endpoint.id))
        .with_for_update(skip_locked=True)
        .cte()
    )
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(select(waiting.c.id)), OutboxRow.status == OutboxStatus.PENDING)
        .values(
            status=OutboxStatus.FAILED,
            last_error=func.coalesce(OutboxRow.last_error, DISABLED),
        )
    )


def stop_and_alert(
    session: Session,
    registry: Registry,
    endpoint: WebhookEndpoint,
    because: DisabledBecause,
    now: datetime,
) -> None:
    """Disable an endpoint that takes no events, and alert the rooms of its municipality.

    Those are the rooms of the whole municipality; where there is none, all of its rooms.
    """
    stop(session, endpoint, because, now)
    rooms = rooms_of_all(session, endpoint.municipality_id)
    cause = Cause.webhook_disabled(endpoint.id, now)
    messages = [to_room(room, MessageKind.WEBHOOK_DISABLED, cause, now, None) for room in rooms]
    enqueue(session, registry.accounts, messages, now)


def enable(session: Session, staff: Staff, endpoint_id: int, now: datetime) -> int:
    """Enable an endpoint; return how many events it is sent now, in the order of the changes.

    Those are the ones that wait, and that failed. The transaction has LOAD_LOCK for itself: who
    saw the endpoint disabled has stored its event as failed, for this to find. Raises StaffRefused:
    not_allowed, not_found.
    """
    endpoint = find(session, staff, Action.CHANGE_WEBHOOK, endpoint_id)
    endpoint.disabled_at = endpoint.disabled_because = None
    record(session, staff, Action.CHANGE_WEBHOOK, now, municipality_id=endpoint.municipality_id)
    return _send_again(
        session,
        now,
        OutboxRow.platform == PLATFORM,  # for the index
        OutboxRow.status.in_((OutboxStatus.PENDING, OutboxStatus.FAILED)),
        OutboxRow.endpoint_id == endpoint_id,
    )


def replay_events(
    session: Session, staff: Staff, endpoint_id: int, event_ids: Collection[str], now: datetime
) -> int:
    """Send an endpoint events once more; return how many were named, each counted once.

    What is being sent just now is left at that. Raises StaffRefused: not_allowed, not_found,
    changed.
    """
    _find_enabled(session, staff, endpoint_id, now)
    keys = {dedupe_key(each, endpoint_id) for each in event_ids}
    named = OutboxRow.dedupe_key.in_(keys)
    if session.scalar(select(func.count(OutboxRow.id)).where(named)) != len(keys):
        raise not_found(_("There is no such event."))
    _send_again(session, now, named)
    return len(keys)


def replay_since(
    session: Session,
    staff: Staff,
    endpoint_id: int,
    now: datetime,
    since: datetime,
    until: datetime | None = None,
) -> int:
    """Send an endpoint the events of a time once more; return how many.

    Raises StaffRefused: not_allowed, not_found, changed.
    """
    _find_enabled(session, staff, endpoint_id, now)
    return _send_again(
        session,
        now,
        OutboxRow.endpoint_id == endpoint_id,
        OutboxRow.due_at >= since,
        *((OutboxRow.due_at < until,) if until else ()),
    )


def _find_enabled(session: Session, staff: Staff, endpoint_id: int, now: datetime) -> None:
    endpoint = find(session, staff, Action.SEND_WEBHOOK, endpoint_id)
    if endpoint.disabled_at is not None:
        raise StaffRefused(
            StaffRefusalKind.CHANGED, _("This endpoint is disabled. Please enable it first.")
        )
    record(session, staff, Action.SEND_WEBHOOK, now, municipality_id=endpoint.municipality_id)


def _send_again(session: Session, now: datetime, *matching: ColumnElement[bool]) -> int:
    """Send those events now, as if they had never been tried, except what is being sent."""
    again = session.execute(
        update(OutboxRow)
        .where(*matching, OutboxRow.status != OutboxStatus.CLAIMED)
        .values(
            status=OutboxStatus.PENDING,
            attempts=0,
            try_at=now,
            claimed_by=None,
            last_error=None,
        )
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    if again:
        notify_workers(session)
    return len(again)
