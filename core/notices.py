"""What a change to a booking makes us owe, to whom, when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.office import Office
from core.outbox import Owed, call_off, post, put_off
from core.tables import Booking, Contact, History, Outgoing

BY_EMAIL = frozenset({"confirmed", "moved", "cancelled", "edited"})
"""The changes that the attendee is written about, when they gave an email address."""

ELSEWHERE = frozenset({"moved", "cancelled", "edited"})
"""The changes that whoever booked is told of, when another did them with code and number."""

REMINDER = "reminder"
REPLY = "reply"
EMAIL = "email"

ADDRESSES = {EMAIL: "email", "sms": "phone"}
"""The accounts that write to what a booking's details say, and the field that says it."""


@dataclass(frozen=True)
class Way:
    """A way to somebody: a contact of theirs, or the address that a booking has."""

    account: str
    recipient: str
    contact_id: int | None = None


def owe(
    session: Session, office: Office, booking: Booking, change: History, now: datetime, actor: Actor
) -> None:
    """Post what that change makes us owe, where its account is configured."""
    hours = office[booking.municipality_id].body.rules.reminder_hours
    remind_at = booking.starts_at - timedelta(hours=hours)
    # One that would be due by now isn't owed; its row stands, for the booking may be moved.
    status = "pending" if hours and remind_at > now else "cancelled"
    what = f"change {change.id}"
    told = [
        owed(booking, way, what, change.action, now)
        for way in _addresses(booking)
        if way.account == EMAIL and change.action in BY_EMAIL
    ]
    if change.action == "confirmed" and actor.contact_id:
        way = Way(actor.account, f"contact {actor.contact_id}", actor.contact_id)
        reminder = owed(booking, way, f"{REMINDER} {booking.id}", REMINDER, remind_at)
        told.append(replace(reminder, expires_at=booking.starts_at, status=status))
    elif change.action == "moved":
        put_off(session, booking.id, REMINDER, remind_at, booking.starts_at, status)
    elif booking.state == "cancelled":
        call_off(session, booking.id, REMINDER)
    if change.action in ELSEWHERE and change.citizen_id != booking.citizen_id:
        told += [
            owed(booking, way, what, change.action, now)
            for way in _chats(session, office, booking)[:1]
        ]
    post(session, office, told, now)


def owe_instead(session: Session, office: Office, row: Outgoing, now: datetime) -> None:
    """Owe a message that can't reach its recipient to the next way that the citizen gave."""
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    if booking is None:
        return
    what, kind = row.dedupe_key.removesuffix(f" {row.recipient}"), row.kind
    if kind == REPLY:  # what it confirmed may be owed by email as well, and is then owed once
        what, kind = f"change {_last_change(session, booking)}", "confirmed"
    ways = [*_chats(session, office, booking), *_addresses(booking)]
    recipients = [way.recipient for way in ways if way.account in office.accounts]
    after = recipients.index(row.recipient) + 1 if row.recipient in recipients else 0
    for way in ways:
        if way.recipient in recipients[after : after + 1]:
            message = owed(booking, way, what, kind, now)
            post(session, office, [replace(message, expires_at=row.expires_at)], now)


def owed(booking: Booking, way: Way, what: str, kind: str, due_at: datetime) -> Owed:
    """A message about a booking, to go that way; `what` and the way make it owed once."""
    return Owed(
        way.account,
        kind,
        way.recipient,
        due_at,
        f"{what} {way.recipient}",
        contact_id=way.contact_id,
        booking_id=booking.id,
        expires_at=booking.ends_at,
    )


def _chats(session: Session, office: Office, booking: Booking) -> list[Way]:
    """The contacts of whoever booked, over which they can be written to."""
    contacts = session.scalars(
        select(Contact).where(Contact.citizen_id == booking.citizen_id).order_by(Contact.id)
    )
    return [
        Way(contact.account, f"contact {contact.id}", contact.id)
        for contact in contacts
        if contact.account in office.accounts
    ]


def _addresses(booking: Booking) -> list[Way]:
    """What a booking's own details say of how to reach its attendee."""
    return [
        Way(account, f"{account} of booking {booking.id}")
        for account, field in ADDRESSES.items()
        if booking.details.get(field)
    ]


def _last_change(session: Session, booking: Booking) -> int | None:
    return session.scalar(select(func.max(History.id)).where(History.booking_id == booking.id))
