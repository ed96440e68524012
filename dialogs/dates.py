"""Days and times as people write them, in Greek and English."""

import re
from datetime import date, timedelta

from core.text import Text, _
from dialogs.fold import fold
from dialogs.step import Texts

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

HALF = _("half past")
AFTERNOON = _("pm, p.m., in the afternoon, afternoon")
MORNING = _("am, a.m., in the morning, morning")


def parse_day(typed: str, texts: Texts, today: date, shown: date | None = None) -> date | None:
    """The day meant; one without a year is the nearest such day, past or to come.

    `shown` is the first of the month on the screen, which a bare number is a day of.
    """
    text = fold(typed)
    for days, words in enumerate(AHEAD):
        if text in texts.words(words):
            return today + timedelta(days=days)
    # Of "Τρίτη 8 Δεκεμβρίου" the date decides; the weekday alone is the next such day.
    words_left = text.split()
    weekday = _find(words_left[:1], WEEKDAYS, texts)
    if weekday is not None:
        words_left = words_left[1:]
        if not words_left:
            return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    rest = " ".join(words_left)
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", rest):
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    if numbers := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?", rest):
        written = int(numbers[3]) if numbers[3] else None
        return _nearest(int(numbers[1]), int(numbers[2]), written, today)
    if named := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|η)? (?:of )?([^\W\d]+)(?: (\d{4}))?", rest):
        day, word = int(named[1]), named[2]
    elif named := re.fullmatch(r"([^\W\d]+) (\d{1,2})(?:st|nd|rd|th)?(?: (\d{4}))?", rest):
        word, day = named[1], int(named[2])
    elif shown and (bare := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|η)?", rest)):
        return _date(shown.year, shown.month, int(bare[1]))
    else:
        return None
    month = _find([word], MONTHS, texts)
    year = int(named[3]) if named[3] else None
    return None if month is None else _nearest(day, month + 1, year, today)


def parse_time(typed: str, texts: Texts) -> list[tuple[int, int]]:
    """The hours and minutes it may mean: "1:30" is at night or after noon."""
    text = fold(typed)
    late = _ends(text, AFTERNOON, texts)
    early = _ends(text, MORNING, texts)
    text = (late or early or text).strip()
    half = next((w for w in texts.words(HALF) if text.startswith(w) or text.endswith(w)), None)
    if half:
        text = text.replace(half, "").strip() + ":30"
    found = re.fullmatch(r"(?:στισ |at )?(\d{1,2})(?:[:.]?(\d{2}))?", text)
    if not found:
        return []
    hour, minute = int(found[1]), int(found[2] or 0)
    if hour > 23 or minute > 59:
        return []
    if hour >= 12 or early is not None:
        return [(hour, minute)]
    if late is not None:
        return [(hour + 12, minute)]
    return [(hour, minute), (hour + 12, minute)]


def _ends(text: str, words: Text, texts: Texts) -> str | None:
    for word in sorted(texts.words(words), key=len, reverse=True):
        if text.endswith(word):
            return text.removesuffix(word)
    return None


def _find(words: list[str], names: tuple[Text, ...], texts: Texts) -> int | None:
    """Which of the months or weekdays is named, whole or by three letters or more."""
    if not words or len(words[0]) < 3:
        return None
    typed = words[0]
    for test in (str.__eq__, str.startswith):
        hits = [i for i, n in enumerate(names) if any(test(w, typed) for w in texts.words(n))]
        if len(hits) == 1:
            return hits[0]
    return None


def _nearest(day: int, month: int, year: int | None, today: date) -> date | None:
    if year is not None:
        return _date(year + 2000 if year < 100 else year, month, day)
    near = [_date(y, month, day) for y in (today.year - 1, today.year, today.year + 1)]
    return min((d for d in near if d), key=lambda d: abs(d - today), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
