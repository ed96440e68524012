"""The days of the feasts that people name instead of a date."""

from collections.abc import Mapping
from datetime import date, timedelta

FIXED: Mapping[str, tuple[int, int]] = {
    "christmas": (12, 25),
    "new_year": (1, 1),
    "epiphany": (1, 6),
    "saint_john": (1, 7),
    "three_hierarchs": (1, 30),
    "march_25": (3, 25),
    "may_day": (5, 1),
    "assumption": (8, 15),
    "saint_demetrius": (10, 26),
    "ohi": (10, 28),
    "polytechnic": (11, 17),
    "saint_nicholas": (12, 6),
}
"""Month and day of each."""

FROM_EASTER: Mapping[str, int] = {
    "clean_monday": -48,
    "good_friday": -2,
    "easter": 0,
    "easter_monday": 1,
    "whit_monday": 50,
}
"""Days after Easter Sunday."""

SAINT_GEORGE = "saint_george"
"""On 23 April, or on Easter Monday where that is later."""


def next_feast(name: str, today: date) -> date:
    """Return the first day of a feast that is today or later. Raises KeyError."""
    return next(day for year in (today.year, today.year + 1) if (day := _in(year, name)) >= today)


def _in(year: int, name: str) -> date:
    if name in FIXED:
        return date(year, *FIXED[name])
    if name == SAINT_GEORGE:
        return max(date(year, 4, 23), orthodox_easter(year) + timedelta(days=1))
    return orthodox_easter(year) + timedelta(days=FROM_EASTER[name])


def orthodox_easter(year: int) -> date:
    """Return Easter Sunday of the Orthodox Church; for the years 1900–2099 (Meeus's method)."""
    d = (19 * (year % 19) + 15) % 30
    e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
    return date(year, (d + e + 114) // 31, (d + e + 114) % 31 + 1) + timedelta(days=13)
