"""The transactions of a message's delivery: it is claimed, then sent, then settled."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.context import Services
from bot.delivery.compose import render_message
from bot.messages import Reply
from bot.platforms.webhook import Reachability, Receipt
from bot.telemetry.logging import traceback_lines
from core.db.events import record_event
from core.db.models import OutboxRow, OutboxStatus, Suppression
from core.errors import DeliveryError
from core.messaging import outbox, receipts
from core.messaging.keys import MessageKind
from core.messaging.notifications import enqueue_fallback
from core.messaging.outbox_admin import RETRIED

log = structlog.get_logger()


@dataclass(frozen=True)
class ClaimedMessage:
    """A claimed message, composed; `worker` and `attempts` identify its lease."""

    id: int
    worker: str
    attempts: int
    platform: str
    account: str
    address: str
    reply: Reply
    replaces: str | None
    was_suppressed: bool


def claim_and_render(
    session: Session,
    services: Services,
    accounts: Collection[str],
    worker: str,
    limit: int,
    give_up: timedelta,
) -> tuple[list[ClaimedMessage], int]:
    """Claim the messages that may be sent now and compose them; also return how many were claimed.

    One that is no longer true, or too late, ends here. One that can't be composed is tried again
    and delays no other.
    """
    now = services.clock()
    rows = outbox.claim(session, accounts, worker, now, limit)
    if rows:
        services.registry.refresh(session)
    messages = []
    for row in rows:
        if row.expires_at and row.expires_at <= now:
            _end(session, row, OutboxStatus.EXPIRED)
            continue
        try:
            composed = render_message(session, services, row)
        except DBAPIError:
            raise
        except Exception as error:
            log.error(
                "no words",
                message=row.id,
                error=type(error).__name__,
                places=traceback_lines(error),
            )
            _retry_or_give_up(session, services, row, DeliveryError(type(error).__name__), give_up)
            continue
        if composed is None:
            _end(session, row, OutboxStatus.CANCELLED)
            continue
        address, reply = composed
        replaces = _provider_id(session, row.replaces_id)
        if reply.closing and replaces is None:
            _end(session, row, OutboxStatus.CANCELLED)
            continue
        suppressed = session.get(Suppression, _key(services, row.account, address))
        if suppressed and row.last_error == RETRIED:
            session.delete(suppressed)
            suppressed = None
        # A reply is tried all the same: whoever writes to us can usually be written to.
        if suppressed and row.kind != MessageKind.REPLY:
            _give_up(session, services, row, "suppressed")
            continue
        messages.append(
            ClaimedMessage(
                row.id,
                worker,
                row.attempts,
                row.platform,
                row.account,
                address,
                reply,
                replaces,
                suppressed is not None,
            )
        )
    return messages, len(rows)


def mark_sent(
    session: Session, services: Services, message: ClaimedMessage, provider_id: str | None
) -> bool:
    """Record that a message was sent; return False where another worker has claimed it by now."""
    row = outbox.get_claimed(session, message.id, message.worker, message.attempts)
    if row is None:
        return False
    row.provider_id = provider_id
    _end(session, row, OutboxStatus.SENT)
    if message.was_suppressed:
        unsuppress(session, services, message.account, message.address)
    return True


def mark_failed(
    session: Session,
    services: Services,
    message: ClaimedMessage,
    error: DeliveryError,
    give_up: timedelta,
) -> bool:
    """Record that sending failed: it is tried again, or given up and sent another way.

    Return False where another worker has claimed it by now.
    """
    row = outbox.get_claimed(session, message.id, message.worker, message.attempts)
    if row is None:
        return False
    _retry_or_give_up(session, services, row, error, give_up)
    if error.unreachable:
        suppress(session, services, message.account, message.address)
    return True


def suppress(session: Session, services: Services, account: str, address: str) -> None:
    """Send an address nothing but replies, until it is reachable again."""
    _account, hashed = _key(services, account, address)
    session.merge(Suppression(account=account, address=hashed, at=services.clock()))
    log.info("address suppressed", account=account)


def unsuppress(session: Session, services: Services, account: str, address: str) -> None:
    """Send an address all messages again."""
    _account, hashed = _key(services, account, address)
    session.execute(
        delete(Suppression).where(Suppression.account == account, Suppression.address == hashed)
    )


def apply_status(
    session: Session, services: Services, account: str, report: Receipt | Reachability
) -> None:
    """Record what a platform reports of a message of ours, or of an address.

    A message's status only goes forward: sent, delivered, seen. Raises RetryTransaction.
    """
    if isinstance(report, Reachability):
        (unsuppress if report.reachable else suppress)(session, services, account, report.address)
        return
    row = receipts.find_by_provider_id(
        session, account, report.address, report.message, services.clock()
    )
    if row is None or row.status not in outbox.SENT_STATUSES:
        return
    status = OutboxStatus(report.status)
    if status is OutboxStatus.FAILED:
        if row.status == OutboxStatus.SENT:
            _give_up(session, services, row, report.why.replace(report.address, "…"))
    elif outbox.SENT_STATUSES.index(status) > outbox.SENT_STATUSES.index(row.status):
        _end(session, row, status)


def abandon(session: Session, message: ClaimedMessage) -> bool:
    """Mark a message failed whose outcome couldn't be recorded; `rantevou outbox` lists it."""
    row = outbox.get_claimed(session, message.id, message.worker, message.attempts)
    if row:
        _end(session, row, OutboxStatus.FAILED, "what became of it couldn't be noted")
    return row is not None


def _retry_or_give_up(
    session: Session, services: Services, row: OutboxRow, error: DeliveryError, give_up: timedelta
) -> None:
    now = services.clock()
    again = max(outbox.retry_at(row.attempts, now), now + timedelta(seconds=error.retry_after))
    if error.for_good or again > row.due_at + give_up:
        _give_up(session, services, row, error.why)
    else:
        row.try_at = again
        _end(session, row, OutboxStatus.PENDING, error.why)


def _give_up(session: Session, services: Services, row: OutboxRow, why: str) -> None:
    """Mark a message failed, and send what it says another way."""
    _end(session, row, OutboxStatus.FAILED, why)
    enqueue_fallback(session, services.registry, row, services.clock())


def _end(session: Session, row: OutboxRow, status: OutboxStatus, why: str | None = None) -> None:
    row.status, row.last_error, row.claimed_by = status, why, None
    record_event(session, "delivery", row.platform, status)
    if why:
        event = "message given up" if status is OutboxStatus.FAILED else "delivery failed"
        log.info(event, message=row.id, platform=row.platform, attempts=row.attempts, why=why)


def _key(services: Services, account: str, address: str) -> tuple[str, str]:
    return account, services.registry.keyed_hash(f"address {account} {address}")


def _provider_id(session: Session, row_id: int | None) -> str | None:
    """Return the provider's id of the message that is to be replaced, if it was sent."""
    if row_id is None:
        return None
    return session.scalar(select(OutboxRow.provider_id).where(OutboxRow.id == row_id))
