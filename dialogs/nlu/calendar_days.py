"""Find the days that numbers and names of days mean, as seen from today."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

RECENT = timedelta(days=90)
"""The age that a date without a year may have; an earlier one is next year's."""


class DayNumbers(NamedTuple):
    """A date in digits, which no calendar may have; without a year if that is None."""

    day: int
    month: int
    year: int | None


@dataclass(frozen=True)
class Calendar:
    """The dates that others count from: today, and the first of the month shown, if one is."""

    today: date
    shown: date | None = None

    def in_month(self, month: date, number: int) -> date | None:
        """Return a day of a month; None if there is no such day."""
        with suppress(ValueError):
            return month.replace(day=number)
        return None

    def day_of_month(self, number: int) -> date | None:
        """Return the day of that number in the month shown, or of the first that has it to come."""
        month = self.shown or self.today.replace(day=1)
        day = self.in_month(month, number)
        if self.shown and day is None:
            return None
        for _more in range(2):
            if day and day >= self.today:
                return day
            month = (month + timedelta(days=31)).replace(day=1)
            day = self.in_month(month, number)
        return day

    def nearest(self, numbers: DayNumbers) -> date | None:
        """Return the date in its year, else the first that isn't longer ago than RECENT."""
        years = range(self.today.year - 1, self.today.year + 2)
        for year in (numbers.year,) if numbers.year is not None else years:
            with suppress(ValueError):
                found = date(year, numbers.month, numbers.day)
                if numbers.year is not None or found >= self.today - RECENT:
                    return found
        return None

    def weekday(self, weekday: int) -> date:
        """Return the weekday to come: never today."""
        return self.today + timedelta(days=(weekday - self.today.weekday() - 1) % 7 + 1)

    def near(self, day: date, weekday: int) -> date:
        """Return the weekday that is nearest to a day, and not over."""
        found = day + timedelta(days=(weekday - day.weekday() + 3) % 7 - 3)
        return found if found >= self.today else found + timedelta(days=7)

    def next_weekday(self, weekday: int) -> date:
        """Return the weekday to come that isn't this week's."""
        day = self.weekday(weekday)
        return day + timedelta(days=7) if self.today.weekday() < day.weekday() else day

    def week_of(self, day: date) -> tuple[date, ...]:
        """Return the working days of the week in which a day is."""
        monday = day - timedelta(days=day.weekday())
        return tuple(monday + timedelta(days=n) for n in range(5))

    def month_after(self, by: int) -> date:
        """Return the first of the month that is `by` months after this one."""
        months = self.today.year * 12 + self.today.month - 1 + by
        return date(months // 12, months % 12 + 1, 1)

    def month_named(self, month: int) -> date:
        """Return the first of the month to come of that number; this one's if it is that."""
        return self.month_after((month - self.today.month) % 12)
