"""Read days and times as people write them, in Greek, Greeklish and English."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.normalize import phonetic_key, words_with_spans
from dialogs.nlu.spans import Found, joined, span_of
from dialogs.nlu.vocabulary import (
    AFTERNOON,
    EVENING,
    FIRST_DAY,
    MONTHS,
    MORNING,
    NEXT,
    RELATIVE_DAYS,
    WEEKDAYS,
    Vocabulary,
    Words,
)

RECENT = timedelta(days=90)
"""The age that a date without a year may have; an earlier one is next year's."""


class NoSuchDay(Exception):
    """A date that no calendar has: 31/11."""


def parse_day(
    typed: str, lexicon: Lexicon, today: date, shown: date | None = None
) -> Found[date] | None:
    """Return the day meant; one without a year is to come, or was within RECENT.

    `shown` is the first of the month on the screen: a bare number is a day of that month, or of
    the month after it where that day is past. Raises NoSuchDay.
    """
    return _read_day(words_with_spans(typed), lexicon, today, shown)


def _read_day(
    words: Words, lexicon: Lexicon, today: date, shown: date | None
) -> Found[date] | None:
    for key in (str, phonetic_key):
        context = _DayContext(Vocabulary(lexicon, key), today, shown)
        vocabulary = context.vocabulary
        day_words = vocabulary.without_filler(_without_part_of_day(vocabulary, words))
        for rule in _DAY_RULES:
            if day := rule(context, [word.text for word in day_words]):
                return Found(day, span_of(day_words))
    return None


@dataclass(frozen=True)
class _DayContext:
    """The context in which the rules read a day; `shown` is the first of the month shown."""

    vocabulary: Vocabulary
    today: date
    shown: date | None


def _without_part_of_day(vocabulary: Vocabulary, words: Words) -> Words:
    """Return the words of the text without "in the morning", unless only a number remains."""
    words = vocabulary.in_form(words)
    for part in (MORNING, AFTERNOON, EVENING):
        rest = vocabulary.without(words, part)
        if rest and not joined(vocabulary.without_filler(rest)).replace(" ", "").isdigit():
            words = rest
    return words


def _relative_day(context: _DayContext, words: list[str]) -> date | None:
    """Read "today", "tomorrow"."""
    text = " ".join(words)
    for days, names in enumerate(RELATIVE_DAYS):
        if text in context.vocabulary.words(names):
            return context.today + timedelta(days=days)
    return None


def _weekday(context: _DayContext, words: list[str]) -> date | None:
    """Read "Tuesday", "next Tuesday": it is never today."""
    weekday, rest = _split_weekday(context, words)
    if weekday is None or rest:
        return None
    days = (weekday - context.today.weekday() - 1) % 7 + 1
    if len(words) > 1 and context.today.weekday() + days < 7:  # the next is not this week's
        days += 7
    return context.today + timedelta(days=days)


def _calendar_date(context: _DayContext, words: list[str]) -> date | None:
    """Read "8 December", "Tuesday 8 December": the date decides, not the weekday."""
    weekday, rest = _split_weekday(context, words)
    text = " ".join(rest)
    for pattern, read in _DATE_PATTERNS:
        if found := re.fullmatch(pattern, text):
            day = read(context, *found.groups())
            # "Tuesday 10" is more likely an hour.
            contradicts = day and weekday not in (None, day.weekday())
            return None if contradicts and pattern == _DAY else day
    return None


def _split_weekday(context: _DayContext, words: list[str]) -> tuple[int | None, list[str]]:
    """Return the weekday that is the first or the last word, and the other words but "next"."""
    rest = [word for word in words if word not in context.vocabulary.words(NEXT)]
    for at in (0, -1) if rest else ():
        weekday = context.vocabulary.index(rest[at], WEEKDAYS)
        if weekday is not None:
            rest.pop(at)
            return weekday, rest
    return None, rest


_DayRule = Callable[[_DayContext, list[str]], date | None]
_DAY_RULES: tuple[_DayRule, ...] = (_relative_day, _weekday, _calendar_date)
"""Tried in this order; each gets the words without filler."""


def _iso_date(_context: _DayContext, year: str, month: str, day: str) -> date | None:
    return _checked_date(int(year), int(month), int(day))


def _numeric_date(context: _DayContext, day: str, month: str, year: str | None) -> date | None:
    return _nearest_date(int(day), int(month), year, context.today)


def _day_of_month(context: _DayContext, day: str) -> date | None:
    if context.shown is None:
        return None
    found = _checked_date(context.shown.year, context.shown.month, int(day))
    if found < context.today:
        after = context.shown + timedelta(days=31)
        return _checked_date(after.year, after.month, int(day))
    return found


def _day_month(context: _DayContext, day: str, month: str, year: str | None) -> date | None:
    number = context.vocabulary.index(month, MONTHS)
    return None if number is None else _nearest_date(int(day), number + 1, year, context.today)


def _month_day(context: _DayContext, month: str, day: str, year: str | None) -> date | None:
    return _day_month(context, day, month, year)


def _first_of_month(context: _DayContext, first: str, month: str, year: str | None) -> date | None:
    is_first = first in context.vocabulary.words(FIRST_DAY)
    return _day_month(context, "1", month, year) if is_first else None


_DAY = r"(\d{1,2})(?:st|nd|rd|th|ησ?|is?|hs?)?"
_WORD = r"([^\W\d]+)"
_YEAR = r"(?: (\d{4}|\d{2}))?"

_DATE_PATTERNS: tuple[tuple[str, Callable[..., date | None]], ...] = (
    (r"(\d{4})-(\d{1,2})-(\d{1,2})", _iso_date),
    (r"(\d{1,2})[/. -](\d{1,2})(?:[/. -](\d{4}|\d{2}))?", _numeric_date),
    (_DAY, _day_of_month),
    (f"{_DAY} ?{_WORD}{_YEAR}", _day_month),
    (f"{_WORD} {_DAY}{_YEAR}", _month_day),
    (f"{_WORD} {_WORD}{_YEAR}", _first_of_month),
)
"""The forms of a date, and what reads the groups of each; the first that matches decides."""


def _nearest_date(day: int, month: int, typed_year: str | None, today: date) -> date | None:
    """Return the date in the year typed, else the first that isn't longer ago than RECENT."""
    if typed_year is not None:
        year = int(typed_year) + (2000 if len(typed_year) == 2 else 0)
        # "3/12 10" is no date of 2010.
        return (
            None if len(typed_year) == 2 and year < today.year else _checked_date(year, month, day)
        )
    for year in range(today.year - 1, today.year + 2):
        with suppress(NoSuchDay):
            if (found := _checked_date(year, month, day)) >= today - RECENT:
                return found
    raise NoSuchDay


def _checked_date(year: int, month: int, day: int) -> date:
    """Return the date. Raises NoSuchDay."""
    try:
        return date(year, month, day)
    except ValueError:
        raise NoSuchDay from None
