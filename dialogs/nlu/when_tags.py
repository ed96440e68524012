"""Tag the words of a text that may belong to days and times, for the grammar in `when_rules`.

Each tag is one letter with a value, so that the rules are patterns of letters.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from dialogs.nlu.calendar_days import DayNumbers
from dialogs.nlu.closed_words import ClosedWords, Kind, closed_words
from dialogs.nlu.contact_details import TAX_NUMBER_DIGITS, find_phones, find_tax_numbers
from dialogs.nlu.spans import Span
from dialogs.nlu.tokens import Token, tokenize

LETTERS = {
    Kind.WEEKDAY: "W",
    Kind.MONTH: "M",
    Kind.ONE: "n",
    Kind.NUMBER: "w",
    Kind.HALF_HOUR: "H",
    Kind.ORDINAL: "O",
    Kind.RELATIVE: "R",
    Kind.UNIT: "U",
    Kind.MONTH_UNIT: "m",
    Kind.WEEKEND: "k",
    Kind.NEXT: "x",
    Kind.COMING: "c",
    Kind.THIS: "t",
    Kind.STARTS: "s",
    Kind.PART: "P",
    Kind.HALF_DAY: "A",
    Kind.NOON: "T",
    Kind.CLOCK: "z",
    Kind.HALF: "h",
    Kind.QUARTER: "q",
    Kind.PAST: "p",
    Kind.AND: "&",
    Kind.MINUS: "j",
    Kind.OR: "v",
    Kind.AT: "@",
    Kind.IN: "i",
    Kind.AFTER: ">",
    Kind.ONWARD: "l",
    Kind.BEFORE: "<",
    Kind.FROM: "f",
    Kind.BETWEEN: "b",
    Kind.TO: "r",
    Kind.UNTIL: "u",
    Kind.EVE: "E",
    Kind.EVE_AFTER: "e",
    Kind.NOT: "!",
    Kind.CORRECTION: "~",
    Kind.BECAUSE: ";",
    Kind.BUT: ",",
    Kind.BUSY: "B",
    Kind.PLANS: "y",
    Kind.OPEN: "S",
    Kind.FEAST: "F",
}
"""The letter of each kind; articles and filler get none, for they stand anywhere.

Besides: N a number in digits, o an ordinal ("8th"), d a date in digits, T a time in digits, g two
numbers ("9-11"), Y a year, "," the border of a clause, "_" any other word.
"""

UNKNOWN = "_"


class Tag(NamedTuple):
    """A letter, its value and what it stands for in the text."""

    letter: str
    value: Any
    span: Span


def numbers_of(values: Sequence[Any], letters: str) -> list[int]:
    """Return the values of the tags that are numbers."""
    return [value for value, letter in zip(values, letters, strict=True) if letter in "NwnoO"]


def value_of(letter: str, values: Sequence[Any], letters: str) -> Any:
    """Return the value of the first tag of a letter."""
    return values[letters.index(letter)]


_NUMERIC_DATE = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:[/.-](\d{4}|\d{2}))?$")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})$")
_CLOCK = re.compile(r"(\d{1,2})[:.-](\d{2})$")
_JOINED_CLOCK = re.compile(r"(\d{1,2})(\d{2})$")
_CLOCKS = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?-(\d{1,2})(?:[:.](\d{2}))?$")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|ησ?|hs?|is?)$")
_BORDER = re.compile(r"[,;.!?·:\n()–—-]")


def tags_of(text: str, *, asked: str | None) -> tuple[list[Tag], list[Span]]:
    """Return the tags of a text, in their order, and where its articles and filler stand.

    `asked` is as for `read_when`.
    """
    tokens, words = tokenize(text), closed_words()
    details = _numbers_of_details(text)
    tags: list[Tag] = []
    filler: list[Span] = []
    at = end = 0
    while at < len(tokens):
        token = tokens[at]
        if tags and _BORDER.search(text, end, token.span.start):
            tags.append(Tag(",", None, Span(end, end)))
        if any(s.start < token.span.end and token.span.start < s.end for s in details):
            found, length = Tag(UNKNOWN, None, token.span), 1
        elif token.is_number:
            found = Tag(*_of_number(token, asked), token.span)
            length = 1
        else:
            found, length = _of_words(words, tokens, at, asked)
        if found.letter:
            tags.append(found)
        else:
            filler.append(found.span)
        at += length
        end = tokens[at - 1].span.end
    return tags, filler


def _numbers_of_details(text: str) -> list[Span]:
    """Return where telephone and tax numbers stand: no part of "697 110 1234" is an hour."""
    if sum(map(str.isdigit, text)) < TAX_NUMBER_DIGITS:
        return []
    return [found.span for found in (*find_phones(text), *find_tax_numbers(text))]


def _of_words(
    words: ClosedWords, tokens: tuple[Token, ...], at: int, asked: str | None
) -> tuple[Tag, int]:
    marked = words.at(tokens, at)
    if marked is None:
        return Tag(UNKNOWN, None, tokens[at].span), 1
    if marked.meaning.kind in (Kind.ARTICLE, Kind.FILLER):
        return Tag("", None, marked.span), marked.length
    is_name = marked.length == 1 and marked.meaning.kind in (Kind.WEEKDAY, Kind.MONTH)
    if is_name and _is_doubtful(words, tokens, at, asked):
        return Tag(UNKNOWN, None, marked.span), marked.length
    return Tag(
        LETTERS.get(marked.meaning.kind, UNKNOWN), marked.meaning.value, marked.span
    ), marked.length


def _is_doubtful(words: ClosedWords, tokens: tuple[Token, ...], at: int, asked: str | None) -> bool:
    """Return whether a word names no day or month here, for there is no number beside it."""
    if words.doubtful.isdisjoint((tokens[at].text, tokens[at].key)):
        return False
    beside = tokens[max(at - 2, 0) : at + 3]
    if any(token.is_number for token in beside):
        return False
    return asked != "day" or len(tokens) > 2


def _of_number(token: Token, asked: str | None) -> tuple[str, object]:
    text = token.text
    if text.isdigit():
        return _of_digits(text, asked)
    if found := _ORDINAL.match(text):
        return "o", int(found[1])
    if found := _ISO_DATE.match(text):
        year, month, day = map(int, found.groups())
        return "d", DayNumbers(day, month, year)
    clock = _CLOCK.match(text)
    is_clock = clock and int(clock[1]) <= 23 and int(clock[2]) <= 59
    hours = _CLOCKS.match(text)
    if hours and asked == "time" and int(hours[1]) < int(hours[3]) <= 23:
        return "g", hours.groups()
    if is_clock and (":" in text or asked == "time"):
        return "T", text
    date_found = _NUMERIC_DATE.match(text)
    if date_found and (date_found[2] != "-" or asked != "time"):
        month = int(date_found[3])
        if is_clock and not 1 <= month <= 12:
            return "T", text
        typed = date_found[4]
        whole = int(typed) + (2000 if len(typed) == 2 else 0) if typed else None
        return "d", DayNumbers(int(date_found[1]), month, whole)
    return ("g", hours.groups()) if hours else (UNKNOWN, None)


def _of_digits(text: str, asked: str | None) -> tuple[str, object]:
    if len(text) <= 2:
        return "N", int(text)
    if asked == "time" and (clock := _JOINED_CLOCK.match(text)):
        hour, minute = int(clock[1]), int(clock[2])
        return ("T", f"{hour}:{minute:02}") if hour <= 23 and minute <= 59 else (UNKNOWN, None)
    if re.fullmatch(r"20\d\d", text):
        return "Y", int(text)
    return UNKNOWN, None
