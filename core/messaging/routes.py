"""The ways in which the citizen and the attendee of a booking can be reached."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.catalogue.rules import Texts
from core.db.models import Booking, Contact, Conversation, History, HistoryAction
from core.db.statements import run
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import OutboxMessage, platform_of
from core.messaging.preferences import NONE, Preferences, preferences_of, preferences_of_all
from core.messaging.recipients import AttendeeRecipient, ContactRecipient, Recipient

EMAIL, SMS, VOICE = "email", "sms", "voice"

ADDRESS_FIELDS = {EMAIL: "email", SMS: "phone", VOICE: "phone"}
"""The platforms that send to an address in a booking's details, with that detail's field."""

PAGE = "webchat"
"""The platform of the page."""

MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
"""The types of numbers that take text messages; some countries' don't show which they are."""

LANDLINE = PhoneNumberType.FIXED_LINE

COSTLY = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UNKNOWN)
"""The types of numbers that are never called, and count as hidden where they call."""

TO_NUMBERS = frozenset({SMS, VOICE})
"""The platforms that send to a telephone number, by the rule `texts`."""

WAITING = frozenset({PAGE, "console"})
"""The platforms whose messages wait until somebody fetches them, so that they reach nobody.

Each has one account, of its own name.
"""


@dataclass(frozen=True)
class Route:
    """A way to reach somebody: a recipient, and the account that sends."""

    account: str
    recipient: Recipient
    is_attendees: bool = field(default=False, compare=False)
    """Whether it is the chat of whoever has the attendee's number, by text message."""

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


def sends_texts(registry: Registry, municipality_id: str) -> bool:
    """Return whether text messages are sent about a municipality's appointments."""
    may = registry[municipality_id].body.rules.texts != Texts.NEVER
    return may and account_for(registry, SMS, municipality_id) is not None


def citizen_routes(session: Session, registry: Registry, booking: Booking) -> list[Route]:
    """Return the routes to the citizen who booked: the contacts in use.

    Those of the platform that they have chosen come first, which may be an address of the booking's
    instead; then those of the platform where they booked, then the oldest. What only waits is last.
    """
    preferences = preferences_of_all(session, [booking.citizen_id])
    return _citizen_routes(session, registry, [booking], preferences)[booking.id]


def _citizen_routes(
    session: Session,
    registry: Registry,
    bookings: Sequence[Booking],
    preferences: Mapping[int, Preferences],
) -> dict[int, list[Route]]:
    """Return the routes to the citizens of some bookings, by the bookings' ids."""
    contacts = _contacts(session, bookings)
    several = [each for each in bookings if len(contacts[each.citizen_id]) > 1]
    booked_on = _platforms_of_confirmation(session, several)
    routes = {}
    for booking in bookings:
        chosen = preferences[booking.citizen_id].platform
        ways = _in_order(contacts[booking.citizen_id], chosen, booked_on.get(booking.id))
        no_texts = preferences[booking.citizen_id].no_texts
        own = [
            Route(each.account, ContactRecipient(each.id), _has_number(each, booking))
            for each in ways
            if each.account in registry.accounts
            and not (no_texts and platform_of(each.account) == SMS)
        ]
        asks = chosen in ADDRESS_FIELDS
        addresses = (
            attendee_routes(registry, booking, preferences[booking.citizen_id]) if asks else []
        )
        routes[booking.id] = [
            *(each for each in addresses if platform_of(each.account) == chosen),
            *own,
        ]
    return routes


_IN_USE = (
    select(Contact.id, Contact.account, Contact.address.label("address"), Contact.citizen_id)
    .outerjoin(Conversation, Conversation.contact_id == Contact.id)
    .where(
        Contact.citizen_id.in_(bindparam("citizens", expanding=True)),
        Conversation.ended_at.is_(None),
        ~Contact.account.startswith(f"{VOICE}:"),  # a number that called may be forged
    )
    .order_by(Contact.id)
)


class _ContactInUse(NamedTuple):
    """A contact by whose conversation its citizen can be reached."""

    id: int
    account: str
    address: str


def _contacts(
    session: Session, bookings: Sequence[Booking]
) -> Mapping[int, Sequence[_ContactInUse]]:
    """Return the contacts in use of the citizens of some bookings, the oldest first."""
    contacts = defaultdict[int, list[_ContactInUse]](list)
    citizens = {each.citizen_id for each in bookings}
    for *contact, citizen_id in run(session, _IN_USE, {"citizens": list(citizens)}):
        contacts[citizen_id].append(_ContactInUse(*contact))
    return contacts


def _in_order(
    contacts: Sequence[_ContactInUse], chosen: str | None, booked_on: str | None
) -> Sequence[_ContactInUse]:
    def place(contact: _ContactInUse) -> tuple[bool, bool, bool]:
        platform = platform_of(contact.account)
        return platform != chosen, platform in WAITING, platform != booked_on

    return sorted(contacts, key=place)


def _has_number(contact: _ContactInUse, booking: Booking) -> bool:
    """Return whether a contact writes by text message from the number of a booking's attendee."""
    is_text = platform_of(contact.account) == SMS
    return is_text and contact.address == booking.details.get(ADDRESS_FIELDS[SMS])


def each_once(routes: Sequence[Route]) -> list[Route]:
    """Return some routes, each once: a number that is in a chat's is texted in that chat alone."""
    has_chat = any(each.is_attendees for each in routes)
    return [
        each
        for each in dict.fromkeys(routes)
        if not (has_chat and each.contact_id is None and platform_of(each.account) == SMS)
    ]


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
    return all_routes_of(session, registry, [booking], kind)[booking.id]


def all_routes_of(
    session: Session, registry: Registry, bookings: Sequence[Booking], kind: MessageKind
) -> Mapping[int, list[Route]]:
    """Return the routes of some bookings, as `all_routes` does, by the bookings' ids."""
    preferences = preferences_of_all(session, {each.citizen_id for each in bookings})
    routes = _citizen_routes(session, registry, bookings, preferences)
    for booking in bookings:
        addresses = attendee_routes(registry, booking, preferences[booking.citizen_id])
        every = (*routes[booking.id], *addresses)
        routes[booking.id] = list(dict.fromkeys(every))
    if kind is MessageKind.REMINDER:
        for booking in bookings:  # that text has a row of its own
            if always_texted(registry, booking, preferences[booking.citizen_id]):
                ways = routes[booking.id]
                routes[booking.id] = [each for each in ways if not each.is_attendees]
        free = [each for each in bookings if not preferences[each.citizen_id].platform]
        for booking_id, platform in _platforms_of_confirmation(session, free).items():
            if platform in WAITING:
                routes[booking_id].sort(key=_comes_after_email)
    return routes


def _comes_after_email(route: Route) -> bool:
    return platform_of(route.account) not in (*WAITING, EMAIL)


_CONFIRMED_ON = (
    select(History.booking_id, History.platform)
    .where(
        History.booking_id.in_(bindparam("bookings", expanding=True)),
        History.action == HistoryAction.CONFIRMED,
    )
    .order_by(History.id.desc())
)


def _platforms_of_confirmation(
    session: Session, bookings: Sequence[Booking]
) -> Mapping[int, str | None]:
    """Return the platforms on which some bookings were first confirmed, by their ids."""
    if not bookings:
        return {}
    confirmed = run(session, _CONFIRMED_ON, {"bookings": [each.id for each in bookings]})
    return {row.booking_id: row.platform for row in confirmed}


def attendee_routes(
    registry: Registry, booking: Booking, preferences: Preferences = NONE
) -> list[Route]:
    """Return the routes to the attendee: the addresses in the booking's details.

    Their number is one where it is of a country that is allowed, and their municipality sends text
    messages: by these, where it is mobile, unless by their `preferences` the citizen refuses them;
    by calls, where it is a landline's, or the citizen has asked for calls.
    """
    town = booking.municipality_id

    def takes(platform: str, account: str, address: str) -> bool:
        if platform == SMS:
            return not preferences.no_texts and _takes_text(registry, town, account, address)
        if platform == VOICE:
            asks = preferences.platform == VOICE
            return _takes_call(registry, town, account, address, asks=asks)
        return True

    return [
        Route(account, AttendeeRecipient(platform, booking.id))
        for platform, field in ADDRESS_FIELDS.items()
        if (address := booking.details.get(field))
        and (account := account_for(registry, platform, town))
        and takes(platform, account, address)
    ]


def text_routes(session: Session, registry: Registry, booking: Booking) -> list[Route]:
    """Return the route by text message, or call, as the rule of the municipality has it.

    Who has chosen them gets them; else, where the rule is so, whom nothing else reaches.
    """
    preferences = preferences_of(session, booking.citizen_id)
    routes = attendee_routes(registry, booking, preferences)
    texts = _to_number(routes, preferences)
    is_chosen = preferences.platform in TO_NUMBERS
    if not texts or _texts(registry, booking) == Texts.ALWAYS or is_chosen:
        return texts
    others = [*routes, *citizen_routes(session, registry, booking)]
    is_reached = any(not waits(each) and each not in texts for each in others)
    return [] if is_reached else texts


def always_texted(registry: Registry, booking: Booking, preferences: Preferences) -> list[Route]:
    """Return the route by text message, or call, where the municipality always sends one."""
    if _texts(registry, booking) != Texts.ALWAYS:
        return []
    return _to_number(attendee_routes(registry, booking, preferences), preferences)


def _to_number(routes: Sequence[Route], preferences: Preferences) -> list[Route]:
    """Return the route to the attendee's number: of two, by what the citizen has chosen."""
    found = [each for each in routes if platform_of(each.account) in TO_NUMBERS]
    chosen = [each for each in found if platform_of(each.account) == preferences.platform]
    return chosen or found


def _texts(registry: Registry, booking: Booking) -> Texts:
    return registry[booking.municipality_id].body.rules.texts


def may_be_texted(registry: Registry, number: str) -> bool:
    """Return whether some municipality would send a text message to a number."""
    return any(text_account(registry, each.id, number) for each in registry.municipalities)


def text_account(registry: Registry, municipality_id: str, number: str) -> str | None:
    """Return the account by which a municipality texts a number (+30…); None where it doesn't."""
    account = account_for(registry, SMS, municipality_id)
    if account is None or not _takes_text(registry, municipality_id, account, number):
        return None
    return account


def _takes_text(registry: Registry, municipality_id: str, account: str, number: str) -> bool:
    """Return whether a municipality texts, by an account, a number (+30…).

    That is a mobile one, as far as it shows, of a country to which the account sends.
    """
    if registry[municipality_id].body.rules.texts == Texts.NEVER:
        return False
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.number_type(parsed) not in MOBILE:
        return False
    countries = registry.countries.get(account)
    return countries is None or phonenumbers.region_code_for_number(parsed) in countries


def may_be_called(registry: Registry, number: str) -> bool:
    """Return whether some municipality would call a number (+30…) where its owner asks for it."""
    return any(takes_call(registry, each.id, number) for each in registry.municipalities)


def takes_call(registry: Registry, municipality_id: str, number: str) -> bool:
    """Return whether a municipality calls a number (+30…), perhaps only if its owner asks."""
    account = account_for(registry, VOICE, municipality_id)
    if account is None:
        return False
    return _takes_call(registry, municipality_id, account, number, asks=True)


def _takes_call(
    registry: Registry, municipality_id: str, account: str, number: str, *, asks: bool
) -> bool:
    """Return whether a municipality calls a number by an account: a landline, or whoever `asks`."""
    if registry[municipality_id].body.rules.texts == Texts.NEVER:
        return False
    if not may_be_called_by(registry.countries.get(account), number):
        return False
    return asks or phonenumbers.number_type(phonenumbers.parse(number)) == LANDLINE


def may_be_called_by(countries: Collection[str] | None, number: str) -> bool:
    """Return whether a number is of these countries (None: any), and costs no more than others."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number(parsed) or phonenumbers.number_type(parsed) in COSTLY:
        return False
    return countries is None or phonenumbers.region_code_for_number(parsed) in countries
