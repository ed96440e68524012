"""Notifications: the messages that a change to a booking causes, to whom and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.catalogue.registry import Registry
from core.db.advisory_locks import lock
from core.db.models import (
    Booking,
    BookingState,
    Contact,
    Conversation,
    History,
    HistoryAction,
    OutboxRow,
    OutboxStatus,
)
from core.messaging.keys import (
    AttendeeRecipient,
    Cause,
    ContactRecipient,
    MessageKind,
    Recipient,
)
from core.messaging.outbox import (
    SENT_STATUSES,
    OutboxMessage,
    cancel_pending,
    enqueue,
    platform_of,
    reschedule,
)
from core.messaging.reminder_times import due_times

EMAILED_CHANGES = frozenset(
    {MessageKind.CONFIRMED, MessageKind.MOVED, MessageKind.CANCELLED, MessageKind.EDITED}
)
"""The changes that are sent to the attendee's email address, where one was given."""

CHANGES_SENT_TO_CITIZEN = frozenset({MessageKind.MOVED, MessageKind.CANCELLED, MessageKind.EDITED})
"""The changes that the citizen who booked is sent, where somebody else made them by the code."""

BY_OFFICE = {
    MessageKind.MOVED: MessageKind.MOVED_BY_OFFICE,
    MessageKind.CANCELLED: MessageKind.CANCELLED_BY_OFFICE,
    MessageKind.EDITED: MessageKind.EDITED_BY_OFFICE,
}
"""The kinds of message about changes that staff made."""

EMAIL = "email"

ADDRESS_FIELDS = {EMAIL: "email", "sms": "phone"}
"""The platforms that send to an address in a booking's details, with that detail's field."""


WAITING = frozenset({"webchat"})
"""The platforms whose messages wait until their reader comes to fetch them."""


@dataclass(frozen=True)
class Route:
    """A way to reach somebody: a recipient, and the account that sends."""

    account: str
    recipient: Recipient

    @property
    def contact_id(self) -> int | None:
        """Return the contact's id, where the recipient is a contact."""
        recipient = self.recipient
        return recipient.contact_id if isinstance(recipient, ContactRecipient) else None


def enqueue_notifications(
    session: Session,
    registry: Registry,
    booking: Booking,
    change: History,
    now: datetime,
    actor: Actor,
) -> None:
    """Enqueue the notifications of a change, where their accounts are configured."""
    cause, routes = Cause.change(change.id), []
    messages: list[OutboxMessage] = []
    if change.action in EMAILED_CHANGES:
        routes += _email_routes(registry, booking)
    if change.action in CHANGES_SENT_TO_CITIZEN and change.citizen_id != booking.citizen_id:
        routes += _citizen_routes(session, registry, booking)[:1]
    if routes:
        kind = MessageKind(change.action)
        kind = BY_OFFICE.get(kind, kind) if actor.staff else kind
        messages = [notification(booking, route, cause, kind, now) for route in routes]
    if change.action == MessageKind.CONFIRMED and actor.contact_id and not actor.staff:
        route = Route(actor.account, ContactRecipient(actor.contact_id))
        for hours, (due_at, status) in _reminder_times(registry, booking, now).items():
            cause = Cause.reminder(booking.id, hours)
            reminder = notification(booking, route, cause, MessageKind.REMINDER, due_at)
            messages.append(replace(reminder, expires_at=booking.starts_at, status=status))
    elif change.action == MessageKind.MOVED:
        _reschedule_reminders(session, registry, booking, now)
        redirect_from_ended(session, registry, booking.citizen_id, now)
    elif booking.state == BookingState.CANCELLED:
        cancel_reminders(session, booking)
    enqueue(session, registry.accounts, messages, now)


def enqueue_by_office(
    session: Session,
    registry: Registry,
    booking: Booking,
    cause: Cause,
    kind: MessageKind,
    now: datetime,
    expires_at: datetime | None = None,
) -> Sequence[str]:
    """Enqueue a message of the office about a booking, which is no change of it.

    It goes where its changes are told. Return the platforms.
    """
    routes = [*_email_routes(registry, booking), *_citizen_routes(session, registry, booking)[:1]]
    routes = routes or _attendee_routes(registry, booking)[:1]
    messages = [
        replace(
            notification(booking, route, cause, kind, now), expires_at=expires_at or booking.ends_at
        )
        for route in routes
    ]
    enqueue(session, registry.accounts, messages, now)
    return [platform_of(route.account) for route in routes]


def enqueue_code(
    session: Session, registry: Registry, booking: Booking, asked_at: datetime, now: datetime
) -> int:
    """Enqueue the e-mail with a booking's code, which was asked for; return how many there are.

    There is none where the booking has no address, or no account sends e-mails.
    """
    cause, kind = Cause.code(asked_at), MessageKind.CODE_SENT
    routes = _email_routes(registry, booking)
    messages = [notification(booking, route, cause, kind, now) for route in routes]
    enqueue(session, registry.accounts, messages, now)
    return len(messages)


def reaches_anybody(session: Session, registry: Registry, booking: Booking) -> bool:
    """Return whether anybody would be sent a message of a change by the office."""
    return bool(_email_routes(registry, booking) or _citizen_routes(session, registry, booking))


def citizen_contact(session: Session, registry: Registry, booking: Booking) -> int | None:
    """Return the contact at which the citizen of a booking can be written to; None for none."""
    routes = _citizen_routes(session, registry, booking)
    return routes[0].contact_id if routes else None


def notified_on(session: Session, booking: Booking, now: datetime) -> Sequence[str]:
    """Return the platforms on which a change by the office, made now, is told to anybody."""
    return session.scalars(
        select(OutboxRow.platform)
        .where(
            OutboxRow.booking_id == booking.id,
            OutboxRow.kind.in_(BY_OFFICE.values()),
            OutboxRow.due_at == now,
        )
        .order_by(OutboxRow.id)
    ).all()


def _reminder_times(
    registry: Registry, booking: Booking, now: datetime
) -> Mapping[int, tuple[datetime, OutboxStatus]]:
    """Return when each reminder of a booking is due, by its hours, and the status of its row.

    One that isn't to be sent is cancelled, but stored: the booking may be moved.
    """
    body = registry[booking.municipality_id].body
    due = due_times(body.rules.reminder_hours, ZoneInfo(body.timezone), booking.starts_at, now)
    return {
        hours: (at, OutboxStatus.CANCELLED if is_dropped else OutboxStatus.PENDING)
        for hours, (at, is_dropped) in due.items()
    }


def _reschedule_reminders(
    session: Session, registry: Registry, booking: Booking, now: datetime
) -> None:
    """Make the reminders of a booking due by its new time, also those that were sent."""
    times = _reminder_times(registry, booking, now)
    by_cause = {Cause.reminder(booking.id, hours): due for hours, due in times.items()}
    reschedule(session, booking.id, MessageKind.REMINDER, by_cause, booking.starts_at)


def cancel_reminders(session: Session, booking: Booking) -> None:
    """Cancel the reminders of a booking that haven't been sent."""
    cancel_pending(session, booking.id, MessageKind.REMINDER)


def reminded(session: Session, booking_ids: Select[int]) -> set[int]:
    """Return which of some bookings have had a reminder sent, by the query of their ids."""
    sent = select(OutboxRow.booking_id).where(
        OutboxRow.booking_id.in_(booking_ids),
        OutboxRow.kind == MessageKind.REMINDER,
        OutboxRow.status.in_(SENT_STATUSES),
    )
    return {booking_id for booking_id in session.scalars(sent) if booking_id is not None}


def redirect_from_ended(
    session: Session, registry: Registry, citizen_id: int, now: datetime
) -> Sequence[OutboxRow]:
    """Send what a citizen's ended conversations would be sent another way, if there is one.

    Return what is due already, for which there is none: a reminder to come isn't missed.
    """
    unreached = []
    rows = session.scalars(
        select(OutboxRow)
        .join(Booking, OutboxRow.booking_id == Booking.id)
        .join(Conversation, OutboxRow.contact_id == Conversation.contact_id)
        .where(Booking.citizen_id == citizen_id, Conversation.ended_at.is_not(None))
        .order_by(OutboxRow.id)
    ).all()
    for row in rows:
        if row.status == OutboxStatus.PENDING:
            row.status = OutboxStatus.CANCELLED
            if not enqueue_fallback(session, registry, row, now) and row.due_at <= now:
                unreached.append(row)
    return unreached


def enqueue_fallback(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> bool:
    """Enqueue a message, which can't be delivered, for the citizen's next route, if any.

    Return whether it reaches, or has reached, the citizen or the attendee another way.
    """
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    if booking is None:
        return False
    # Of two messages that are given up at once, the second sees that the first was.
    lock(session, f"fallback {booking.id}")
    cause, kind = Cause.parse(row.dedupe_key, row.recipient), MessageKind(row.kind)
    if kind is MessageKind.REPLY:
        # As the email of the confirmation, so that the attendee gets it only once.
        cause, kind = Cause.change(_last_change(session, booking)), MessageKind.CONFIRMED
    routes = [
        *_citizen_routes(session, registry, booking),
        *_attendee_routes(registry, booking),
    ]
    recipients = [str(route.recipient) for route in routes]
    after = recipients.index(row.recipient) + 1 if row.recipient in recipients else 0
    for route in routes[after:]:
        message = notification(booking, route, cause, kind, max(now, row.due_at))
        known = select(OutboxRow.status).where(OutboxRow.dedupe_key == message.dedupe_key)
        is_other = row.kind != MessageKind.REPLY
        if is_other and session.scalar(known) == OutboxStatus.FAILED:
            continue  # it was sent both ways at once, and the other was given up first
        fallback = replace(message, expires_at=row.expires_at)
        enqueue(session, registry.accounts, [fallback], now)
        return True
    others = session.scalars(
        select(OutboxRow).where(
            OutboxRow.booking_id == booking.id,
            OutboxRow.id != row.id,
            OutboxRow.room_id.is_(None),
            OutboxRow.status.in_(SENT_STATUSES)
            | OutboxRow.status.in_((OutboxStatus.PENDING, OutboxStatus.CLAIMED))
            & OutboxRow.platform.not_in(WAITING),
        )
    )
    return any(Cause.parse(other.dedupe_key, other.recipient) == cause for other in others)


def notification(
    booking: Booking, route: Route, cause: Cause, kind: MessageKind, due_at: datetime
) -> OutboxMessage:
    """Return a message about a booking for a route, with the dedupe key of its cause."""
    return OutboxMessage(
        route.account,
        kind,
        str(route.recipient),
        due_at,
        cause.dedupe_key(route.recipient),
        contact_id=route.contact_id,
        booking_id=booking.id,
        expires_at=booking.ends_at,
    )


def account_for(registry: Registry, platform: str, municipality_id: str) -> str | None:
    """Return a platform's account for a municipality: its own, else a shared one, else None.

    Where there are several, it is the first by name.
    """
    accounts = sorted(each for each in registry.accounts if platform_of(each) == platform)
    shared = (each for each in accounts if each not in registry.own_accounts)
    own = (each for each in accounts if registry.own_accounts.get(each) == municipality_id)
    return next(own, None) or next(shared, None)


def sends_email(registry: Registry, municipality_id: str) -> bool:
    """Return whether an account sends e-mails about a municipality's appointments."""
    return account_for(registry, EMAIL, municipality_id) is not None


def _citizen_routes(session: Session, registry: Registry, booking: Booking) -> list[Route]:
    """Return the routes to the citizen who booked: the contacts in use.

    Those of the platform where they booked come first, then the oldest.
    """
    contacts = session.scalars(
        select(Contact)
        .outerjoin(Conversation, Conversation.contact_id == Contact.id)
        .where(Contact.citizen_id == booking.citizen_id, Conversation.ended_at.is_(None))
        .order_by(Contact.id)
    ).all()
    if len(contacts) > 1:
        booked_on = _platform_of_confirmation(session, booking)
        contacts = sorted(contacts, key=lambda contact: platform_of(contact.account) != booked_on)
    return [
        Route(contact.account, ContactRecipient(contact.id))
        for contact in contacts
        if contact.account in registry.accounts
    ]


def _platform_of_confirmation(session: Session, booking: Booking) -> str | None:
    """Return the platform on which a booking was confirmed."""
    return session.scalar(
        select(History.platform)
        .where(History.booking_id == booking.id, History.action == HistoryAction.CONFIRMED)
        .order_by(History.id)
        .limit(1)
    )


def _attendee_routes(registry: Registry, booking: Booking) -> list[Route]:
    """Return the routes to the attendee: the addresses in the booking's details."""
    return [
        Route(account, AttendeeRecipient(platform, booking.id))
        for platform, field in ADDRESS_FIELDS.items()
        if booking.details.get(field)
        and (account := account_for(registry, platform, booking.municipality_id))
    ]


def _email_routes(registry: Registry, booking: Booking) -> list[Route]:
    routes = _attendee_routes(registry, booking)
    return [route for route in routes if platform_of(route.account) == EMAIL]


def _last_change(session: Session, booking: Booking) -> int | None:
    return session.scalar(select(func.max(History.id)).where(History.booking_id == booking.id))
