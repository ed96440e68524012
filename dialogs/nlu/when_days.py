"""Reads runs of tags as days: the functions of the rules in `when_rules`."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from dialogs.nlu.calendar_days import Calendar, DayNumbers
from dialogs.nlu.when_tags import numbers_of, value_of

MOST_HOURS = 12
"""The highest number of an hour as people say it; above, a number is rather a day."""

MOST_DAYS = 31
"""The most days of a range."""


def days_made(*days: date | None) -> tuple[str, object]:
    """Return the tag of these days, or of a day that no calendar has."""
    return ("0", None) if None in days or not days else ("D", tuple(sorted(filter(None, days))))


def read_compose(_c: Calendar, values: Sequence[Any], _l: str) -> tuple[str, object] | None:
    """Read "twenty one" as one number."""
    tens, ones = values
    return ("w", tens + ones) if tens >= 20 and ones < 10 else None


def read_date(c: Calendar, values: Sequence[Any], _l: str) -> tuple[str, object]:
    """Read "3/12"."""
    return days_made(c.nearest(values[0]))


def read_of_month(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "8 December", "8 or 9 December", "December 8th 2026"."""
    year = value_of("Y", values, letters) if "Y" in letters else None
    numbers = numbers_of(values, letters)
    if "O" in letters and numbers != [1]:
        return None
    month = value_of("M", values, letters)
    return days_made(*(c.nearest(DayNumbers(number, month, year)) for number in numbers))


def read_range_in_month(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "15 to 18 December", "the 15th to the 18th of the month"."""
    numbers = numbers_of(values, letters)
    if "M" in letters:
        month = value_of("M", values, letters)
        first, last = (c.nearest(DayNumbers(number, month, None)) for number in numbers)
    else:
        named = c.month_after(int("x" in letters))
        first, last = (c.in_month(named, number) for number in numbers)
    return range_made(first, last) if first and last else ("0", None)


def read_digits_of_month(
    c: Calendar, values: Sequence[Any], letters: str
) -> tuple[str, object] | None:
    """Read "14-18 December", and "3/12 December" as that day."""
    numbers, month = values[0], values[-1]
    if letters[0] == "d":
        if numbers.month == month or numbers.day >= numbers.month:
            return days_made(c.nearest(numbers))
        first, last = numbers.day, numbers.month
    else:
        typed = numbers.split("-") if letters[0] == "T" else (numbers[0], numbers[2])
        if len(typed) != 2:
            return None
        first, last = map(int, typed)
    return read_range_in_month(c, (first, last, month), "NNM")


def range_made(first: date, last: date) -> tuple[str, object]:
    """Return the tag of all days from the first to the last, up to MOST_DAYS."""
    count = min((last - first).days + 1, MOST_DAYS)
    return "D", tuple(first + timedelta(days=n) for n in range(count)) or (last,)


def read_of_this_month(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "the 8th of the month", "the 8th or 9th of next month"."""
    numbers = numbers_of(values, letters)
    if "x" in letters:
        return days_made(*(c.in_month(c.month_after(1), number) for number in numbers))
    return days_made(*map(Calendar(c.today).day_of_month, numbers))


def read_nth_weekday(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "the second Wednesday of February", "the first Monday of next month"."""
    nth, weekday = values[0], values[1]
    month = c.month_named(values[-1]) if "M" in letters else c.month_after(int("x" in letters))
    days = [d for d in _all_days(month) if d.weekday() == weekday]
    if days[min(nth, 0)] < c.today and "M" not in letters:
        days = [d for d in _all_days(c.month_after(1)) if d.weekday() == weekday]
    return days_made(days[nth - 1 if nth > 0 else nth] if nth <= len(days) else None)


def _all_days(month: date) -> list[date]:
    days = (month + timedelta(days=n) for n in range(31))
    return [day for day in days if day.month == month.month]


def read_after_units(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "in 5 days", "two weeks from today", "a week on Thursday"."""
    count = (numbers_of(values, letters) or [1])[0]
    unit = next(v for v, letter in zip(values, letters, strict=True) if letter in "Um")
    begin = c.weekday(values[-1]) if letters[-1] == "W" else c.today
    if "R" in letters:
        begin += timedelta(days=values[-1])
    return days_made(begin + timedelta(days=count * unit))


def read_beside_day(_c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "three days before Christmas"."""
    count = (numbers_of(values, letters) or [1])[0] * value_of("U", values, letters)
    by = timedelta(days=-count if "<" in letters else count)
    return days_made(*(day + by for day in values[-1]))


def read_eve(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "the day before Christmas"."""
    if "o" in letters:
        day = c.day_of_month(values[-1])
        return days_made(day and day - timedelta(days=1))
    return days_made(*(day - timedelta(days=1) for day in value_of("D", values, letters)))


def read_agreed(_c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "Tuesday 8 December": the weekday must be the date's."""
    days, weekday = value_of("D", values, letters), value_of("W", values, letters)
    if len(days) > 1:
        return None
    return ("D", days) if days[0].weekday() == weekday else ("X", (days[0], weekday))


def read_weekday_number(
    c: Calendar, values: Sequence[Any], letters: str
) -> tuple[str, object] | None:
    """Read "Tuesday the 8th"; "Tuesday 8", where that is a Tuesday."""
    weekday, day = values[0], c.day_of_month(values[-1])
    if letters in ("W@N", "W@w") and values[-1] <= MOST_HOURS:
        return None  # "Tuesday at 8"
    if day and day.weekday() == weekday:
        return days_made(day)
    if letters[-1] == "o":
        return ("X", (day, weekday)) if day else ("0", None)
    return None


def read_week(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "next week", "the week that starts on the 14th"."""
    if value_of("U", values, letters) != 7:
        return None
    if letters[-1] == "D":
        return "K", c.week_of(values[-1][0])
    if letters[-1] in "Nwo":
        day = c.day_of_month(values[-1])
        return ("K", c.week_of(day)) if day else ("0", None)
    if "t" in letters:
        return "K", tuple(d for d in c.week_of(c.today) if d >= c.today) or (c.today,)
    weeks = (2 if letters[-1] == "x" else values[0]) if "x" in letters else 1
    return "K", c.week_of(c.today + timedelta(weeks=weeks))


def read_month(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "January", "next month"."""
    if "M" in letters:
        return "V", c.month_named(value_of("M", values, letters))
    return "V", c.month_after(0 if "t" in letters else 1)


def read_weekday_of_week(_c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "next week, Wednesday or Friday"."""
    week = value_of("K", values, letters)
    weekdays = [value for value, letter in zip(values, letters, strict=True) if letter == "W"]
    monday = week[-1] - timedelta(days=week[-1].weekday())
    return days_made(*(monday + timedelta(days=weekday) for weekday in weekdays))


def read_weekdays_of_month(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "a Monday in January" as all of them."""
    month, weekday = value_of("V", values, letters), value_of("W", values, letters)
    return days_made(*(d for d in _all_days(month) if d.weekday() == weekday and d >= c.today))


def read_weekday(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "Tuesday", "next Tuesday"; it is never today."""
    weekday = value_of("W", values, letters)
    if "x" in letters and "c" not in letters:
        weeks_more = value_of("x", values, letters) - 1
        return "D", (c.next_weekday(weekday) + timedelta(weeks=weeks_more),)
    return "G", (c.weekday(weekday),)


def read_not_this(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "not this Wednesday, the next one"."""
    weeks = timedelta(weeks=value_of("x", values, letters))
    return days_made(c.weekday(value_of("W", values, letters)) + weeks)


def read_weekend(c: Calendar, _v: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "at the weekend"."""
    saturday = c.weekday(5)
    if c.today.weekday() == 5:
        saturday = c.today
    if "x" in letters:
        saturday = c.next_weekday(5)
    return days_made(saturday, saturday + timedelta(days=1))


def read_days_until(c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object] | None:
    """Read "before Friday" as the days from today."""
    last = values[-1][-1] - timedelta(days="<" in letters)
    return range_made(c.today, last) if last >= c.today else None


def read_days_since(_c: Calendar, values: Sequence[Any], letters: str) -> tuple[str, object]:
    """Read "from Monday on", "after the 15th" as MOST_DAYS days."""
    first = values[1][0] + timedelta(days=">" in letters)
    return range_made(first, first + timedelta(days=MOST_DAYS))


def read_days_between(
    _c: Calendar, values: Sequence[Any], letters: str
) -> tuple[str, object] | None:
    """Read "Monday to Wednesday"."""
    first, last = (v[0] for v, letter in zip(values, letters, strict=True) if letter in "DG")
    if last < first:
        last += timedelta(days=7)
    return range_made(first, last) if first <= last else None
