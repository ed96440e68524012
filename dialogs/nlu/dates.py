"""Days and times as people write them, in Greek, Greeklish and English."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import dropwhile

from core.i18n import TextTemplate, _
from dialogs.nlu.lexicon import FILLER, Lexicon
from dialogs.nlu.normalize import normalize, phonetic_key

MONTHS = (
    _("january, jan"),
    _("february, feb"),
    _("march, mar"),
    _("april, apr"),
    _("may"),
    _("june, jun"),
    _("july, jul"),
    _("august, aug"),
    _("september, sep, sept"),
    _("october, oct"),
    _("november, nov"),
    _("december, dec"),
)
WEEKDAYS = (
    _("monday, mon"),
    _("tuesday, tue, tues"),
    _("wednesday, wed"),
    _("thursday, thu, thurs"),
    _("friday, fri"),
    _("saturday, sat"),
    _("sunday, sun"),
)
AHEAD = (_("today"), _("tomorrow"), _("the day after tomorrow, day after tomorrow"))
NEXT = _("next")
FIRST_DAY = _("first")

HOURS = (
    _("one"),
    _("two"),
    _("three"),
    _("four"),
    _("five"),
    _("six"),
    _("seven"),
    _("eight"),
    _("nine"),
    _("ten"),
    _("eleven"),
    _("twelve"),
)
HALVES = (
    _("half one"),
    _("half two"),
    _("half three"),
    _("half four"),
    _("half five"),
    _("half six"),
    _("half seven"),
    _("half eight"),
    _("half nine"),
    _("half ten"),
    _("half eleven"),
    _("half twelve"),
)
PAST = ((_("half past"), 30), (_("quarter past"), 15), (_("quarter to"), -15))
AT = _("at, around, about")
SHARP = _("o'clock, sharp")
AFTERNOON = _("pm, p.m., in the afternoon, afternoon")
EVENING = _("in the evening, evening")
MORNING = _("am, a.m., in the morning, morning")

RECENT = timedelta(days=90)
"""A day that has gone by longer is next year's: in June, "31/12" is no slip for last winter's."""

_DAY = r"(\d{1,2})(?:st|nd|rd|th|ησ?|is?|hs?)?"
_WORD = r"([^\W\d]+)"
_YEAR = r"(?: (\d{4}|\d{2}))?"


@dataclass(frozen=True)
class _Words:
    """The words of messages, as they are written or as they sound."""

    texts: Lexicon
    key: Callable[[str], str]

    def of(self, message: TextTemplate) -> set[str]:
        """A message's words."""
        return {self.key(word) for word in self.texts.words(message)}

    def which(self, typed: str, names: tuple[TextTemplate, ...]) -> int | None:
        """Which of the names is typed, whole or by its first three letters or more."""
        if len(typed) < 3:
            return None
        for test in (str.__eq__, str.startswith):
            hits = [i for i, n in enumerate(names) if any(test(w, typed) for w in self.of(n))]
            if len(hits) == 1:
                return hits[0]
        return None

    def without(self, text: str, message: TextTemplate) -> str | None:
        """The text without one of those words at its beginning or end; None if none is there."""
        for word in sorted(map(re.escape, self.of(message)), key=len, reverse=True):
            rest = re.sub(rf"^{word}\b|(?<![^\W\d]){word}$", "", text)
            if rest != text:
                return rest.strip()
        return None

    def told(self, text: str) -> list[str]:
        """The text's words that say something."""
        filler = self.of(FILLER)
        if self.key is phonetic_key:  # «με» sounds as "mai" does
            filler = {word for word in filler if len(word) > 2}
        return [word for word in text.split() if word not in filler]


class NoSuchDay(Exception):
    """A date that no calendar has: 31/11."""


def parse_moment(
    typed: str, texts: Lexicon, today: date, shown: date | None = None
) -> tuple[date | None, list[tuple[int, int]]]:
    """The day meant, and the hours and minutes, where both are said: "Tuesday at 10".

    Raises NoSuchDay.
    """
    parts = texts.words(MORNING) | texts.words(AFTERNOON) | texts.words(EVENING)
    words, at = _apart(normalize(typed), parts).split(), texts.words(AT)
    heard = _Words(texts, phonetic_key)
    for i in range(1, len(words)):
        splits = [(words[:i], words[i:])]
        if (
            heard.which(phonetic_key(words[i]), MONTHS) is None
        ):  # the number before a month is a day
            splits.append((words[i:], words[:i]))
        for day, time in splits:
            # "Τρίτη 8" is no hour: one has its word, its minutes or its part of the day.
            if time[0] in at or ":" in " ".join(time) or not parts.isdisjoint(time):
                hours = parse_time(" ".join(time[time[0] in at :]), texts)
                found = hours and parse_day(" ".join(day), texts, today, shown)
                if found:
                    return found, hours
    return parse_day(typed, texts, today, shown), []


def _apart(folded: str, parts: frozenset[str]) -> str:
    """The number and the part of the day as words of their own: "10am", "9 π.μ."."""
    joined = re.sub(r"\b([^\W\d]) ([^\W\d])\b", r"\1\2", folded)
    return re.sub(
        r"(\d)([^\W\d]{2})\b",
        lambda found: f"{found[1]} {found[2]}" if found[2] in parts else found[0],
        joined,
    )


def parse_day(typed: str, texts: Lexicon, today: date, shown: date | None = None) -> date | None:
    """The day meant; one without a year is to come, or has gone by RECENT days at most.

    `shown` is the first of the month on the screen, which a bare number is a day of, or of the
    month after it where that day has gone. Raises NoSuchDay.
    """
    for key in (str, phonetic_key):
        if found := _day(key(normalize(typed)), _Words(texts, key), today, shown):
            return found
    return None


def _day(text: str, words: _Words, today: date, shown: date | None) -> date | None:
    for part in (MORNING, AFTERNOON, EVENING):
        rest = words.without(text, part)
        text = rest if rest and not "".join(words.told(rest)).isdigit() else text
    told = words.told(text)
    for days, names in enumerate(AHEAD):
        if " ".join(told) in words.of(names):
            return today + timedelta(days=days)
    left = [word for word in told if word not in words.of(NEXT)]
    weekday = None
    # Of "Τρίτη 8 Δεκεμβρίου" the date decides; the weekday alone is the next such day.
    for at in (0, -1) if left else ():
        weekday = words.which(left[at], WEEKDAYS)
        if weekday is not None:
            left.pop(at)
            if not left:
                return _coming(weekday, today, after_this_week=len(told) > 1)
            break
    found = _dated(" ".join(left), words, today, shown)
    bare = len(left) == 1 and re.fullmatch(_DAY, left[0])
    if found and bare and weekday not in (None, found.weekday()):
        return None  # "Tuesday 10" is more likely an hour
    return found


def _coming(weekday: int, today: date, *, after_this_week: bool) -> date:
    days = (weekday - today.weekday() - 1) % 7 + 1
    if after_this_week and today.weekday() + days < 7:
        days += 7
    return today + timedelta(days=days)


def _dated(text: str, words: _Words, today: date, shown: date | None) -> date | None:
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    if numbers := re.fullmatch(r"(\d{1,2})[/. -](\d{1,2})(?:[/. -](\d{4}|\d{2}))?", text):
        return _nearest(int(numbers[1]), int(numbers[2]), numbers[3], today)
    if bare := re.fullmatch(_DAY, text):
        return _day_of_month(int(bare[1]), shown, today) if shown else None
    if named := re.fullmatch(f"{_DAY} ?{_WORD}{_YEAR}", text):
        day, month = int(named[1]), named[2]
    elif named := re.fullmatch(f"{_WORD} {_DAY}{_YEAR}", text):
        month, day = named[1], int(named[2])
    elif named := re.fullmatch(f"{_WORD} {_WORD}{_YEAR}", text):
        if named[1] not in words.of(FIRST_DAY):
            return None
        day, month = 1, named[2]
    else:
        return None
    number = words.which(month, MONTHS)
    return None if number is None else _nearest(day, number + 1, named[3], today)


def parse_time(typed: str, texts: Lexicon) -> list[tuple[int, int]]:
    """The hours and minutes it may mean: "1:30" is at night or after noon."""
    for key in (str, phonetic_key):
        if found := _time(key(normalize(typed)), _Words(texts, key)):
            return found
    return []


def _time(text: str, words: _Words) -> list[tuple[int, int]]:
    text = " ".join(dropwhile(words.of(FILLER).__contains__, text.split()))
    late = words.without(text, AFTERNOON) or words.without(text, EVENING)
    early = words.without(text, MORNING)
    text = late or early or text
    text = words.without(text, SHARP) or text
    past = 0
    for message, minutes in PAST:
        rest = words.without(text, message)
        if rest is not None:
            text, past = rest, minutes
            break
    text = " ".join(words.told(text))
    for hour, (name, half) in enumerate(zip(HOURS, HALVES, strict=True), 1):
        if text in words.of(name):
            text = str(hour)
        elif text in words.of(half):
            text = f"{hour}:30"
    found = re.fullmatch(r"(\d{1,2})(?:[:. -]?(\d{2}))?", text)
    if not found or (past and found[2]):
        return []
    hour, minute = int(found[1]), int(found[2] or 0)
    if hour > 23 or minute > 59:
        return []
    hours = [hour] if hour >= 12 else [hour, hour + 12]
    # Both: Greeklish "pm" may be π.μ.
    if (late is None) != (early is None):
        hours = [hour % 12] if late is None and hour <= 12 else hours[-1:]
    return [divmod((h * 60 + minute + past) % (24 * 60), 60) for h in hours]


def _nearest(day: int, month: int, typed_year: str | None, today: date) -> date | None:
    if typed_year is not None:
        year = int(typed_year) + (2000 if len(typed_year) == 2 else 0)
        # "3/12 10" is no date of 2010.
        return None if len(typed_year) == 2 and year < today.year else _date(year, month, day)
    for year in range(today.year - 1, today.year + 2):
        with suppress(NoSuchDay):
            if (found := _date(year, month, day)) >= today - RECENT:
                return found
    raise NoSuchDay


def _day_of_month(day: int, shown: date, today: date) -> date:
    found = _date(shown.year, shown.month, day)
    if found < today:
        after = shown + timedelta(days=31)
        return _date(after.year, after.month, day)
    return found


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NoSuchDay from None
