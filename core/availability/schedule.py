"""The schedule: openings − closures − busy spans → free starts. Pure: no database, no clock.

A desk is open by the catalogue's openings, but for public holidays and the catalogue's closures;
and in the extra openings that staff made, also then. Their closures close it at any rate.

Starts and spans are whole seconds since 1970 (UTC), for a turn compares thousands of them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from core.catalogue.schedule_exceptions import DeskExceptions, SpecialHours
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
    """The reason why a day has no free start, with the text of a holiday or closure, if any."""

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
    for begin, close in open_spans(offer, desk, day):
        if begin <= reached:
            reached = max(reached, close)
    return reached >= until


def open_spans(offer: ServiceOffer, desk: Desk, day: date) -> Spans:
    """Return when a desk is open on a day, closures taken off; sorted."""
    spans = _without(_open_spans(offer, desk, day), _closed_spans(offer, desk, day))
    if made := _exceptions(offer, desk):
        spans = _without(
            spans + _extra_spans(made, day, offer.zone), _spans(made.closures, day, offer.zone)
        )
    return sorted(spans)


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
        for _, desk in offer.desks:
            made = _exceptions(offer, desk)
            if (
                made
                and (closed := _of_day(made.closures, local))
                and (_open_spans(offer, desk, local) or _of_day(made.openings, local))
            ):
                return UnavailableReason(UnavailableKind.CLOSURE, closed[0].reason)
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


def overlaps(hours: SpecialHours, start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Return whether hours of days, counted in `zone`, overlap [start, end)."""
    begin, close = int(start.timestamp()), int(end.timestamp())
    days = {start.astimezone(zone).date(), (end.astimezone(UTC) - SECOND).astimezone(zone).date()}
    return any(_overlaps(begin, close, _spans((hours,), day, zone)) for day in days)


def is_unclear(day: date, at: time, zone: ZoneInfo) -> bool:
    """Return whether a local time is skipped or comes twice on a day."""
    first, second = _timestamps(day, at, zone)
    return first != second


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
    if made := _exceptions(offer, desk):
        shut += _spans(made.closures, day, offer.zone)
    for begin, end in _open_spans(offer, desk, day):
        grid = range(begin, end - length + 1, step)
        yield from (s for s in grid if not _overlaps(s, s + length, shut)) if shut else grid
    if made:
        shut = _spans(made.closures, day, offer.zone)
        for begin, end in _extra_spans(made, day, offer.zone):
            grid = range(begin, end - length + 1, step)
            yield from (s for s in grid if not _overlaps(s, s + length, shut))


def _overlaps(start: int, end: int, spans: Spans) -> bool:
    return any(start < close and begin < end for begin, close in spans)


def _open_spans(offer: ServiceOffer, desk: Desk, day: date) -> Spans:
    """Return when a desk is open for the offer on a day, before closures; never on a holiday.

    That is by the catalogue.
    """
    if _holiday(offer, day):
        return []
    return _shorter_spans(_openings(offer, desk, day), day, offer.zone)


def _extra_spans(made: DeskExceptions, day: date, zone: ZoneInfo) -> Spans:
    """Return the extra openings of a desk on a day, before the closures of staff."""
    return _shorter_spans(_of_day(made.openings, day), day, zone)


def _shorter_spans(openings: Iterable[Opening | SpecialHours], day: date, zone: ZoneInfo) -> Spans:
    """Return openings as spans; those at a repeated or skipped hour as the shorter one."""
    spans = []
    for opening in openings:
        begin = max(_timestamps(day, opening.start, zone))
        end = min(_timestamps(day, opening.end, zone))
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
    """Return when a desk is closed on a day, by the catalogue's closures."""
    return _spans(_closures(offer, desk, day), day, offer.zone)


def _spans(closures: Iterable[Closure | SpecialHours], day: date, zone: ZoneInfo) -> Spans:
    """Return the spans of a day of those closures that are of it, not sorted; the longer ones."""
    return [
        (
            min(_timestamps(day, closure.start or time.min, zone)),
            max(_timestamps(day, closure.end or MIDNIGHT, zone)),
        )
        for closure in closures
        if closure.first <= day <= closure.last
    ]


def _without(spans: Spans, shut: Spans) -> Spans:
    """Return what is left of spans without others."""
    for begin, end in shut:
        spans = [
            (start, close)
            for first, last in spans
            for start, close in ((first, min(last, begin)), (max(first, end), last))
            if start < close
        ]
    return spans


def _exceptions(offer: ServiceOffer, desk: Desk) -> DeskExceptions | None:
    return offer.exceptions.get(desk.id)


def _of_day(hours: Iterable[SpecialHours], day: date) -> Sequence[SpecialHours]:
    return [each for each in hours if each.first <= day <= each.last]


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
