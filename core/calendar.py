"""openings − closures − bookings → free slots. Pure: knows no database and no clock.

Moments are whole seconds since 1970 (UTC), for thousands of them are compared in a turn.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.catalogue import (
    WEEKDAYS,
    Branch,
    Channel,
    Closure,
    Desk,
    Municipality,
    Opening,
    Service,
)
from core.text import Words

Spans = list[tuple[int, int]]
"""Starts and ends, sorted, not overlapping."""

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Plan:
    """Who may serve a service over a channel at a branch; `desk_ids` as stored, by desk."""

    municipality: Municipality
    service: Service
    branch: Branch
    channel: Channel
    desk_ids: Mapping[str, int]

    @property
    def zone(self) -> ZoneInfo:
        """The municipality's."""
        return ZoneInfo(self.municipality.timezone)

    @property
    def desks(self) -> list[tuple[int, Desk]]:
        """The desks that serve it, with their stored ids."""
        return [
            (self.desk_ids[desk.id], desk)
            for desk in self.branch.desks
            if desk.serves(self.service.id, self.channel)
        ]

    def first(self, now: datetime) -> datetime:
        """The earliest start that may be picked."""
        return now + timedelta(hours=self.service.notice_hours)

    def last(self, now: datetime) -> datetime:
        """The end of the last day that may be picked."""
        day = now.astimezone(self.zone).date() + timedelta(days=self.service.horizon_days + 1)
        return datetime.combine(day, time(), self.zone)


@dataclass(frozen=True)
class Obstacle:
    """Why a day has no free time: past, notice, horizon, holiday, closure, closed or full."""

    kind: str
    reason: Words | None = None


def free_starts(
    plan: Plan, busy: Mapping[int, Spans], since: datetime, until: datetime, now: datetime
) -> list[int]:
    """Every free start in [since, until), sorted."""
    found: set[int] = set()
    for _, starts in _free_by_desk_day(plan, busy, since, until, now):
        found.update(starts)
    return sorted(found)


def free_days(
    plan: Plan,
    busy: Mapping[int, Spans],
    since: datetime,
    until: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> list[date]:
    """The days, as counted in `zone`, on which some start in [since, until) is free."""
    same = zone.key == plan.municipality.timezone
    found: set[date] = set()
    for day, starts in _free_by_desk_day(plan, busy, since, until, now):
        if same:
            if day not in found and next(iter(starts), None) is not None:
                found.add(day)
        else:
            found.update(datetime.fromtimestamp(start, zone).date() for start in starts)
    return sorted(found)


def desks_for(plan: Plan, start: datetime) -> list[int]:
    """The desks, busy or not, that may start serving at exactly that moment."""
    at = int(start.timestamp())
    day = start.astimezone(plan.zone).date()
    return [desk_id for desk_id, desk in plan.desks if at in _starts(plan, desk, day)]


def covered(plan: Plan, desk: Desk, start: datetime, end: datetime) -> bool:
    """Whether the desk works through [start, end), whatever the grid of starts is."""
    day = start.astimezone(plan.zone).date()
    reached, until = int(start.timestamp()), int(end.timestamp())
    if _overlaps(reached, until, _shut(plan, desk, day)):
        return False
    for begin, close in sorted(_opened(plan, desk, day)):
        if begin <= reached:
            reached = max(reached, close)
    return reached >= until


def obstacle(plan: Plan, day: date, now: datetime, zone: ZoneInfo) -> Obstacle:
    """Why that day (as counted in `zone`) has no free time, given that it has none."""
    begin, end = bounds(day, zone)
    if end <= now:
        return Obstacle("past")
    if begin >= plan.last(now):
        return Obstacle("horizon")
    days = sorted({begin.astimezone(plan.zone).date(), (end - SECOND).astimezone(plan.zone).date()})
    starts = [at for d in days for _, desk in plan.desks for at in _starts(plan, desk, d)]
    starts = [at for at in starts if begin.timestamp() <= at < end.timestamp()]
    if starts:
        if min(starts) >= plan.last(now).timestamp():
            return Obstacle("horizon")
        return Obstacle("full" if max(starts) >= plan.first(now).timestamp() else "notice")
    for local in days:
        if reason := _holiday(plan, local):
            return Obstacle("holiday", reason)
        for _, desk in plan.desks:
            closures = _closures(plan, desk, local)
            if closures and _openings(plan, desk, local):
                return Obstacle("closure", closures[0].reason)
    return Obstacle("closed")


def last_open_day(plan: Plan, now: datetime) -> date:
    """The last day of the horizon on which somebody works; the horizon's last if nobody does."""
    last = (plan.last(now) - SECOND).date()
    days = (last - n * DAY for n in range(plan.service.horizon_days))
    return next((d for d in days if any(any(_starts(plan, k, d)) for _, k in plan.desks)), last)


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day's first moment and the next day's, in UTC."""
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + DAY, time(), zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


@lru_cache(maxsize=16)
def public_holidays(year: int) -> Mapping[date, Words]:
    """The Greek public holidays of a year, from the library `holidays`."""
    import holidays  # noqa: PLC0415 costs 0.2 s, needed only once days are asked for

    greek = holidays.country_holidays("GR", years=year, language="el")
    english = holidays.country_holidays("GR", years=year, language="en_US")
    return {day: Words(el=greek[day], en=english[day]) for day in greek}


def _free_by_desk_day(
    plan: Plan, busy: Mapping[int, Spans], since: datetime, until: datetime, now: datetime
) -> Iterator[tuple[date, Iterator[int]]]:
    """For each day and desk, the free starts, worked out only as far as they are read."""
    earliest = int(max(since, plan.first(now)).timestamp())
    latest = int(min(until, plan.last(now)).timestamp())
    day = datetime.fromtimestamp(earliest, plan.zone).date()
    last = datetime.fromtimestamp(latest, plan.zone).date()
    length = plan.service.duration * 60
    desks = plan.desks
    ends = {desk_id: [end for _, end in busy.get(desk_id, ())] for desk_id, _ in desks}
    while day <= last:
        for desk_id, desk in desks:
            starts = (s for s in _starts(plan, desk, day) if earliest <= s < latest)
            yield day, _unbooked(starts, length, busy.get(desk_id, []), ends[desk_id])
        day += DAY


def _unbooked(starts: Iterable[int], length: int, taken: Spans, ends: list[int]) -> Iterator[int]:
    for start in starts:
        at = bisect_right(ends, start)
        if at == len(taken) or taken[at][0] >= start + length:
            yield start


def _starts(plan: Plan, desk: Desk, day: date) -> Iterator[int]:
    """The grid of starts in each opening: elapsed time, so right across a clock change."""
    length, step = plan.service.duration * 60, plan.service.interval * 60
    shut = _shut(plan, desk, day)
    for begin, end in _opened(plan, desk, day):
        grid = range(begin, end - length + 1, step)
        yield from (s for s in grid if not _overlaps(s, s + length, shut)) if shut else grid


def _overlaps(start: int, end: int, spans: Spans) -> bool:
    return any(start < close and begin < end for begin, close in spans)


def _opened(plan: Plan, desk: Desk, day: date) -> Spans:
    """When a desk is open on a day for that service and channel; none on a public holiday."""
    if _holiday(plan, day):
        return []
    spans = []
    for opening in _openings(plan, desk, day):
        # Where the clocks' change leaves doubt about a local time, it counts as closed.
        begin = max(_moments(day, opening.start, plan.zone))
        end = min(_moments(day, opening.end, plan.zone))
        if begin < end:
            spans.append((begin, end))
    return spans


def _openings(plan: Plan, desk: Desk, day: date) -> list[Opening]:
    weekday = WEEKDAYS[day.weekday()]
    return [
        opening
        for opening in desk.openings
        if weekday in opening.days
        and (opening.first is None or opening.first <= day)
        and (opening.last is None or day <= opening.last)
        and (opening.services is None or plan.service.id in opening.services)
        and (opening.channels is None or plan.channel in opening.channels)
    ]


def _shut(plan: Plan, desk: Desk, day: date) -> Spans:
    """When a desk is closed on a day, of what it is open."""
    return [
        (
            min(_moments(day, closure.start or time.min, plan.zone)),
            max(_moments(day, closure.end or time.max, plan.zone)),
        )
        for closure in _closures(plan, desk, day)
    ]


def _closures(plan: Plan, desk: Desk, day: date) -> list[Closure]:
    every = plan.municipality.closures + plan.branch.closures + desk.closures
    return [closure for closure in every if closure.first <= day <= closure.last]


def _holiday(plan: Plan, day: date) -> Words | None:
    return public_holidays(day.year).get(day) if plan.municipality.public_holidays else None


def _moments(day: date, at: time, zone: ZoneInfo) -> tuple[int, int]:
    """What a local time means: two moments if the clocks' change repeats or skips it."""
    local = datetime.combine(day, at, zone)
    return int(local.timestamp()), int(local.replace(fold=1).timestamp())
