"""What a change to a booking makes us owe, to whom, when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.catalogue.registry import Registry
from core.db.models import Booking, Contact, History, OutboxRow
from core.messaging.outbox import (
    OutboxMessage,
    cancel_pending,
    enqueue,
    platform_of,
    reschedule,
)

EMAILED_CHANGES = frozenset({"confirmed", "moved", "cancelled", "edited"})
"""The changes that the attendee is written about, when they gave an email address."""

CHANGES_TOLD_TO_OWNER = frozenset({"moved", "cancelled", "edited"})
"""The changes that whoever booked is told of, when another did them with code and number."""

REMINDER = "reminder"
REPLY = "reply"
EMAIL = "email"

ADDRESS_FIELDS = {EMAIL: "email", "sms": "phone"}
"""The platforms that send to an address in a booking's details, and the field that has it."""


@dataclass(frozen=True)
class Route:
    """A way to somebody: a contact of theirs, or the address that a booking has."""

    account: str
    recipient: str
    contact_id: int | None = None


def enqueue_notifications(
    session: Session,
    registry: Registry,
    booking: Booking,
    change: History,
    now: datetime,
    actor: Actor,
) -> None:
    """Post what that change makes us owe, where its account is configured."""
    hours = registry[booking.municipality_id].body.rules.reminder_hours
    remind_at = booking.starts_at - timedelta(hours=hours)
    # One that would be due by now isn't owed; its row stands, for the booking may be moved.
    status = "pending" if hours and remind_at > now else "cancelled"
    what = f"change {change.id}"
    told = [
        notification(booking, way, what, change.action, now)
        for way in _addresses(registry, booking)
        if platform_of(way.account) == EMAIL and change.action in EMAILED_CHANGES
    ]
    if change.action == "confirmed" and actor.contact_id:
        way = Route(actor.account, f"contact {actor.contact_id}", actor.contact_id)
        reminder = notification(booking, way, f"{REMINDER} {booking.id}", REMINDER, remind_at)
        told.append(replace(reminder, expires_at=booking.starts_at, status=status))
    elif change.action == "moved":
        reschedule(session, booking.id, REMINDER, remind_at, booking.starts_at, status)
    elif booking.state == "cancelled":
        cancel_pending(session, booking.id, REMINDER)
    if change.action in CHANGES_TOLD_TO_OWNER and change.citizen_id != booking.citizen_id:
        told += [
            notification(booking, way, what, change.action, now)
            for way in _chats(session, registry, booking)[:1]
        ]
    enqueue(session, registry, told, now)


def enqueue_fallback(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> None:
    """Owe a message that can't reach its recipient to the next way that the citizen gave."""
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    if booking is None:
        return
    what, kind = row.dedupe_key.removesuffix(f" {row.recipient}"), row.kind
    if kind == REPLY:  # what it confirmed may be owed by email as well, and is then owed once
        what, kind = f"change {_last_change(session, booking)}", "confirmed"
    ways = [*_chats(session, registry, booking), *_addresses(registry, booking)]
    recipients = [way.recipient for way in ways]
    after = recipients.index(row.recipient) + 1 if row.recipient in recipients else 0
    for way in ways[after : after + 1]:
        message = notification(booking, way, what, kind, now)
        enqueue(session, registry, [replace(message, expires_at=row.expires_at)], now)


def notification(
    booking: Booking, way: Route, what: str, kind: str, due_at: datetime
) -> OutboxMessage:
    """A message about a booking, to go that way; `what` and the way make it owed once."""
    return OutboxMessage(
        way.account,
        kind,
        way.recipient,
        due_at,
        f"{what} {way.recipient}",
        contact_id=way.contact_id,
        booking_id=booking.id,
        expires_at=booking.ends_at,
    )


def _chats(session: Session, registry: Registry, booking: Booking) -> list[Route]:
    """The contacts of whoever booked, over which they can be written to."""
    contacts = session.scalars(
        select(Contact).where(Contact.citizen_id == booking.citizen_id).order_by(Contact.id)
    )
    return [
        Route(contact.account, f"contact {contact.id}", contact.id)
        for contact in contacts
        if contact.account in registry.accounts
    ]


def _addresses(registry: Registry, booking: Booking) -> list[Route]:
    """Return the routes to the attendee's own addresses, which the booking's details have."""
    return [
        # Named by the platform, so that a message isn't repeated when the account changes.
        Route(account, f"{platform} of booking {booking.id}")
        for platform, field in ADDRESS_FIELDS.items()
        if booking.details.get(field)
        and (account := account_for(registry, platform, booking.municipality_id))
    ]


def account_for(registry: Registry, platform: str, municipality_id: str) -> str | None:
    """Return the account of a platform that serves a municipality: its own, else a shared one.

    Of several, the first by name.
    """
    accounts = sorted(each for each in registry.accounts if platform_of(each) == platform)
    shared = (each for each in accounts if each not in registry.own_accounts)
    own = (each for each in accounts if registry.own_accounts.get(each) == municipality_id)
    return next(own, None) or next(shared, None)


def _last_change(session: Session, booking: Booking) -> int | None:
    return session.scalar(select(func.max(History.id)).where(History.booking_id == booking.id))
