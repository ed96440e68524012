"""Rules that hold for a whole catalogue: references exist, ids are unique, times are in order.

The types of the single fields are checked by the models themselves.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from core.catalogue.model import (
    CONTACT_TYPES,
    Channel,
    Closure,
    Desk,
    FormField,
    Municipality,
    OfficeContact,
    Opening,
    Question,
    Service,
)
from core.catalogue.times import MIDNIGHT

Location = tuple[str | int, ...]
"""The keys and indexes that lead to a part of a catalogue, such as ("groups", 0, "id")."""


class ValidationIssue(Exception):
    """A part of a catalogue that breaks a rule: where it is, and what was expected."""

    def __init__(self, where: Location, expected: str) -> None:
        super().__init__(expected)
        self.where = where
        self.expected = expected


Issues = Iterator[ValidationIssue]


def find_issues(body: Municipality) -> Issues:
    """Yield every issue that the rules find."""
    for rule in RULES:
        yield from rule(body)


def timezone_is_known(body: Municipality) -> Issues:
    """Report a time zone that doesn't exist."""
    try:
        ZoneInfo(body.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ValidationIssue(("timezone",), "a zone of the IANA database, such as Europe/Athens")


def hold_limits_are_ordered(body: Municipality) -> Issues:
    """Report holds whose maximum is shorter than their first period."""
    if body.rules.hold_max_minutes < body.rules.hold_minutes:
        yield ValidationIssue(("rules", "hold_max_minutes"), "no less than hold_minutes")


def service_ids_are_unique(body: Municipality) -> Issues:
    """Report a service with the id of another, also of another group."""
    seen: set[str] = set()
    for at, service in _services(body):
        if service.id in seen:
            yield ValidationIssue((*at, "id"), "an id that no other service has")
        seen.add(service.id)


def notice_is_within_horizon(body: Municipality) -> Issues:
    """Report a service whose notice is no shorter than its horizon: it could never be booked."""
    for at, service in _services(body):
        if service.notice_hours >= service.horizon_days * 24:
            yield ValidationIssue((*at, "notice_hours"), "less than horizon_days")


def channels_are_served(body: Municipality) -> Issues:
    """Report a channel that is named twice, or over which no desk is open long enough."""
    for at, service in _services(body):
        for channel in service.channels:
            if not _has_room(body, service, channel):
                length = f"{service.duration} minutes"
                expected = f"some desk with {length} for {service.id} over {channel}"
                yield ValidationIssue((*at, "channels"), expected)
        if len(set(service.channels)) < len(service.channels):
            yield ValidationIssue((*at, "channels"), "each channel once")


def consents_exist(body: Municipality) -> Issues:
    """Report a service that asks for a consent which the file doesn't have."""
    known = {consent.id for consent in body.consents}
    for at, service in _services(body):
        wanted = service.consent
        for name in wanted.values() if isinstance(wanted, dict) else [wanted]:
            if name is not None and name not in known:
                yield ValidationIssue((*at, "consent"), f"a consent of this file; {name} is not")


def texts_match_channels(body: Municipality) -> Issues:
    """Report instructions and consents for a channel that the service doesn't have."""
    for at, service in _services(body):
        by_channel: list[tuple[str, Collection[str]]] = [("instructions", service.instructions)]
        if isinstance(service.consent, dict):
            by_channel.append(("consent", service.consent))
        for name, channels in by_channel:
            for other in sorted(set(channels) - set(service.channels)):
                expected = f"a channel of the service; {other} is not"
                yield ValidationIssue((*at, name, other), expected)


def questions_can_be_passed(body: Municipality) -> Issues:
    """Report a screening question whose every option stops the booking."""
    for at, service in _services(body):
        for q, question in enumerate(service.screening):
            if all(option.stop for option in question.options):
                where = (*at, "screening", q, "options")
                yield ValidationIssue(where, "an answer without stop")


def phone_is_required(body: Municipality) -> Issues:
    """Report a form without a required phone: with the code, it proves whose booking it is."""
    for at, service in _services(body):
        fields = body.fields_of(service)
        if not any(f.id == "phone" and f.required and not f.when for f in fields):
            yield ValidationIssue((*at, "fields"), "a phone that is always asked and required")


def conditions_are_satisfiable(body: Municipality) -> Issues:
    """Report a `when` with an unknown name, one that is asked later, or an impossible value."""
    for at, service in _services(body):
        yield from _condition_issues(at, body, service)


def closures_are_ordered(body: Municipality) -> Issues:
    """Report closures that end before they start, or have a start or an end only."""
    for at, closures in _closure_lists(body):
        for c, closure in enumerate(closures):
            if closure.last < closure.first:
                yield ValidationIssue((*at, c, "to"), "no earlier than from")
            if (closure.start is None) != (closure.end is None):
                yield ValidationIssue((*at, c), "both start and end, or neither")
            elif closure.start and closure.end and closure.end <= closure.start:
                yield ValidationIssue((*at, c, "end"), "later than start")


def desk_references_exist(body: Municipality) -> Issues:
    """Report a desk or opening with services or channels that don't exist, or aren't the desk's."""
    for at, desk in _desks(body):
        own = _services_of(body, desk)
        for name in own:
            if name not in body.services:
                yield ValidationIssue((*at, "services"), f"services of this file; {name} is not")
        for o, opening in enumerate(desk.openings):
            here = (*at, "openings", o)
            for name in opening.services or ():
                if name not in own:
                    expected = f"services of its desk; {name} is not"
                    yield ValidationIssue((*here, "services"), expected)
            for channel in opening.channels or ():
                if channel not in desk.channels:
                    expected = f"channels of its desk; {channel} is not"
                    yield ValidationIssue((*here, "channels"), expected)


def openings_fit_appointments(body: Municipality) -> Issues:
    """Report openings that end before they start, or are shorter than every appointment."""
    for at, desk in _desks(body):
        for o, opening in enumerate(desk.openings):
            here = (*at, "openings", o)
            if opening.end <= opening.start:
                yield ValidationIssue((*here, "end"), "later than start")
                continue
            if opening.first and opening.last and opening.last < opening.first:
                yield ValidationIssue((*here, "to"), "no earlier than from")
            names = opening.services or _services_of(body, desk)
            served = [body.services[name] for name in names if name in body.services]
            shortest = min((service.duration for service in served), default=0)
            if _minutes(opening) < shortest:
                expected = f"room for one appointment ({shortest} minutes)"
                yield ValidationIssue((*here, "end"), expected)


def contacts_are_usable(body: Municipality) -> Issues:
    """Report an office's telephone or e-mail address that can't be one."""
    contacts: list[tuple[Location, OfficeContact | None]] = [(("contact",), body.contact)]
    contacts += [(("branches", b, "contact"), each.contact) for b, each in enumerate(body.branches)]
    for at, contact in contacts:
        if contact and contact.phone is not None and not _is_phone(contact.phone):
            yield ValidationIssue((*at, "phone"), "a telephone number, such as 2101234567")
        for key in ("email", "calendar_email"):
            address = getattr(contact, key, None)
            if address is not None and not EMAIL.fullmatch(address):
                yield ValidationIssue((*at, key), "an e-mail address, such as info@my-town.gr")


def item_ids_are_unique(body: Municipality) -> Issues:
    """Report an item with the id of another in the same list."""
    for where, items in _lists_with_ids(body):
        ids = [item.id for item in items]
        for i, name in enumerate(ids):
            if name in ids[:i]:
                yield ValidationIssue(
                    (*where, i, "id"), f"an id of its own; {name} is there already"
                )


RULES: Sequence[Callable[[Municipality], Issues]] = (
    timezone_is_known,
    hold_limits_are_ordered,
    service_ids_are_unique,
    notice_is_within_horizon,
    channels_are_served,
    consents_exist,
    texts_match_channels,
    questions_can_be_passed,
    phone_is_required,
    conditions_are_satisfiable,
    closures_are_ordered,
    desk_references_exist,
    openings_fit_appointments,
    contacts_are_usable,
    item_ids_are_unique,
)
"""All rules, in the order in which they are checked."""


EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def _is_phone(given: str) -> bool:
    """Return whether that may be a telephone number, also a short one such as 1520."""
    if re.fullmatch(r"1\d{2,4}", given):
        return True
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(given, "GR"))
    except phonenumbers.NumberParseException:
        return False


def _services(body: Municipality) -> Iterator[tuple[Location, Service]]:
    for g, group in enumerate(body.groups):
        for s, service in enumerate(group.services):
            yield ("groups", g, "services", s), service


def _desks(body: Municipality) -> Iterator[tuple[Location, Desk]]:
    for b, branch in enumerate(body.branches):
        for d, desk in enumerate(branch.desks):
            yield ("branches", b, "desks", d), desk


def _services_of(body: Municipality, desk: Desk) -> tuple[str, ...]:
    return tuple(body.services) if desk.services == "all" else desk.services


def _closure_lists(body: Municipality) -> Iterator[tuple[Location, Sequence[Closure]]]:
    yield ("closures",), body.closures
    for b, branch in enumerate(body.branches):
        yield ("branches", b, "closures"), branch.closures
    for at, desk in _desks(body):
        yield (*at, "closures"), desk.closures


def _lists_with_ids(body: Municipality) -> Iterator[tuple[Location, Sequence[Any]]]:
    """Yield the lists whose items need unique ids, with their locations."""
    yield ("groups",), body.groups
    yield ("branches",), body.branches
    yield ("consents",), body.consents
    yield from _with_options(("fields",), body.fields)
    for at, service in _services(body):
        yield from _with_options((*at, "screening"), service.screening)
        yield from _with_options((*at, "fields"), service.fields)
    for b, branch in enumerate(body.branches):
        yield ("branches", b, "desks"), branch.desks


def _with_options(
    at: Location, items: Sequence[Question | FormField]
) -> Iterator[tuple[Location, Sequence[Any]]]:
    yield at, items
    for i, item in enumerate(items):
        yield (*at, i, "options"), item.options


def _minutes(opening: Opening) -> int:
    end = 24 * 60 if opening.end == MIDNIGHT else opening.end.hour * 60 + opening.end.minute
    return end - opening.start.hour * 60 - opening.start.minute


def _has_room(body: Municipality, service: Service, channel: str) -> bool:
    """Return whether a desk has an opening long enough for a service over a channel."""
    return any(
        (_minutes(opening) >= service.duration or opening.end <= opening.start)
        for _at, desk in _desks(body)
        for opening in desk.openings
        if desk.serves(service.id, channel)
        and (opening.services is None or service.id in opening.services)
        and (opening.channels is None or channel in opening.channels)
    )


def _condition_issues(at: Location, body: Municipality, service: Service) -> Issues:
    """Report what is wrong in the conditions, ids and options of what a service asks."""
    values: dict[str, set[str] | None] = {"channel": {str(c) for c in service.channels}}
    questions = {question.id for question in service.screening}
    asked: list[tuple[Location, Question | FormField]] = [
        ((*at, "screening", i), question) for i, question in enumerate(service.screening)
    ]
    own = {field.id: (*at, "fields", i) for i, field in enumerate(service.fields)}
    shared = {field.id: ("fields", i) for i, field in enumerate(body.fields)}
    asked += [(own.get(f.id) or shared[f.id], f) for f in body.fields_of(service)]
    for where, item in asked:
        for name, wanted in item.when.items():
            if name not in values:
                yield ValidationIssue((*where, "when"), f"channel or an earlier answer, not {name}")
                continue
            for value in (wanted,) if isinstance(wanted, str) else wanted:
                possible = values[name]
                # A shared field's condition may name a channel that this service doesn't have.
                if possible is not None and value not in possible and name != "channel":
                    yield ValidationIssue((*where, "when"), f"an answer of {name}, not {value}")
                if name == "channel" and value not in list(Channel):
                    yield ValidationIssue((*where, "when"), f"a channel, not {value}")
        if item.id == "channel" or (item.id in questions and isinstance(item, FormField)):
            expected = "an id of its own, not that of a question, nor channel"
            yield ValidationIssue((*where, "id"), expected)
        options = {option.id for option in item.options}
        if isinstance(item, FormField):
            yield from _field_issues(where, item)
            options |= item.type.fixed_values
        values[item.id] = options or None


def _field_issues(at: Location, field: FormField) -> Issues:
    """Report options that a field lacks or can't have, and a contact field of another type."""
    if field.type.has_options and not field.options:
        yield ValidationIssue((*at, "options"), "at least one option")
    if field.options and not field.type.has_options:
        yield ValidationIssue((*at, "options"), f"no options, which {field.type} doesn't have")
    if any(option.stop for option in field.options):
        yield ValidationIssue((*at, "options"), "no stop, which only a question of screening has")
    # The office writes to the one, and identifies the citizen by the other.
    if field.id in CONTACT_TYPES and field.type != field.id:
        yield ValidationIssue((*at, "type"), field.id)
