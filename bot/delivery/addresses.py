"""Addresses that can't be reached: only replies are sent there."""

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.context import Services
from core.catalogue.registry import Registry
from core.db.models import OutboxRow, Suppression
from core.messaging import addresses
from core.messaging.addresses import address_hash, find_suppression, may_be_alive
from core.messaging.outbox_admin import RETRIED

log = structlog.get_logger()


def suppression_of(
    session: Session, services: Services, row: OutboxRow, address: str
) -> Suppression | None:
    """Return the suppression of a row's address; it ends where the technician retries the row.

    That of an address in a booking's details ends, too, when it is given anew, and with time. All
    that is unless its owner has stopped messages, for anybody may give it.
    """

    def is_stopped() -> bool:
        hashed = stopped_hash(services.registry, row.account, address)
        return session.get(Suppression, (row.account, hashed)) is not None

    if row.last_error == RETRIED and not is_stopped():
        unsuppress(session, services, row.account, address)
        return None
    if row.room_id is not None:
        return None  # a chat that can't be written to is unbound instead
    found = find_suppression(session, services.registry, row.account, address)
    if found is None or row.contact_id is not None or row.booking_id is None:
        return found
    if is_stopped():
        return found
    if not may_be_alive(session, row.booking_id, found.at, services.clock()):
        return found
    session.delete(found)
    return None


def suppress(session: Session, services: Services, account: str, address: str) -> None:
    """Send only replies to an address, until it is reachable again."""
    addresses.suppress(session, services.registry, account, address, services.clock())
    log.info("address suppressed", account=account)


def stop(session: Session, services: Services, account: str, address: str) -> None:
    """Send only replies to an address until its owner, who wants no more, takes that back.

    That is kept among the suppressions, by another hash, beside its own.
    """
    suppress(session, services, account, address)
    hashed = stopped_hash(services.registry, account, address)
    session.merge(Suppression(account=account, address=hashed, at=services.clock()))


def unsuppress(session: Session, services: Services, account: str, address: str) -> None:
    """Send all messages to an address again."""
    of_address = (address_hash, _reported_hash, stopped_hash)
    hashes = [of(services.registry, account, address) for of in of_address]
    session.execute(
        delete(Suppression).where(Suppression.account == account, Suppression.address.in_(hashes))
    )


def is_reported_again(session: Session, services: Services, account: str, address: str) -> bool:
    """Return whether it was reported before, of another message, that an address is dead.

    The first such report is kept among the suppressions, by another hash, which suppresses nothing.
    """
    hashed = _reported_hash(services.registry, account, address)
    if found := session.get(Suppression, (account, hashed)):
        session.delete(found)
        return True
    session.add(Suppression(account=account, address=hashed, at=services.clock()))
    return False


def _reported_hash(registry: Registry, account: str, address: str) -> str:
    return registry.keyed_hash(f"reported {account} {address}")


def stopped_hash(registry: Registry, account: str, address: str) -> str:
    """Return the keyed hash by which suppressions name an address whose owner stopped messages."""
    return registry.keyed_hash(f"stopped {account} {address}")
