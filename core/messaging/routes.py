"""The ways in which the citizen and the attendee of a booking can be reached."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import Booking, Contact, Conversation, History, HistoryAction
from core.messaging.keys import (
    AttendeeRecipient,
    Cause,
    ContactRecipient,
    MessageKind,
    Recipient,
)
from core.messaging.outbox import OutboxMessage, platform_of
from core.messaging.preferences import preferences_of

EMAIL = "email"

ADDRESS_FIELDS = {EMAIL: "email", "sms": "phone"}
"""The platforms that send to an address in a booking's details, with that detail's field."""

PAGE = "webchat"
"""The platform of the page."""

WAITING = frozenset({PAGE, "console"})
"""The platforms whose messages wait until somebody fetches them, so that they reach nobody."""


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


def citizen_routes(session: Session, registry: Registry, booking: Booking) -> list[Route]:
    """Return the routes to the citizen who booked: the contacts in use.

    Those of the platform that they have chosen come first, which may be an address of the booking's
    instead; then those of the platform where they booked, then the oldest. What only waits is last.
    """
    chosen = preferences_of(session, booking.citizen_id).platform
    contacts = session.scalars(
        select(Contact)
        .outerjoin(Conversation, Conversation.contact_id == Contact.id)
        .where(Contact.citizen_id == booking.citizen_id, Conversation.ended_at.is_(None))
        .order_by(Contact.id)
    ).all()
    if len(contacts) > 1:
        booked_on = _platform_of_confirmation(session, booking)

        def place(contact: Contact) -> tuple[bool, bool, bool]:
            platform = platform_of(contact.account)
            return platform != chosen, platform in WAITING, platform != booked_on

        contacts = sorted(contacts, key=place)
    routes = [
        Route(contact.account, ContactRecipient(contact.id))
        for contact in contacts
        if contact.account in registry.accounts
    ]
    if chosen not in ADDRESS_FIELDS:
        return routes
    addresses = attendee_routes(registry, booking)
    return [each for each in addresses if platform_of(each.account) == chosen] + routes


def told_routes(session: Session, registry: Registry, booking: Booking) -> list[Route]:
    """Return the routes by which the citizen who booked is told of a change.

    That is the first, and each that only waits: there they find it, too, when they look.
    """
    routes = citizen_routes(session, registry, booking)
    return routes[:1] + [each for each in routes[1:] if waits(each)]


def waits(route: Route) -> bool:
    """Return whether what goes this way waits until somebody looks."""
    return platform_of(route.account) in WAITING


def all_routes(
    session: Session, registry: Registry, booking: Booking, kind: MessageKind
) -> list[Route]:
    """Return the routes to the citizen who booked, then those to the attendee, each once.

    A reminder of what was booked on a platform that only waits goes by e-mail before other chats,
    unless they have chosen one.
    """
    citizen = citizen_routes(session, registry, booking)
    routes = list(dict.fromkeys((*citizen, *attendee_routes(registry, booking))))
    if kind is not MessageKind.REMINDER or preferences_of(session, booking.citizen_id).platform:
        return routes
    if _platform_of_confirmation(session, booking) in WAITING:
        routes.sort(key=lambda route: platform_of(route.account) not in (*WAITING, EMAIL))
    return routes


def _platform_of_confirmation(session: Session, booking: Booking) -> str | None:
    """Return the platform on which a booking was confirmed."""
    return session.scalar(
        select(History.platform)
        .where(History.booking_id == booking.id, History.action == HistoryAction.CONFIRMED)
        .order_by(History.id)
        .limit(1)
    )


def attendee_routes(registry: Registry, booking: Booking) -> list[Route]:
    """Return the routes to the attendee: the addresses in the booking's details."""
    return [
        Route(account, AttendeeRecipient(platform, booking.id))
        for platform, field in ADDRESS_FIELDS.items()
        if booking.details.get(field)
        and (account := account_for(registry, platform, booking.municipality_id))
    ]
