"""Warnings of what a catalogue may mean, and more often doesn't: it isn't refused."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations

from core.catalogue.model import WEEKDAYS, Closure, Desk, Municipality, Opening, Service
from core.catalogue.validation import Issues, Location, ValidationIssue


def find_warnings(body: Municipality, today: date) -> Issues:
    """Yield what is probably not meant, as of today."""
    for b, branch in enumerate(body.branches):
        for d, desk in enumerate(branch.desks):
            yield from _desk_warnings(("branches", b, "desks", d, "openings"), desk, today)
    for g, group in enumerate(body.groups):
        for s, service in enumerate(group.services):
            last = today + timedelta(days=service.horizon_days)
            if not any(_is_open(body, service, day) for day in _days(today, last)):
                expected = f"a day until {last} on which a desk is open for it and nothing closed"
                yield ValidationIssue(("groups", g, "services", s), expected)


def _desk_warnings(at: Location, desk: Desk, today: date) -> Issues:
    """Warn of openings that are over, and of those that overlap."""
    for o, opening in enumerate(desk.openings):
        if opening.last and opening.last < today:
            yield ValidationIssue((*at, o, "to"), f"a day to come; it ended on {opening.last}")
    for (_i, one), (o, other) in combinations(enumerate(desk.openings), 2):
        if _overlap(one, other):
            expected = "another time: it overlaps an earlier opening of the same desk"
            yield ValidationIssue((*at, o), expected)


def _overlap(one: Opening, other: Opening) -> bool:
    return (
        not set(one.days).isdisjoint(other.days)
        and one.start < other.end
        and other.start < one.end
        and (one.first or date.min) <= (other.last or date.max)
        and (other.first or date.min) <= (one.last or date.max)
    )


def _is_open(body: Municipality, service: Service, day: date) -> bool:
    """Return whether a desk is open for a service on a day that isn't closed as a whole."""
    if _is_closed(body.closures, day):
        return False
    return any(
        not _is_closed(branch.closures + desk.closures, day)
        and desk.serves(service.id)
        and any(_is_on(opening, service, day) for opening in desk.openings)
        for branch in body.branches
        for desk in branch.desks
    )


def _is_on(opening: Opening, service: Service, day: date) -> bool:
    return (
        WEEKDAYS[day.weekday()] in opening.days
        and (opening.first or day) <= day <= (opening.last or day)
        and (opening.services is None or service.id in opening.services)
    )


def _is_closed(closures: tuple[Closure, ...], day: date) -> bool:
    return any(each.start is None and each.first <= day <= each.last for each in closures)


def _days(first: date, last: date) -> Iterator[date]:
    for after in range((last - first).days + 1):
        yield first + timedelta(days=after)
