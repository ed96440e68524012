"""Read days and hours as staff write them: "3/12-5/12 10:00-12:00 strike"."""

import re
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from core.i18n import TextTemplate
from dialogs.nlu.dates import NoSuchDay, parse_day
from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.normalize import normalize, words_with_spans
from dialogs.nlu.spans import span_of
from dialogs.nlu.vocabulary import (
    AFTERNOON,
    ALL_DAY,
    AND,
    ARTICLES,
    BEFORE_OR_AFTER,
    BEFORE_TIME,
    EVENING,
    FROM,
    MORNING,
    UNTIL,
)

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
    before_day: re.Pattern[str]
    all_day: re.Pattern[str]
    unclear: re.Pattern[str]
    """The beginnings of hours that aren't written as "10:00-12:00"."""
    another: re.Pattern[str]
    """The word or sign before one more day: "and", a comma."""


class NoSuchHours(Exception):
    """Hours that no clock has, as 25:00-26:00, or that aren't clear, as "after 12"."""


def parse_day_range(typed: str, lexicon: Lexicon, today: date) -> DayRange | None:
    """Return the days and hours with which a text begins; None where it begins with no day.

    Raises NoSuchDay, NoSuchHours.
    """
    patterns = _patterns(lexicon)
    for found in patterns.hours.finditer(_folded(typed)):
        days = _days(typed[: found.start()], lexicon, today, patterns)
        if days:
            return _with_hours(days, found, typed[found.end() :].strip(), patterns)
    words = typed.split()
    wrong = False
    for count in range(min(len(words), MAX_DAY_WORDS), 0, -1):
        try:
            days = _days(" ".join(words[:count]), lexicon, today, patterns)
        except NoSuchDay:
            wrong = True
            continue
        if days:
            rest = "," * words[count - 1].endswith((",", "&", "+")) + " ".join(words[count:])
            return _without_hours(days, rest, lexicon, today, patterns)
    if wrong:
        raise NoSuchDay
    return None


def _with_hours(
    days: tuple[date, date], found: re.Match[str], rest: str, patterns: _Patterns
) -> DayRange:
    """Return the days with the hours found. Raises NoSuchHours where a part of the day follows."""
    if patterns.unclear.match(_folded(rest)):
        raise NoSuchHours
    return DayRange(*days, _clock(found[1], found[2]), _clock(found[3], found[4]), rest)


def _without_hours(
    days: tuple[date, date], rest: str, lexicon: Lexicon, today: date, patterns: _Patterns
) -> DayRange | None:
    """Return the days, and the hours after the reason; None where one more day follows.

    Nothing that may be hours becomes a reason for a whole day. Raises NoSuchHours.
    """
    another = patterns.another.match(_folded(rest))
    if another:
        words = rest[another.end() :].split()
        if any(_is_day(" ".join(words[:n]), lexicon, today) for n in range(1, len(words) + 1)):
            return None
    rest = rest.lstrip(" ,")
    if found := patterns.all_day.match(_folded(rest)):
        return DayRange(*days, None, None, rest[found.end() :].lstrip(" ,"))
    if patterns.unclear.match(_folded(rest)):
        raise NoSuchHours
    for found in patterns.hours.finditer(_folded(rest)):
        if found[2] or found[4]:  # "10-12" may be a house's number
            without = f"{rest[: found.start()].rstrip(' ,')} {rest[found.end() :].lstrip(' ,')}"
            return _with_hours(days, found, without.strip(), patterns)
    return DayRange(*days, None, None, rest)


def _is_day(typed: str, lexicon: Lexicon, today: date) -> bool:
    try:
        return _day(typed, lexicon, today) is not None
    except NoSuchDay:
        return True


def _days(
    typed: str, lexicon: Lexicon, today: date, patterns: _Patterns
) -> tuple[date, date] | None:
    """Return the first and the last day, where the whole text says them. Raises NoSuchDay."""
    typed = typed.strip(" ,")
    if found := patterns.before_day.match(_folded(typed)):
        typed = typed[found.end() :]
    if day := _day(typed, lexicon, today):
        return day, day
    for found in patterns.between.finditer(_folded(typed)):
        begin, end = typed[: found.start()], typed[found.end() :]
        last = _day(end, lexicon, today)
        first = _in_month(begin, last) if last else None
        first = first or _day(begin, lexicon, today)
        if first and last and last < first:  # of the year or week after the first
            last = _day(end, lexicon, first)
        if first and last:
            return first, last
    return None


def _patterns(lexicon: Lexicon) -> _Patterns:
    """Return the patterns with the words of a lexicon; `re` keeps what it has compiled."""

    def of(*phrases: TextTemplate) -> str:
        """Return a pattern of the words of these phrases, the longest first."""
        words = {word for phrase in phrases for word in lexicon.words(phrase)}
        longest = sorted(words, key=len, reverse=True)
        return "|".join(r"[\s.]+".join(map(re.escape, word.split())) for word in longest)

    begin, to, the = of(FROM), of(UNTIL), rf"(?:(?:{of(ARTICLES, BEFORE_TIME)})\s+)?"
    clock = r"(\d{1,2})(?:[:.](\d{2}))?"
    part = rf"(?:{of(MORNING, AFTERNOON, EVENING)})\b"
    hours = (
        rf"(?:\b(?:{begin})\s+{the})?(?<![\d/.-]){clock}\s*(?:[-–—]|\b(?:{to})\b)\s*{the}{clock}"
        r"(?![\d/.:-])"
    )
    unclear = (
        rf"{the}(?:{part}|\d{{1,2}}[:.]\d{{2}}\b|\d{{1,2}}\s*{part})"
        rf"|(?:{of(FROM, UNTIL, BEFORE_TIME, BEFORE_OR_AFTER)})\s+{the}\d"
    )
    return _Patterns(
        hours=re.compile(hours),
        between=re.compile(rf"\s*[-–—]\s*|\s+(?:{to})\s+{the}"),
        before_day=re.compile(rf"(?:(?:{begin})\s+)?{the}"),
        all_day=re.compile(rf"(?:{of(ALL_DAY)})\b"),
        unclear=re.compile(unclear),
        another=re.compile(rf"\s*[,&+]\s*(?:(?:{of(AND)})\s+)?|(?:{of(AND)})\s+"),
    )


def _in_month(typed: str, last: date) -> date | None:
    """Return the first day of "3-5/12", from the "3"; None of anything else. Raises NoSuchDay."""
    if not re.fullmatch(r"\d{1,2}", typed.strip()):
        return None
    try:
        return last.replace(day=int(typed))
    except ValueError:
        raise NoSuchDay from None


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
