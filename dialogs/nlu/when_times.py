"""Reads runs of tags as times: the functions of the rules in `when_rules`."""

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any, NamedTuple

from dialogs.nlu.calendar_days import Calendar
from dialogs.nlu.times import ClockTime, likeliest
from dialogs.nlu.when_days import MOST_DAYS, MOST_HOURS, range_made
from dialogs.nlu.when_tags import numbers_of, value_of

OFFICE_ENDS = 20
"""The hour from which no office serves."""

PARTS = {
    "morning": (None, time(12)),
    "early": (None, time(10)),
    "noon": (time(12), time(15)),
    "after_noon": (time(12), None),
    "afternoon": (time(15), None),
    "evening": (time(17), None),
}
"""The hours of each part of the day; `afternoon` is the Greek one, after lunch."""


class Hours(NamedTuple):
    """The first time that will do and the first that is too late; None: there is no such bound."""

    since: time | None
    until: time | None


def clock_times(
    hour: int, minutes: int = 0, half: str | None = None
) -> tuple[str, tuple[ClockTime, ...]] | None:
    """Return the times that an hour may be, with minutes added to it."""
    if not 0 <= hour <= 23 or not -60 < minutes < 60:
        return None
    if half == "am":
        hours = [hour % 12 if hour <= 12 else hour]
    elif hour >= 12:
        hours = [hour]
    else:
        hours = [hour + 12] if half == "pm" else [hour, hour + 12]
    total = [(h * 60 + minutes) % (24 * 60) for h in hours]
    return "C", tuple(ClockTime(*divmod(each, 60)) for each in total)


def read_typed_time(_c: Calendar, values: Sequence[Any], _l: str) -> tuple[str, object] | None:
    """Read "10:30"."""
    hour, minute = re.split("[:.-]", values[-1])
    return clock_times(int(hour), int(minute))


def read_half_hour(_c: Calendar, values: Sequence[Any], _l: str) -> tuple[str, object] | None:
    """Read «δεκάμισι»."""
    return clock_times(values[0], 30)


def read_hour_and_minutes(
    _c: Calendar, values: Sequence[Any], letters: str
) -> tuple[str, object] | None:
    """Read "half past nine", «δέκα παρά τέταρτο», «10 και 20»."""
    hour_last = any(letter in letters for letter in "pr") or letters[0] == "h"
    hour = values[-1] if hour_last else values[0]
    minutes = values[0] if hour_last else values[-1]
    if not hour_last and "&" in letters and minutes < 5:
        return None
    if hour > 12 and letters[0] in "wN" and "r" in letters:
        return None
    if letters[0] in "Nw" and "r" in letters and minutes not in (5, 10, 20, 25):
        return None
    return clock_times(hour, -minutes if "j" in letters or "r" in letters else minutes)


def read_minutes_to(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "twenty to ten", not "10 to 12"."""
    first, last = _bounds(values, letters)
    is_range = values[0] == 10 and first and last and first < last
    return None if is_range else read_hour_and_minutes(c, values, letters)


def read_plain_hour(_c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "10 o'clock"."""
    hour = numbers_of(values, letters)[0]
    return clock_times(hour) if hour else None


def read_in_part(_c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read an hour or time with its part of the day: "9 in the morning", "5 pm"."""
    part = next(v for v, letter in zip(values, letters, strict=True) if letter in "AP")
    half = "am" if part in ("am", "morning", "early") else "pm"
    if "C" in letters:
        times = value_of("C", values, letters)
    else:
        hour = numbers_of(values, letters)[0]
        made = clock_times(hour, 0, half if hour == 12 else None) if hour <= 12 else None
        if made is None:
            return None
        times = made[1]
    fitting = tuple(t for t in times if (t.hour < 12) == (half == "am"))
    if part == "latin_pm" and fitting and fitting[0].hour >= OFFICE_ENDS:
        return "C", times  # Greeklish "pm" may be π.μ.
    return "C", fitting or times


def _bound(value: Any, letter: str) -> time | None:
    """Return the time that an hour or time means, for an office."""
    made = ("C", value) if letter == "C" else clock_times(value)
    return time(*likeliest(made[1])) if made else None


def _bounds(values: Sequence[Any], letters: str) -> list[time | None]:
    return [
        _bound(v, letter) for v, letter in zip(values, letters, strict=True) if letter in "CNwn"
    ]


def read_between(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "between nine and eleven", "9 to 11"; "14 to 16" where a day is asked for as days."""
    if "C" not in letters and c.shown:
        days = [_day_asked_for(c, number) for number in numbers_of(values, letters)]
        if len(days) == 2 and days[0] and days[1] and days[0] < days[1]:
            return range_made(days[0], days[1])
    since, until = _bounds(values, letters)
    return ("Q", Hours(since, until)) if since and until and since < until else None


def read_digits_between(c: Calendar, values: Sequence[Any], _l: str) -> tuple[str, object] | None:
    """Read "9:30-11"."""
    first, past, last, last_past = values[0]
    made = clock_times(int(first), int(past or 0)), clock_times(int(last), int(last_past or 0))
    if not (made[0] and made[1]):
        return None
    return read_between(c, [made[0][1], made[1][1]], "CC")


def read_since(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "after 11", "from 11 on"."""
    if "C" not in letters and (day := _day_asked_for(c, numbers_of(values, letters)[0])):
        first = day + timedelta(days=">" in letters)
        return range_made(first, first + timedelta(days=MOST_DAYS))
    (since,) = _bounds(values, letters)
    return ("Q", Hours(since, None)) if since else None


def _day_asked_for(c: Calendar, number: int) -> date | None:
    """Return the day of the month, where one is asked for and the number is no usual hour."""
    return c.day_of_month(number) if c.shown and MOST_HOURS < number <= 31 else None


def read_until(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "before 11", "until 11"."""
    if "C" not in letters and (day := _day_asked_for(c, numbers_of(values, letters)[0])):
        return range_made(c.today, day - timedelta(days="<" in letters))
    (until,) = _bounds(values, letters)
    return ("Q", Hours(None, until)) if until else None


def read_part(_c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "in the morning", "after noon"."""
    since, until = PARTS[values[-1]]
    if letters[0] == ">":
        return "Q", Hours(until, None) if until else Hours(since, None)
    if letters[0] in "<u":
        return ("Q", Hours(None, since)) if since else None
    return "Q", Hours(since, until)
