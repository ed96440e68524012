"""The times at which reminders of an appointment are due."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

QUIET_FROM, QUIET_UNTIL = time(21), time(8)
"""The hours in which nobody is reminded, by the municipality's clock; citizens may set others."""

BEFORE_QUIET = timedelta(minutes=5)
"""The time before quiet hours at which what would be due in them is sent: it takes a while."""

LEAST_APART = timedelta(hours=1)
"""The least time between a reminder that is brought forward and what was said before it."""


class QuietHours(NamedTuple):
    """The hours of each day in which nobody is reminded; they may begin on the day before."""

    since: time
    until: time
    zone: ZoneInfo

    def begin_of(self, at: datetime) -> datetime | None:
        """Return when the quiet hours began that a time is in; None where it is in none."""
        local = at.astimezone(self.zone)
        clock, over_midnight = local.time(), self.until <= self.since
        if over_midnight and clock < self.until:
            day = local.date() - timedelta(days=1)
        elif self.since <= clock and (over_midnight or clock < self.until):
            day = local.date()
        else:
            return None
        return datetime.combine(day, self.since, self.zone)

    def end_of(self, at: datetime) -> datetime | None:
        """Return when the quiet hours end that a time is in; None where it is in none."""
        begin = self.begin_of(at)
        if begin is None:
            return None
        day = begin.date() + timedelta(days=self.until <= self.since)
        return datetime.combine(day, self.until, self.zone).astimezone(UTC)


class DueTime(NamedTuple):
    """The time of a reminder; one `is_dropped` that isn't sent."""

    at: datetime
    is_dropped: bool


def spread(booking_id: int, minutes: int) -> timedelta:
    """Return how much earlier than others a booking's reminders are sent, up to so many minutes.

    It is always the same for a booking, and as if at random for several.
    """
    return timedelta(seconds=crc32(str(booking_id).encode()) % (minutes * 60 + 1))


def due_times(
    hours_before: Sequence[int],
    zone: ZoneInfo,
    starts_at: datetime,
    now: datetime,
    *,
    earlier: timedelta = timedelta(),
    quiet: QuietHours | None = None,
    said_at: datetime | None = None,
) -> Mapping[int, DueTime]:
    """Return when each reminder is due of an appointment that is made, or moved, now.

    One is dropped whose time has passed, and one that quiet hours would bring forward to less than
    LEAST_APART after the one before it, or after now; after `said_at` instead, where that is when
    the appointment was spoken of last. Most hours come first. `quiet` are the citizen's own hours;
    None: the usual ones in `zone`.

    Each is so much `earlier` as the municipality spreads them, unless that is in quiet hours, or
    less than LEAST_APART after the one before it or after now.
    """
    quiet = quiet or QuietHours(QUIET_FROM, QUIET_UNTIL, zone)
    due: dict[int, DueTime] = {}
    # In UTC: within one zone, Python subtracts by the clock on the wall.
    now = now.astimezone(UTC)
    before = now if said_at is None else said_at
    for hours in hours_before:
        wanted = starts_at.astimezone(UTC) - timedelta(hours=hours)
        begin = quiet.begin_of(wanted)
        at = (begin - BEFORE_QUIET).astimezone(UTC) if begin else wanted
        is_dropped = at <= now or (at < wanted and at - before < LEAST_APART)
        sooner = at - earlier
        if sooner - max(before, now) >= LEAST_APART and quiet.begin_of(sooner) is None:
            at = sooner
        due[hours] = DueTime(at, is_dropped)
        before = before if is_dropped else at
    return due
