"""What a catalogue may say against itself."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.catalogue.model import (
    Channel,
    Closure,
    Desk,
    FormField,
    Municipality,
    Opening,
    Question,
    Service,
)

Location = tuple[str | int, ...]


class ValidationIssue(Exception):
    """What a catalogue says against itself: where (keys and indexes), and what was expected."""

    def __init__(self, where: Location, expected: str) -> None:
        super().__init__(expected)
        self.where = where
        self.expected = expected


def find_issues(body: Municipality) -> Iterator[ValidationIssue]:
    """Find what the fields' own types can't: references, doubles, times that can't be."""
    try:
        ZoneInfo(body.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ValidationIssue(("timezone",), "a zone of the IANA database, such as Europe/Athens")
    if body.rules.hold_max_minutes < body.rules.hold_minutes:
        yield ValidationIssue(("rules", "hold_max_minutes"), "no less than hold_minutes")
    consents = {consent.id for consent in body.consents}
    places: list[tuple[Location, list[Any]]] = [
        (("groups",), list(body.groups)),
        (("branches",), list(body.branches)),
        (("consents",), list(body.consents)),
        *_asked(("fields",), body.fields),
    ]
    yield from _closures(("closures",), body.closures)
    seen: set[str] = set()
    for g, group in enumerate(body.groups):
        for s, service in enumerate(group.services):
            at: Location = ("groups", g, "services", s)
            if service.id in seen:
                yield ValidationIssue((*at, "id"), "an id that no other service has")
            seen.add(service.id)
            if service.notice_hours >= service.horizon_days * 24:
                yield ValidationIssue((*at, "notice_hours"), "less than horizon_days")
            for channel in service.channels:
                if not _has_room(body, service, channel):
                    length = f"{service.duration} minutes"
                    expected = f"some desk with {length} for {service.id} over {channel}"
                    yield ValidationIssue((*at, "channels"), expected)
            wanted = service.consent
            for name in wanted.values() if isinstance(wanted, dict) else [wanted]:
                if name is not None and name not in consents:
                    yield ValidationIssue(
                        (*at, "consent"), f"a consent of this file; {name} is not"
                    )
            if len(set(service.channels)) < len(service.channels):
                yield ValidationIssue((*at, "channels"), "each channel once")
            spoken_of: list[tuple[str, Collection[str]]] = [("instructions", service.instructions)]
            if isinstance(wanted, dict):
                spoken_of.append(("consent", wanted))
            for what, channels in spoken_of:
                for other in sorted(set(channels) - set(service.channels)):
                    expected = f"a channel of the service; {other} is not"
                    yield ValidationIssue((*at, what, other), expected)
            for q, question in enumerate(service.screening):
                if all(option.stop for option in question.options):
                    yield ValidationIssue(
                        (*at, "screening", q, "options"), "an answer without stop"
                    )
            places += _asked((*at, "screening"), service.screening)
            places += _asked((*at, "fields"), service.fields)
            yield from _conditions(at, body, service)
            # With its code, it proves from any other chat whose booking it is.
            fields = body.fields_of(service)
            if not any(f.id == "phone" and f.required and not f.when for f in fields):
                yield ValidationIssue((*at, "fields"), "a phone that is always asked and required")
    for b, branch in enumerate(body.branches):
        places.append((("branches", b, "desks"), list(branch.desks)))
        yield from _closures(("branches", b, "closures"), branch.closures)
        for d, desk in enumerate(branch.desks):
            at = ("branches", b, "desks", d)
            yield from _closures((*at, "closures"), desk.closures)
            yield from _desk(at, body, desk)
    for where, items in places:
        ids = [item.id for item in items]
        for i, name in enumerate(ids):
            if name in ids[:i]:
                yield ValidationIssue(
                    (*where, i, "id"), f"an id of its own; {name} is there already"
                )


def _asked(
    at: Location, items: Sequence[Question | FormField]
) -> Iterator[tuple[Location, list[Any]]]:
    """The lists whose items need ids of their own: what is asked, and each one's options."""
    yield at, list(items)
    for i, item in enumerate(items):
        yield (*at, i, "options"), list(item.options)


def _closures(at: Location, closures: tuple[Closure, ...]) -> Iterator[ValidationIssue]:
    for c, closure in enumerate(closures):
        if closure.last < closure.first:
            yield ValidationIssue((*at, c, "to"), "no earlier than from")
        if (closure.start is None) != (closure.end is None):
            yield ValidationIssue((*at, c), "both start and end, or neither")
        elif closure.start and closure.end and closure.end <= closure.start:
            yield ValidationIssue((*at, c, "end"), "later than start")


def _desk(at: Location, body: Municipality, desk: Desk) -> Iterator[ValidationIssue]:
    known = body.services
    own = tuple(known) if desk.services == "all" else desk.services
    for name in own:
        if name not in known:
            yield ValidationIssue((*at, "services"), f"services of this file; {name} is not")
    for o, opening in enumerate(desk.openings):
        here = (*at, "openings", o)
        for name in opening.services or ():
            if name not in own:
                yield ValidationIssue((*here, "services"), f"services of its desk; {name} is not")
        for channel in opening.channels or ():
            if channel not in desk.channels:
                yield ValidationIssue(
                    (*here, "channels"), f"channels of its desk; {channel} is not"
                )
        if opening.end <= opening.start:
            yield ValidationIssue((*here, "end"), "later than start")
            continue
        if opening.first and opening.last and opening.last < opening.first:
            yield ValidationIssue((*here, "to"), "no earlier than from")
        served = [known[s] for s in opening.services or own if s in known]
        shortest = min((s.duration for s in served), default=0)
        if _minutes(opening) < shortest:
            yield ValidationIssue((*here, "end"), f"room for one appointment ({shortest} minutes)")


def _minutes(opening: Opening) -> int:
    return (opening.end.hour - opening.start.hour) * 60 + opening.end.minute - opening.start.minute


def _has_room(body: Municipality, service: Service, channel: str) -> bool:
    """Whether some desk is open long enough to serve it over that channel."""
    return any(
        (_minutes(opening) >= service.duration or opening.end <= opening.start)
        for branch in body.branches
        for desk in branch.desks
        for opening in desk.openings
        if desk.serves(service.id, channel)
        and (opening.services is None or service.id in opening.services)
        and (opening.channels is None or channel in opening.channels)
    )


def _conditions(at: Location, body: Municipality, service: Service) -> Iterator[ValidationIssue]:
    """Each `when` names the channel or an earlier answer, and a value it can have."""
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
                can_be = values[name]
                # A shared field may speak of a channel that this service doesn't offer.
                if can_be is not None and value not in can_be and name != "channel":
                    yield ValidationIssue((*where, "when"), f"an answer of {name}, not {value}")
                if name == "channel" and value not in list(Channel):
                    yield ValidationIssue((*where, "when"), f"a channel, not {value}")
        if item.id == "channel" or (item.id in questions and isinstance(item, FormField)):
            expected = "an id of its own, not that of a question, nor channel"
            yield ValidationIssue((*where, "id"), expected)
        options = {option.id for option in item.options}
        if isinstance(item, FormField):
            yield from _field(where, item)
            if item.type == "yes_no":
                options = {"yes", "no"}
        values[item.id] = options or None


def _field(at: Location, field: FormField) -> Iterator[ValidationIssue]:
    choice = field.type in ("choice", "choice_or_text")
    if choice and not field.options:
        yield ValidationIssue((*at, "options"), "at least one option")
    if field.options and not choice:
        yield ValidationIssue((*at, "options"), f"no options, which {field.type} doesn't have")
    if any(option.stop for option in field.options):
        yield ValidationIssue((*at, "options"), "no stop, which only a question of screening has")
    # The office writes to the one and proves the citizen by the other.
    if field.id in ("email", "phone") and field.type != field.id:
        yield ValidationIssue((*at, "type"), field.id)
