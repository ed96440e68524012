"""The addresses in the details of bookings: who gave them, and which can't be reached."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import (
    Booking,
    Contact,
    Conversation,
    History,
    HistoryAction,
    OutboxRow,
    OutboxStatus,
    Suppression,
)
from core.db.read_ahead import forget, keep, kept
from core.db.statements import run
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import platform_of
from core.messaging.recipients import ContactRecipient
from core.messaging.routes import ADDRESS_FIELDS, EMAIL, WAITING, Route, account_for

OWN_CHANGES = frozenset(
    {MessageKind.CONFIRMED, MessageKind.MOVED, MessageKind.CANCELLED, MessageKind.EDITED}
)
"""The changes that citizens make themselves, in a chat or on a page, which answers them."""

SUPPRESSED_FOR = timedelta(days=30)
"""The time after which an address in a booking's details that was refused is tried again."""

_FREE = "addresses without suppression"
_SUPPRESSED = select(Suppression.address).where(
    Suppression.account == bindparam("account"),
    Suppression.address.in_(bindparam("addresses", expanding=True)),
)

_GIVING = (HistoryAction.CONFIRMED, HistoryAction.EDITED)


def address_hash(registry: Registry, account: str, address: str) -> str:
    """Return the keyed hash by which an account's suppressions name an address."""
    return registry.keyed_hash(f"address {account} {address}")


def find_suppression(
    session: Session, registry: Registry, account: str, address: str
) -> Suppression | None:
    """Return the suppression of an address, if there is one."""
    key = (account, address_hash(registry, account, address))
    return None if kept(session, _FREE, key) else session.get(Suppression, key)


def read_suppressions(
    session: Session, registry: Registry, account: str, addresses: Collection[str]
) -> None:
    """Read at once which of an account's addresses are suppressed."""
    hashes = {address_hash(registry, account, each) for each in addresses}
    given = {"account": account, "addresses": list(hashes)}
    suppressed = set(run(session, _SUPPRESSED, given).scalars())
    keep(session, _FREE, {(account, each): True for each in hashes - suppressed})


def suppress(
    session: Session, registry: Registry, account: str, address: str, now: datetime
) -> None:
    """Send only replies to an address, until it is reachable again."""
    hashed = address_hash(registry, account, address)
    session.merge(Suppression(account=account, address=hashed, at=now))
    forget(session, _FREE, (account, hashed))


def may_be_alive(session: Session, booking_id: int, suppressed_at: datetime, now: datetime) -> bool:
    """Return whether a booking's refused address is to be tried again.

    That is once it was given anew, in a new booking or with changed details, or after
    SUPPRESSED_FOR.
    """
    if now >= suppressed_at + SUPPRESSED_FOR:
        return True
    given = select(func.max(History.at)).where(
        History.booking_id == booking_id, History.action.in_(_GIVING)
    )
    given_at = session.scalar(given)
    return given_at is not None and given_at > suppressed_at


def has_dead_email(session: Session, registry: Registry, booking: Booking) -> bool:
    """Return whether a booking has an e-mail address that was refused."""
    address = booking.details.get(ADDRESS_FIELDS[EMAIL])
    account = account_for(registry, EMAIL, booking.municipality_id)
    return bool(address and account and find_suppression(session, registry, account, address))


def citizen_change(session: Session, cause: Cause, kind: str) -> History | None:
    """Return the change that a message is about, where a citizen made it, perhaps by the code."""
    if kind not in OWN_CHANGES:
        return None
    change = session.get(History, cause.number)
    return change if change is not None and change.member_id is None else None


def was_answered(session: Session, change: History) -> bool:
    """Return whether the chat or page that made a change has told, or will tell, its citizen so."""
    if change.platform in WAITING:
        return True
    lost = select(OutboxRow.id).where(
        OutboxRow.booking_id == change.booking_id,
        OutboxRow.kind == MessageKind.REPLY,
        OutboxRow.due_at == change.at,
        OutboxRow.status.in_((OutboxStatus.FAILED, OutboxStatus.UNKNOWN)),
    )
    return session.scalar(lost.limit(1)) is None


def email_given(session: Session, booking: Booking) -> History | None:
    """Return the last change by which a booking's e-mail address was given."""
    changes = session.scalars(
        select(History)
        .where(History.booking_id == booking.id, History.action.in_(_GIVING))
        .order_by(History.id.desc())
    )
    return next(
        (
            each
            for each in changes
            if each.action == HistoryAction.CONFIRMED or ADDRESS_FIELDS[EMAIL] in each.fields
        ),
        None,
    )


def gave_email(session: Session, row: OutboxRow) -> bool:
    """Return whether the contact of a row that tells of a refused address is who gave it."""
    change = session.get(History, Cause.parse(row.dedupe_key, row.recipient).number)
    contact = session.get_one(Contact, row.contact_id)
    return change is not None and change.citizen_id == contact.citizen_id


def chat_of_email(
    session: Session, registry: Registry, booking: Booking
) -> tuple[History, Route] | None:
    """Return the change by which a booking's e-mail address was given, and the chat that made it.

    Of several chats of its citizen on that platform, it is the one that booked, else the first.
    None where staff made it, or that chat has ended.
    """
    change = email_given(session, booking)
    if change is None or change.member_id is not None or change.citizen_id is None:
        return None
    contacts = session.scalars(
        select(Contact)
        .outerjoin(Conversation, Conversation.contact_id == Contact.id)
        .where(Contact.citizen_id == change.citizen_id, Conversation.ended_at.is_(None))
        .order_by(Contact.id != booking.contact_id, Contact.id)
    )
    for contact in contacts:
        if platform_of(contact.account) == change.platform and contact.account in registry.accounts:
            return change, Route(contact.account, ContactRecipient(contact.id))
    return None
