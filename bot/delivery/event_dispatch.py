"""The transactions of events to webhook endpoints: claim them, then record the outcome."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.delivery.claimed import ClaimedEvent
from bot.telemetry.logging import without_quotes
from core.db.events import record_event
from core.db.models import DisabledBecause, OutboxRow, OutboxStatus, WebhookEndpoint
from core.errors import DeliveryError
from core.messaging import event_queue, outbox
from core.staff.webhook_sending import stop_and_alert
from core.staff.webhooks import signing_secrets

log = structlog.get_logger()

EVENTS = {
    OutboxStatus.PENDING: "delivery failed",
    OutboxStatus.FAILED: "message given up",
}
"""The event that is logged where an event wasn't delivered, by what comes of it."""


_ENABLED = select(WebhookEndpoint.id).where(WebhookEndpoint.disabled_at.is_(None))


def due_accounts(session: Session, services: Services, full: Collection[str]) -> Sequence[str]:
    """Return the accounts of enabled endpoints, except the `full`, if anything may be sent now."""
    enabled = map(event_queue.account_of, session.scalars(_ENABLED))
    accounts = [each for each in enabled if each not in full]
    return accounts if event_queue.is_due(session, accounts, services.clock()) else ()


def claim_events(
    session: Session,
    services: Services,
    accounts: Collection[str],
    worker: str,
    limit: int,
    sending: Collection[int] = (),
) -> list[ClaimedEvent]:
    """Claim the events that may be sent now, of those of these accounts that are enabled still.

    Who disables one waits until this is committed: an earlier event may have failed meanwhile.
    """
    now = services.clock()
    enabled = map(event_queue.account_of, session.scalars(_ENABLED.with_for_update(read=True)))
    among = [each for each in enabled if each in accounts]
    rows = event_queue.claim(session, among, worker, now, limit, sending)
    found = select(WebhookEndpoint).where(WebhookEndpoint.id.in_({row.endpoint_id for row in rows}))
    endpoints = {each.id: each for each in session.scalars(found)} if rows else {}
    claimed = []
    for row in rows:
        endpoint = endpoints[row.endpoint_id or 0]
        claimed.append(
            ClaimedEvent(
                row.id,
                worker,
                row.attempts,
                row.account,
                row.event_id or "",
                row.payload or "",
                endpoint.url,
                signing_secrets(endpoint, now),
            )
        )
    return claimed


def mark_delivered(session: Session, event: ClaimedEvent) -> bool:
    """Record that an event was delivered; return False where another worker has it by now."""
    row = outbox.get_claimed(session, event.id, event.worker, event.attempts)
    if row is None:
        return False
    _set_status(row, OutboxStatus.SENT, None)
    record_event(session, "delivery", row.platform, OutboxStatus.SENT)
    return True


def mark_undelivered(
    session: Session, services: Services, event: ClaimedEvent, error: DeliveryError
) -> bool:
    """Record that an event wasn't delivered: it is tried again by its plan.

    After the last try, or where the endpoint asks for no more, the endpoint is disabled. Return
    False where another worker has the event by now.
    """
    row = outbox.get_claimed(session, event.id, event.worker, event.attempts)
    if row is None:
        return False
    now = services.clock()
    endpoint = session.get_one(WebhookEndpoint, row.endpoint_id, with_for_update=True)
    again = event_queue.next_try(row.attempts, now)
    if again is None or error.unreachable or endpoint.disabled_at is not None:
        _set_status(row, OutboxStatus.FAILED, error.why)
    else:
        row.try_at = max(again, now + timedelta(seconds=error.retry_after))
        _set_status(row, OutboxStatus.PENDING, error.why)
    record_event(session, "delivery", row.platform, row.status)
    log.info(
        EVENTS[OutboxStatus(row.status)],
        message=row.id,
        platform=row.platform,
        endpoint=endpoint.id,
        attempts=row.attempts,
        why=row.last_error,
    )
    if row.status == OutboxStatus.FAILED and endpoint.disabled_at is None:
        session.flush()
        because = DisabledBecause.GONE if error.unreachable else DisabledBecause.FAILED
        stop_and_alert(session, services.registry, endpoint, because, now)
        log.warning("webhook disabled", endpoint=endpoint.id, because=because)
    return True


def _set_status(row: OutboxRow, status: OutboxStatus, why: str | None) -> None:
    row.status, row.claimed_by = status, None
    row.last_error = without_quotes(why) if why else None
