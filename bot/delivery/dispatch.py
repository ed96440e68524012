"""One message from claim to settlement: each a transaction, and the sending between them."""

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
from bot.platforms.base import Reachability, Receipt
from bot.telemetry.logging import traceback_lines
from core.db.events import record_event
from core.db.models import OutboxRow, Suppression
from core.errors import DeliveryError
from core.messaging import outbox, receipts
from core.messaging.notifications import REPLY, enqueue_fallback
from core.messaging.outbox_admin import RETRIED

log = structlog.get_logger()


@dataclass(frozen=True)
class ClaimedMessage:
    """A claimed message, in words; `worker` and `attempts` are its lease."""

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
    """Claim what may be sent now and put it into words; also how many were claimed.

    What is no longer true or too late ends here. What can't be put into words keeps no other back.
    """
    now = services.clock()
    rows = outbox.claim(session, accounts, worker, now, limit)
    if rows:
        services.registry.refresh(session)
    parcels = []
    for row in rows:
        if row.expires_at and row.expires_at <= now:
            _end(session, row, "expired")
            continue
        try:
            words = render_message(session, services, row)
        except DBAPIError:
            raise
        except Exception as error:
            log.error(
                "no words",
                message=row.id,
                error=type(error).__name__,
                places=traceback_lines(error),
            )
            _postpone(session, services, row, DeliveryError(type(error).__name__), give_up)
            continue
        if words is None:
            _end(session, row, "cancelled")
            continue
        address, reply = words
        replaces = _provider_id(session, row.replaces_id)
        if reply.closing and replaces is None:
            _end(session, row, "cancelled")
            continue
        suppressed = session.get(Suppression, _key(services, row.account, address))
        if suppressed and row.last_error == RETRIED:
            session.delete(suppressed)
            suppressed = None
        # Whoever writes to us can be written to: a reply is tried all the same.
        if suppressed and row.kind != REPLY:
            _give_up(session, services, row, "suppressed")
            continue
        parcels.append(
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
    return parcels, len(rows)


def mark_sent(
    session: Session, services: Services, parcel: ClaimedMessage, provider_id: str | None
) -> bool:
    """Note that a message was sent; False where another worker has it by now."""
    row = outbox.get_claimed(session, parcel.id, parcel.worker, parcel.attempts)
    if row is None:
        return False
    row.provider_id = provider_id
    _end(session, row, "sent")
    if parcel.was_suppressed:
        unsuppress(session, services, parcel.account, parcel.address)
    return True


def mark_failed(
    session: Session,
    services: Services,
    parcel: ClaimedMessage,
    error: DeliveryError,
    give_up: timedelta,
) -> bool:
    """Have it tried again, or given up, and what it says sent another way."""
    row = outbox.get_claimed(session, parcel.id, parcel.worker, parcel.attempts)
    if row is None:
        return False
    _postpone(session, services, row, error, give_up)
    if error.unreachable:
        suppress(session, services, parcel.account, parcel.address)
    return True


def suppress(session: Session, services: Services, account: str, address: str) -> None:
    """Note that an address can't be reached, until it is heard from."""
    _account, hashed = _key(services, account, address)
    session.merge(Suppression(account=account, address=hashed, at=services.clock()))
    log.info("address suppressed", account=account)


def unsuppress(session: Session, services: Services, account: str, address: str) -> None:
    """Forget that an address couldn't be reached."""
    _account, hashed = _key(services, account, address)
    session.execute(
        delete(Suppression).where(Suppression.account == account, Suppression.address == hashed)
    )


def apply_status(
    session: Session, services: Services, account: str, news: Receipt | Reachability
) -> None:
    """Note what a platform tells of a message of ours, or of an address.

    A message only goes forward: sent, delivered, seen. Raises LostRace.
    """
    if isinstance(news, Reachability):
        (unsuppress if news.reachable else suppress)(session, services, account, news.address)
        return
    row = receipts.find_by_provider_id(
        session, account, news.address, news.message, services.clock()
    )
    if row is None or row.status not in outbox.SENT_STATUSES:
        return
    if news.status == "failed":
        if row.status == "sent":
            _give_up(session, services, row, news.why.replace(news.address, "…"))
    elif outbox.SENT_STATUSES.index(news.status) > outbox.SENT_STATUSES.index(row.status):
        _end(session, row, news.status)


def abandon(session: Session, parcel: ClaimedMessage) -> bool:
    """Leave a message to whoever looks into it: what became of it couldn't be noted."""
    row = outbox.get_claimed(session, parcel.id, parcel.worker, parcel.attempts)
    if row:
        _end(session, row, "failed", "what became of it couldn't be noted")
    return row is not None


def _postpone(
    session: Session, services: Services, row: OutboxRow, error: DeliveryError, give_up: timedelta
) -> None:
    now = services.clock()
    again = max(outbox.retry_at(row.attempts, now), now + timedelta(seconds=error.retry_after))
    if error.for_good or again > row.due_at + give_up:
        _give_up(session, services, row, error.why)
    else:
        row.try_at = again
        _end(session, row, "pending", error.why)


def _give_up(session: Session, services: Services, row: OutboxRow, why: str) -> None:
    """Have what it says go another way."""
    _end(session, row, "failed", why)
    enqueue_fallback(session, services.registry, row, services.clock())


def _end(session: Session, row: OutboxRow, status: str, why: str | None = None) -> None:
    row.status, row.last_error, row.claimed_by = status, why, None
    record_event(session, "delivery", row.platform, status)
    if why:
        said = "message given up" if status == "failed" else "delivery failed"
        log.info(said, message=row.id, platform=row.platform, attempts=row.attempts, why=why)


def _key(services: Services, account: str, address: str) -> tuple[str, str]:
    return account, services.registry.keyed_hash(f"address {account} {address}")


def _provider_id(session: Session, row_id: int | None) -> str | None:
    """What the provider calls the message that is to be replaced, if it was sent."""
    if row_id is None:
        return None
    return session.scalar(select(OutboxRow.provider_id).where(OutboxRow.id == row_id))
