"""Texts for the ear: dates, times, codes and telephone numbers in words.

The words of each language are in `locales/*/speech.yaml`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from typing import NamedTuple

import yaml
from babel.dates import format_date

from bot.i18n.translator import LOCALES, Translator
from core.i18n import BookingCode, FormattedDate, Text, TextTemplate
from dialogs.messages.spoken import SPOKEN

_HOST = re.compile(
    r"(?:https?://)?(?:www\.)?((?:[\w-]+\.)+[a-z]{2,})(?:/[\w./?=&%-]*\w/?)?(?![\w@])"
)
_EMAIL = re.compile(r"([\w.+-]+)@([\w.-]+\.[a-z]{2,})")
_ACRONYM = re.compile(r"\s*\(([\w/]{2,})\)")
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?!\d)")
_DASH = re.compile(r"\s*[–—]\s*")
_RANGE = re.compile(r"(?<=\d)\s*[–-]\s*(?=\d{1,2}:)")
_DATE = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])")
_PHONE = re.compile(r"\+?\d[\d ]{5,}\d")
_WORD = re.compile(r"\w+")
_SIGNS = str.maketrans(dict.fromkeys('“”«»"•✓*#_', ""))
_SENTENCE = re.compile(r"(?<=[.;!?]) ")
MONTHS = 12
_ENDS = (".", "!", "?", ";", ":", ",", "…")


LONGEST, LETTERS_A_SECOND = 20, 14
"""The longest that a part is read, in seconds, and how many letters a voice reads in one."""


class Speech(NamedTuple):
    """The words of a language for what is written in signs: one `speech.yaml`."""

    numbers: Sequence[str]
    tens: Mapping[int, str]
    days: Sequence[str]
    date: str
    hours: Sequence[tuple[str, str]]
    time: str
    minutes: Mapping[int, str]
    other_minutes: str
    until: str
    dot: str
    at: str
    letters: Mapping[str, str]
    words: Mapping[str, str]

    def number(self, value: int) -> str:
        """Return a number under 60."""
        if value < len(self.numbers):
            return self.numbers[value]
        tens, units = divmod(value, 10)
        return self.tens[tens] + (f" {self.numbers[units]}" if units else "")

    def clock(self, hour: int, minute: int) -> str:
        """Return a time of the day."""
        word, part = self.hours[hour]
        minutes = self.minutes.get(minute)
        if minutes is None:
            minutes = self.other_minutes.format(number=self.number(minute))
        said = self.time.format(hour=word, minutes=minutes, part=part)
        return " ".join(said.split())

    def code(self, code: str) -> str:
        """Return a booking's code, letter by letter."""
        return ". ".join(self.letters.get(each) or self.number(int(each)) for each in code)

    def digits(self, number: str) -> str:
        """Return a telephone number digit by digit, in groups with pauses between them."""
        given = [self.number(int(each)) for each in number if each.isdigit()]
        groups = [given[at : at + 3] for at in range(0, len(given), 3)]
        if len(groups) > 1 and len(groups[-1]) == 1:
            groups[-2:] = [groups[-2][:2], [groups[-2][2], *groups[-1]]]
        return ", ".join(" ".join(group) for group in groups)


@cache
def speech(language: str) -> Speech:
    """Return the words of a language."""
    given = yaml.safe_load((LOCALES / language / "speech.yaml").read_text("utf-8"))
    return Speech(**given)


class SpokenTranslator(Translator):
    """Texts in every language as they are said aloud.

    What is written otherwise than it is said has another text for that: `SPOKEN`.
    """

    def __init__(self, texts: Translator) -> None:
        vars(self).update(vars(texts))  # what was read of `locales/` is shared

    def say(self, phrase: Text, language: str) -> str:
        """Return a text in that language, in words."""
        match phrase:
            case FormattedDate(at, pattern):
                return _when(at, pattern, language)
            case BookingCode(code):
                return speech(language).code(code)
            case TextTemplate(message, _, args) if message in SPOKEN:
                return super().say(TextTemplate(SPOKEN[message].message, args=args), language)
            case _:
                return super().say(phrase, language)

    def number(self, value: int, language: str) -> str:
        """Return a number under 60 in words."""
        return speech(language).number(value)


def _when(at: date | datetime | time, pattern: str, language: str) -> str:
    """Return a day or time in words: the parts that a Babel pattern shows, without the year."""
    said = []
    if not isinstance(at, time):
        if "E" in pattern:
            said.append(format_date(at, "EEEE", locale=language))
        if "d" in pattern:
            said.append(day_in_words(at.day, at.month, language))
        elif "L" in pattern or "M" in pattern:
            said.append(format_date(at, "LLLL", locale=language))
    whole = " ".join(said)
    if "H" in pattern and isinstance(at, datetime | time):
        clock = speech(language).clock(at.hour, at.minute)
        return f"{whole}, {clock}" if whole else clock
    return whole


def day_in_words(day: int, month: int, language: str) -> str:
    """Return a day of a month, without the year."""
    words = speech(language)
    name = format_date(date(2000, month, 1), "MMMM", locale=language)  # in the genitive
    return words.date.format(day=words.days[day - 1], month=name)


def parts_for_ear(text: str, language: str) -> list[str]:
    """Return a text as parts to be read aloud, with a pause after each: lines, or their sentences.

    Each takes LONGEST seconds at most, unless one sentence is longer.
    """
    parts: list[str] = []
    for line in text.split("\n"):
        said = ""
        for sentence in _SENTENCE.split(for_ear(line, language)):
            if said and len(said) + len(sentence) >= LONGEST * LETTERS_A_SECOND:
                parts.append(said)
                said = ""
            said = f"{said} {sentence}".strip()
        parts += [said] if said else []
    return parts


def for_ear(text: str, language: str) -> str:
    """Return a text as sentences to be read aloud.

    Texts of the catalogues have hours, numbers and addresses as they are written. Of a web address,
    its host is said.
    """
    words = speech(language)

    def clock(found: re.Match[str]) -> str:
        return words.clock(int(found[1]), int(found[2]))

    def acronym(found: re.Match[str]) -> str:
        return "" if found[1].isupper() else found[0]

    def day(found: re.Match[str]) -> str:
        number, month = int(found[1]), int(found[2])
        is_date = 1 <= number <= len(words.days) and 1 <= month <= MONTHS
        return day_in_words(number, month, language) if is_date else found[0]

    def host(found: re.Match[str]) -> str:
        return found[1].replace(".", f" {words.dot} ")

    text = _EMAIL.sub(rf"\1 {words.at} \2", _ACRONYM.sub(acronym, text))
    text = _HOST.sub(host, text)
    text = _DASH.sub(", ", _RANGE.sub(f" {words.until} ", text)).translate(_SIGNS)
    text = _CLOCK.sub(clock, text)
    text = _PHONE.sub(lambda found: words.digits(found[0]), _DATE.sub(day, text))
    text = _WORD.sub(lambda found: words.words.get(found[0], found[0]), text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return " ".join(each if each.endswith(_ENDS) else f"{each}." for each in lines if each)
