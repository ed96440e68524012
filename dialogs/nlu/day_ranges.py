"""Read days and hours as staff write them: "3/12-5/12 10:00-12:00 strike"."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from dialogs.nlu.dates import NoSuchDay, parse_day
from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.normalize import normalize, words_with_spans
from dialogs.nlu.spans import span_of
from dialogs.nlu.vocabulary import FROM, UNTIL

MAX_DAY_WORDS = 9
"""The most words that are read as a day or two: "Tuesday 3 December until ..."."""


@dataclass(frozen=True)
class DayRange:
    """Days, hours of each ("HH:MM") where there are any, and the words after them."""

    first: date
    last: date
    start: str | None
    end: str | None
    rest: str


class _Patterns(NamedTuple):
    """The patterns of hours and of what stands between two days, for folded text."""

    hours: re.Pattern[str]
    between: re.Pattern[str]


class NoSuchHours(Exception):
    """Hours that no clock has: 25:00-26:00."""


def parse_day_range(typed: str, lexicon: Lexicon, today: date) -> DayRange | None:
    """Return the days and hours with which a text begins; None where it begins with no day.

    Raises NoSuchDay, NoSuchHours.
    """
    patterns = _patterns(lexicon.words(FROM), lexicon.words(UNTIL))
    for found in patterns.hours.finditer(_folded(typed)):
        days = _days(typed[: found.start()], lexicon, today, patterns)
        if days:
            start, end = _clock(found[1], found[2]), _clock(found[3], found[4])
            return DayRange(*days, start, end, typed[found.end() :].strip())
    words = typed.split()
    wrong = False
    for count in range(min(len(words), MAX_DAY_WORDS), 0, -1):
        try:
            days = _days(" ".join(words[:count]), lexicon, today, patterns)
        except NoSuchDay:
            wrong = True
            continue
        if days:
            return DayRange(*days, None, None, " ".join(words[count:]))
    if wrong:
        raise NoSuchDay
    return None


def _days(
    typed: str, lexicon: Lexicon, today: date, patterns: _Patterns
) -> tuple[date, date] | None:
    """Return the first and the last day, where the whole text says them. Raises NoSuchDay."""
    typed = typed.strip(" ,")
    if day := _day(typed, lexicon, today):
        return day, day
    for found in patterns.between.finditer(_folded(typed)):
        first = _day(typed[: found.start()], lexicon, today)
        last = _day(typed[found.end() :], lexicon, today)
        if first and last and last < first:  # of the year or week after the first
            last = _day(typed[found.end() :], lexicon, first)
        if first and last:
            return first, last
    return None


@lru_cache(maxsize=8)
def _patterns(of_from: frozenset[str], until: frozenset[str]) -> _Patterns:
    begin, to = ("|".join(map(re.escape, sorted(words))) for words in (of_from, until))
    clock = r"(\d{1,2})(?:[:.](\d{2}))?"
    hours = (
        rf"(?:\b(?:{begin})\s+)?(?<![\d/.-]){clock}\s*(?:[-–—]|\b(?:{to})\b)\s*{clock}"
        r"(?![\d/.:-])"
    )
    return _Patterns(re.compile(hours), re.compile(rf"\s*[-–—]\s*|\s+(?:{to})\s+"))


def _folded(typed: str) -> str:
    """Return a text of the same length in small letters without accents."""
    return "".join(base if len(base := normalize(sign)) == 1 else sign for sign in typed)


def _day(typed: str, lexicon: Lexicon, today: date) -> date | None:
    words = words_with_spans(typed)
    found = parse_day(typed, lexicon, today) if words else None
    return found.value if found and found.span == span_of(words) else None


def _clock(hour: str, minute: str | None) -> str:
    clock = f"{int(hour):02}:{minute or '00'}"
    if not (int(hour) < 24 and int(minute or 0) < 60) and clock != "24:00":
        raise NoSuchHours
    return clock
