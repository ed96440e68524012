"""openings − closures − bookings → free slots. Pure: knows no database and no clock.

Moments are whole seconds since 1970 (UTC), for thousands of them are compared in a turn.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.catalogue import WEEKDAYS, Branch, Channel, Closure, Desk, Municipality, Service
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
    return [
        desk_id
        for desk_id, desk in plan.desks
        if any(at in _starts(plan, span) for span in _working(plan, desk, day))
    ]


def covered(plan: Plan, desk: Desk, start: datetime, end: datetime) -> bool:
    """Whether the desk works through [start, end), whatever the grid of starts is."""
    day = start.astimezone(plan.zone).date()
    a, b = int(start.timestamp()), int(end.timestamp())
    return any(a >= span[0] and b <= span[1] for span in _working(plan, desk, day))


def obstacle(plan: Plan, day: date, now: datetime, zone: ZoneInfo) -> Obstacle:
    """Why that day (as counted in `zone`) has no free time, given that it has none."""
    begin, end = bounds(day, zone)
    if end <= now:
        return Obstacle("past")
    if begin >= plan.last(now):
        return Obstacle("horizon")
    days = {begin.astimezone(plan.zone).date(), (end - SECOND).astimezone(plan.zone).date()}
    spans = [s for d in days for _, desk in plan.desks for s in _working(plan, desk, d)]
    starts = [at for span in spans for at in _starts(plan, span)]
    starts = [at for at in starts if begin.timestamp() <= at < end.timestamp()]
    if starts:
        return Obstacle("full" if max(starts) >= plan.first(now).timestamp() else "notice")
    for local in sorted(days):
        reason = public_holidays(local.year).get(local)
        if reason and plan.municipality.public_holidays:
            return Obstacle("holiday", reason)
        for closure in _closures(plan, None):
            if closure.first <= local <= closure.last:
                return Obstacle("closure", closure.reason)
    return Obstacle("closed")


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
            for span in _working(plan, desk, day):
                starts = (s for s in _starts(plan, span) if earliest <= s < latest)
                yield day, _unbooked(starts, length, busy.get(desk_id, []), ends[desk_id])
        day += DAY


def _unbooked(starts: Iterable[int], length: int, taken: Spans, ends: list[int]) -> Iterator[int]:
    for start in starts:
        at = bisect_right(ends, start)
        if at == len(taken) or taken[at][0] >= start + length:
            yield start


def _starts(plan: Plan, span: tuple[int, int]) -> range:
    """The grid of starts in a working span: elapsed time, so right across a clock change."""
    return range(span[0], span[1] - plan.service.duration * 60 + 1, plan.service.interval * 60)


def _working(plan: Plan, desk: Desk, day: date) -> Spans:
    """When a desk works on a day for that service and channel: openings less closures."""
    if plan.municipality.public_holidays and day in public_holidays(day.year):
        return []
    weekday = WEEKDAYS[day.weekday()]
    spans = [
        _span(day, opening.start, opening.end, plan.zone)
        for opening in desk.openings
        if weekday in opening.days
        and (opening.first is None or opening.first <= day)
        and (opening.last is None or day <= opening.last)
        and (opening.services is None or plan.service.id in opening.services)
        and (opening.channels is None or plan.channel in opening.channels)
    ]
    for closure in _closures(plan, desk):
        if not closure.first <= day <= closure.last:
            continue
        if closure.start is None or closure.end is None:
            return []
        shut = _span(day, closure.start, closure.end, plan.zone)
        spans = [rest for span in spans for rest in _less(span, shut, plan)]
    return spans


def _closures(plan: Plan, desk: Desk | None) -> tuple[Closure, ...]:
    own = desk.closures if desk else ()
    return plan.municipality.closures + plan.branch.closures + own


def _span(day: date, start: time, end: time, zone: ZoneInfo) -> tuple[int, int]:
    return (
        int(datetime.combine(day, start, zone).timestamp()),
        int(datetime.combine(day, end, zone).timestamp()),
    )


def _less(span: tuple[int, int], shut: tuple[int, int], plan: Plan) -> Spans:
    """What is left of a span; what follows the closure keeps to the day's grid of starts."""
    if shut[1] <= span[0] or span[1] <= shut[0]:
        return [span]
    step = plan.service.interval * 60
    after = span[0] + -(-(shut[1] - span[0]) // step) * step
    return [part for part in ((span[0], shut[0]), (after, span[1])) if part[0] < part[1]]
