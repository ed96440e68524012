"""One message from claim to settlement: each a transaction, and the sending between them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.conversation import House
from bot.logs import places
from bot.platforms.platform import Reach, Receipt
from bot.replies import Reply
from bot.words import worded
from core import outbox
from core.backlog import RETRIED
from core.errors import DeliveryError
from core.notices import REPLY, owe_instead
from core.tables import Outgoing, Suppression
from core.tally import note

log = structlog.get_logger()


@dataclass(frozen=True)
class Parcel:
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


def collect(
    session: Session,
    house: House,
    accounts: Collection[str],
    worker: str,
    limit: int,
    give_up: timedelta,
) -> tuple[list[Parcel], int]:
    """Claim what may be sent now and put it into words; also how many were claimed.

    What is no longer true or too late ends here. What can't be put into words keeps no other back.
    """
    now = house.clock()
    rows = outbox.claim(session, accounts, worker, now, limit)
    if rows:
        house.office.refresh(session)
    parcels = []
    for row in rows:
        if row.expires_at and row.expires_at <= now:
            _end(session, row, "expired")
            continue
        try:
            words = worded(session, house, row)
        except DBAPIError:
            raise
        except Exception as error:
            log.error("no words", message=row.id, error=type(error).__name__, places=places(error))
            _postpone(session, house, row, DeliveryError(type(error).__name__), give_up)
            continue
        if words is None:
            _end(session, row, "cancelled")
            continue
        address, reply = words
        replaces = _provider_id(session, row.replaces_id)
        if reply.closing and replaces is None:
            _end(session, row, "cancelled")
            continue
        suppressed = session.get(Suppression, _key(house, row.account, address))
        if suppressed and row.last_error == RETRIED:
            session.delete(suppressed)
            suppressed = None
        # Whoever writes to us can be written to: a reply is tried all the same.
        if suppressed and row.kind != REPLY:
            _give_up(session, house, row, "suppressed")
            continue
        parcels.append(
            Parcel(
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


def sent(session: Session, house: House, parcel: Parcel, provider_id: str | None) -> bool:
    """Note that a message was sent; False where another worker has it by now."""
    row = outbox.leased(session, parcel.id, parcel.worker, parcel.attempts)
    if row is None:
        return False
    row.provider_id = provider_id
    _end(session, row, "sent")
    if parcel.was_suppressed:
        reach_again(session, house, parcel.account, parcel.address)
    return True


def not_sent(
    session: Session, house: House, parcel: Parcel, error: DeliveryError, give_up: timedelta
) -> bool:
    """Have it tried again, or given up, and what it says sent another way."""
    row = outbox.leased(session, parcel.id, parcel.worker, parcel.attempts)
    if row is None:
        return False
    _postpone(session, house, row, error, give_up)
    if error.unreachable:
        suppress(session, house, parcel.account, parcel.address)
    return True


def suppress(session: Session, house: House, account: str, address: str) -> None:
    """Note that an address can't be reached, until it is heard from."""
    _account, hashed = _key(house, account, address)
    session.merge(Suppression(account=account, address=hashed, at=house.clock()))
    log.info("address suppressed", account=account)


def reach_again(session: Session, house: House, account: str, address: str) -> None:
    """Forget that an address couldn't be reached."""
    _account, hashed = _key(house, account, address)
    session.execute(
        delete(Suppression).where(Suppression.account == account, Suppression.address == hashed)
    )


def taken(session: Session, house: House, account: str, news: Receipt | Reach) -> None:
    """Note what a platform tells of a message of ours, or of an address.

    A message only goes forward: sent, delivered, seen. Raises LostRace.
    """
    if isinstance(news, Reach):
        (reach_again if news.reachable else suppress)(session, house, account, news.address)
        return
    row = outbox.of_receipt(session, account, news.address, news.message, house.clock())
    if row is None or row.status not in outbox.ARRIVED:
        return
    if news.status == "failed":
        if row.status == "sent":
            _give_up(session, house, row, news.why.replace(news.address, "…"))
    elif outbox.ARRIVED.index(news.status) > outbox.ARRIVED.index(row.status):
        _end(session, row, news.status)


def left(session: Session, parcel: Parcel) -> bool:
    """Leave a message to whoever looks into it: what became of it couldn't be noted."""
    row = outbox.leased(session, parcel.id, parcel.worker, parcel.attempts)
    if row:
        _end(session, row, "failed", "what became of it couldn't be noted")
    return row is not None


def _postpone(
    session: Session, house: House, row: Outgoing, error: DeliveryError, give_up: timedelta
) -> None:
    now = house.clock()
    again = max(outbox.retry_at(row.attempts, now), now + timedelta(seconds=error.retry_after))
    if error.for_good or again > row.due_at + give_up:
        _give_up(session, house, row, error.why)
    else:
        row.try_at = again
        _end(session, row, "pending", error.why)


def _give_up(session: Session, house: House, row: Outgoing, why: str) -> None:
    """Have what it says go another way."""
    _end(session, row, "failed", why)
    owe_instead(session, house.office, row, house.clock())


def _end(session: Session, row: Outgoing, status: str, why: str | None = None) -> None:
    row.status, row.last_error, row.claimed_by = status, why, None
    note(session, "delivery", row.platform, status)
    if why:
        said = "message given up" if status == "failed" else "delivery failed"
        log.info(said, message=row.id, platform=row.platform, attempts=row.attempts, why=why)


def _key(house: House, account: str, address: str) -> tuple[str, str]:
    return account, house.office.keyed_hash(f"address {account} {address}")


def _provider_id(session: Session, row_id: int | None) -> str | None:
    """What the provider calls the message that is to be replaced, if it was sent."""
    if row_id is None:
        return None
    return session.scalar(select(Outgoing.provider_id).where(Outgoing.id == row_id))
