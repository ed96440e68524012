"""The times at which reminders of an appointment are due."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

QUIET_FROM, QUIET_UNTIL = time(21), time(8)
"""The hours in which nobody is reminded, by the municipality's clock."""

BEFORE_QUIET = timedelta(minutes=5)
"""The time before quiet hours at which what would be due in them is sent: it takes a while."""

LEAST_APART = timedelta(hours=1)
"""The least time between a reminder that is brought forward and what was said before it."""


class DueTime(NamedTuple):
    """The time of a reminder; one `is_dropped` that isn't sent."""

    at: datetime
    is_dropped: bool


def due_times(
    hours_before: Sequence[int], zone: ZoneInfo, starts_at: datetime, now: datetime
) -> Mapping[int, DueTime]:
    """Return when each reminder is due of an appointment that is made, or moved, now.

    One is dropped whose time has passed, and one that quiet hours would bring forward to less than
    LEAST_APART after the one before it, or after now. Most hours come first.
    """
    due: dict[int, DueTime] = {}
    # In UTC: within one zone, Python subtracts by the clock on the wall.
    before = now = now.astimezone(UTC)
    for hours in hours_before:
        wanted = starts_at.astimezone(UTC) - timedelta(hours=hours)
        at = _before_quiet(wanted, zone)
        is_dropped = at <= now or (at < wanted and at - before < LEAST_APART)
        due[hours] = DueTime(at, is_dropped)
        before = before if is_dropped else at
    return due


def _before_quiet(at: datetime, zone: ZoneInfo) -> datetime:
    """Return a time as it is, or just before the quiet hours that it is in."""
    local = at.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return at
    evening = local.date() - timedelta(days=local.time() < QUIET_UNTIL)
    return (datetime.combine(evening, QUIET_FROM, zone) - BEFORE_QUIET).astimezone(UTC)
