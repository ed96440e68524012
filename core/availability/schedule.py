"""The schedule: openings − closures − busy spans → free starts. Pure: no database, no clock.

Starts and spans are whole seconds since 1970 (UTC), for a turn compares thousands of them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.catalogue.model import (
    WEEKDAYS,
    Closure,
    Desk,
    Opening,
)
from core.catalogue.service_offer import ServiceOffer
from core.catalogue.times import MIDNIGHT
from core.i18n import LocalizedText

Spans = list[tuple[int, int]]
"""(start, end) of each, in seconds since 1970; sorted, not overlapping."""

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class UnavailableKind(StrEnum):
    """The kind of reason why a day has no free start."""

    PAST = "past"
    NOTICE = "notice"
    """It is nearer than the office needs to know."""
    HORIZON = "horizon"
    """It is later than may be booked yet."""
    HOLIDAY = "holiday"
    CLOSURE = "closure"
    CLOSED = "closed"
    """No desk is open for it, as on every day of that kind."""
    FULL = "full"


@dataclass(frozen=True)
class UnavailableReason:
    """The reason why a day has no free start, with the catalogue's text of a holiday or closure."""

    kind: UnavailableKind
    reason: LocalizedText | None = None


def free_starts(
    offer: ServiceOffer, busy: Mapping[int, Spans], since: datetime, until: datetime, now: datetime
) -> list[int]:
    """Return the free starts in [since, until), sorted."""
    found: set[int] = set()
    for _, starts in _free_by_desk_day(offer, busy, since, until, now):
        found.update(starts)
    return sorted(found)


def free_days(
    offer: ServiceOffer,
    busy: Mapping[int, Spans],
    since: datetime,
    until: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> list[date]:
    """Return the days, as counted in `zone`, with a free start in [since, until)."""
    same_zone = zone.key == offer.municipality.timezone
    found: set[date] = set()
    for day, starts in _free_by_desk_day(offer, busy, since, until, now):
        if same_zone:
            if day not in found and next(iter(starts), None) is not None:
                found.add(day)
        else:
            found.update(datetime.fromtimestamp(start, zone).date() for start in starts)
    return sorted(found)


def desks_for(offer: ServiceOffer, start: datetime) -> list[int]:
    """Return the desks, busy or not, that may start an appointment at that time."""
    at = int(start.timestamp())
    day = start.astimezone(offer.zone).date()
    return [desk_id for desk_id, desk in offer.desks if at in _starts(offer, desk, day)]


def is_open_through(offer: ServiceOffer, desk: Desk, start: datetime, end: datetime) -> bool:
    """Return whether a desk is open throughout [start, end), also off the grid of starts."""
    day = start.astimezone(offer.zone).date()
    reached, until = int(start.timestamp()), int(end.timestamp())
    if _overlaps(reached, until, _closed_spans(offer, desk, day)):
        return False
    for begin, close in sorted(_open_spans(offer, desk, day)):
        if begin <= reached:
            reached = max(reached, close)
    return reached >= until


def unavailable_reason(
    offer: ServiceOffer, day: date, now: datetime, zone: ZoneInfo
) -> UnavailableReason:
    """Return why a day (as counted in `zone`) has no free start, given that it has none."""
    begin, end = day_bounds(day, zone)
    if end <= now:
        return UnavailableReason(UnavailableKind.PAST)
    if begin >= offer.last(now):
        return UnavailableReason(UnavailableKind.HORIZON)
    days = sorted(
        {begin.astimezone(offer.zone).date(), (end - SECOND).astimezone(offer.zone).date()}
    )
    starts = [at for d in days for _, desk in offer.desks for at in _starts(offer, desk, d)]
    starts = [at for at in starts if begin.timestamp() <= at < end.timestamp()]
    if starts:
        if min(starts) >= offer.last(now).timestamp():
            return UnavailableReason(UnavailableKind.HORIZON)
        in_time = max(starts) >= offer.first(now).timestamp()
        return UnavailableReason(UnavailableKind.FULL if in_time else UnavailableKind.NOTICE)
    for local in days:
        if reason := _holiday(offer, local):
            return UnavailableReason(UnavailableKind.HOLIDAY, reason)
        for _, desk in offer.desks:
            closures = _closures(offer, desk, local)
            if closures and _openings(offer, desk, local):
                return UnavailableReason(UnavailableKind.CLOSURE, closures[0].reason)
    return UnavailableReason(UnavailableKind.CLOSED)


def last_open_day(offer: ServiceOffer, now: datetime) -> date:
    """Return the last day of the horizon on which a desk is open; its last day if none is."""
    last = (offer.last(now) - SECOND).date()
    days = (last - n * DAY for n in range(offer.service.horizon_days))
    return next((d for d in days if any(any(_starts(offer, k, d)) for _, k in offer.desks)), last)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the start of a day and of the next day, in UTC."""
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + DAY, time(), zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


@lru_cache(maxsize=16)
def public_holidays(year: int) -> Mapping[date, LocalizedText]:
    """Return the Greek public holidays of a year, from the library `holidays`."""
    import holidays  # noqa: PLC0415 takes 0.2 s, needed only once days are asked for

    greek = holidays.country_holidays("GR", years=year, language="el")
    english = holidays.country_holidays("GR", years=year, language="en_US")
    return {day: LocalizedText(el=greek[day], en=english[day]) for day in greek}


def _free_by_desk_day(
    offer: ServiceOffer, busy: Mapping[int, Spans], since: datetime, until: datetime, now: datetime
) -> Iterator[tuple[date, Iterator[int]]]:
    """Yield the free starts by day and desk; they are computed only as they are read."""
    earliest = int(max(since, offer.first(now)).timestamp())
    latest = int(min(until, offer.last(now)).timestamp())
    day = datetime.fromtimestamp(earliest, offer.zone).date()
    last = datetime.fromtimestamp(latest, offer.zone).date()
    length = offer.service.duration * 60
    desks = offer.desks
    ends = {desk_id: [end for _, end in busy.get(desk_id, ())] for desk_id, _ in desks}
    while day <= last:
        for desk_id, desk in desks:
            starts = (s for s in _starts(offer, desk, day) if earliest <= s < latest)
            yield day, _without_busy(starts, length, busy.get(desk_id, []), ends[desk_id])
        day += DAY


def _without_busy(
    starts: Iterable[int], length: int, busy: Spans, ends: list[int]
) -> Iterator[int]:
    """Yield the starts that overlap no busy span; `ends` are the spans' ends."""
    for start in starts:
        following = bisect_right(ends, start)
        if following == len(busy) or busy[following][0] >= start + length:
            yield start


def _starts(offer: ServiceOffer, desk: Desk, day: date) -> Iterator[int]:
    """Yield the grid of starts in each opening, which counts elapsed time across a clock change."""
    length, step = offer.service.duration * 60, offer.service.interval * 60
    shut = _closed_spans(offer, desk, day)
    for begin, end in _open_spans(offer, desk, day):
        grid = range(begin, end - length + 1, step)
        yield from (s for s in grid if not _overlaps(s, s + length, shut)) if shut else grid


def _overlaps(start: int, end: int, spans: Spans) -> bool:
    return any(start < close and begin < end for begin, close in spans)


def _open_spans(offer: ServiceOffer, desk: Desk, day: date) -> Spans:
    """Return when a desk is open for the offer on a day, before closures; never on a holiday."""
    if _holiday(offer, day):
        return []
    spans = []
    for opening in _openings(offer, desk, day):
        # An opening that begins or ends at a repeated or skipped hour is taken as the shorter one.
        begin = max(_timestamps(day, opening.start, offer.zone))
        end = min(_timestamps(day, opening.end, offer.zone))
        if begin < end:
            spans.append((begin, end))
    return spans


def _openings(offer: ServiceOffer, desk: Desk, day: date) -> list[Opening]:
    weekday = WEEKDAYS[day.weekday()]
    return [
        opening
        for opening in desk.openings
        if weekday in opening.days
        and (opening.first is None or opening.first <= day)
        and (opening.last is None or day <= opening.last)
        and (opening.services is None or offer.service.id in opening.services)
        and (opening.channels is None or offer.channel in opening.channels)
    ]


def _closed_spans(offer: ServiceOffer, desk: Desk, day: date) -> Spans:
    """Return when a desk is closed on a day, by closures."""
    return [
        (
            min(_timestamps(day, closure.start or time.min, offer.zone)),
            max(_timestamps(day, closure.end or MIDNIGHT, offer.zone)),
        )
        for closure in _closures(offer, desk, day)
    ]


def _closures(offer: ServiceOffer, desk: Desk, day: date) -> list[Closure]:
    every = offer.municipality.closures + offer.branch.closures + desk.closures
    return [closure for closure in every if closure.first <= day <= closure.last]


def _holiday(offer: ServiceOffer, day: date) -> LocalizedText | None:
    return public_holidays(day.year).get(day) if offer.municipality.public_holidays else None


def _timestamps(day: date, at: time, zone: ZoneInfo) -> tuple[int, int]:
    """Return both timestamps of a local time; they differ where it is repeated or skipped."""
    if at == MIDNIGHT:
        day, at = day + DAY, time.min
    local = datetime.combine(day, at, zone)
    return int(local.timestamp()), int(local.replace(fold=1).timestamp())
