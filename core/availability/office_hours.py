"""The hours of an office as a whole: whether anybody works now, and when somebody does next."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.availability.schedule import open_spans
from core.catalogue.model import Branch, Desk
from core.catalogue.registry import LoadedMunicipality
from core.catalogue.service_offer import ServiceOffer

DAYS_AHEAD = 14
"""The days in which the next opening is looked for."""


def next_open(
    loaded: LoadedMunicipality, now: datetime, branch: str | None = None
) -> datetime | None:
    """Return when a desk works next: `now` where one does, None where none does within two weeks.

    Of one branch, if given. The time is in the municipality's zone.
    """
    zone = ZoneInfo(loaded.body.timezone)
    today, at = now.astimezone(zone).date(), int(now.timestamp())
    offers = list(_offers(loaded, branch))
    for ahead in range(DAYS_AHEAD):
        day, first = today + timedelta(days=ahead), None
        for offer, desk in offers:
            for start, end in open_spans(offer, desk, day):
                if start <= at < end:
                    return now
                if start > at:
                    first = min(start, first or start)
        if first is not None:
            return datetime.fromtimestamp(first, zone)
    return None


def end_of_wait(
    loaded: LoadedMunicipality, now: datetime, wait: timedelta, branch: str | None = None
) -> datetime:
    """Return when an office has been waited for so long.

    The wait begins at the next opening, where nobody works now; and once more, where it would end
    while nobody does.
    """
    end = (next_open(loaded, now, branch) or now).astimezone(UTC) + wait
    reopens = next_open(loaded, end, branch)
    return end if reopens in (None, end) else reopens.astimezone(UTC) + wait


def _offers(loaded: LoadedMunicipality, only: str | None) -> Iterator[tuple[ServiceOffer, Desk]]:
    """Yield each desk with offers that together have all its openings: few, not one a service."""
    for branch in loaded.body.branches:
        if only in (None, branch.id):
            for desk in branch.desks:
                for offer in _offers_of(loaded, branch, desk):
                    yield offer, desk


def _offers_of(loaded: LoadedMunicipality, branch: Branch, desk: Desk) -> Iterator[ServiceOffer]:
    seen = set()
    for opening in desk.openings:
        service = next(iter(opening.services or loaded.body.services))
        if service not in loaded.body.services:
            continue
        channel = next(iter(opening.channels or loaded.body.services[service].channels))
        if (service, channel) not in seen:
            seen.add((service, channel))
            yield loaded.offer(service, branch.id, channel)
