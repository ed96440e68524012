"""Read times of day as people write them, in Greek, Greeklish and English."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.normalize import phonetic_key, words_with_spans
from dialogs.nlu.spans import Found, joined, span_of
from dialogs.nlu.vocabulary import (
    AFTERNOON,
    EVENING,
    HALF_HOURS,
    HOURS,
    MINUTES_PAST,
    MORNING,
    SHARP,
    Vocabulary,
    Words,
)


class ClockTime(NamedTuple):
    """A time of day."""

    hour: int
    minute: int


def likeliest(times: Sequence[ClockTime]) -> ClockTime:
    """Return the time that is meant, for an office, of those that a text may mean."""
    return next((each for each in times if 7 <= each.hour <= 20), times[0])


def parse_time(typed: str, lexicon: Lexicon) -> Found[tuple[ClockTime, ...]] | None:
    """Return the times of day that a text may mean: "1:30" is at night or after noon."""
    return read_time(words_with_spans(typed), lexicon)


def read_time(words: Words, lexicon: Lexicon) -> Found[tuple[ClockTime, ...]] | None:
    """Return the times of day that normalized words may mean."""
    for key in (str, phonetic_key):
        vocabulary = Vocabulary(lexicon, key)
        time_words = vocabulary.without_leading_filler(vocabulary.in_form(words))
        if times := _times(time_words, vocabulary):
            return Found(times, span_of(vocabulary.without_filler(time_words)))
    return None


def _times(words: Words, vocabulary: Vocabulary) -> tuple[ClockTime, ...]:
    """Return the times that words may mean; part of the day and minutes are removed first."""
    words, half = _half_of_day(words, vocabulary)
    words = vocabulary.without(words, SHARP) or words
    words, past = _minutes_past(words, vocabulary)
    text = _in_figures(joined(vocabulary.without_filler(words)), vocabulary)
    found = re.fullmatch(r"(\d{1,2})(?:[:. -]?(\d{2}))?", text)
    if not found or (past and found[2]):
        return ()
    hour, minute = int(found[1]), int(found[2] or 0)
    if hour > 23 or minute > 59:
        return ()
    minutes = [h * 60 + minute + past for h in _hours(hour, half)]
    return tuple(ClockTime(*divmod(m % (24 * 60), 60)) for m in minutes)


_Half = Literal["before noon", "after noon"]


def _half_of_day(words: Words, vocabulary: Vocabulary) -> tuple[Words, _Half | None]:
    """Return the words without the part of the day, and which half of the day that is."""
    late = vocabulary.without(words, AFTERNOON) or vocabulary.without(words, EVENING)
    early = vocabulary.without(words, MORNING)
    # Both: Greeklish "pm" may be π.μ.
    ambiguous = (late is None) == (early is None)
    half: _Half = "before noon" if late is None else "after noon"
    return late or early or words, None if ambiguous else half


def _minutes_past(words: Words, vocabulary: Vocabulary) -> tuple[Words, int]:
    """Return the words without "half past" and the like, and the minutes that these add."""
    for message, minutes in MINUTES_PAST:
        rest = vocabulary.without(words, message)
        if rest is not None:
            return rest, minutes
    return words, 0


def _in_figures(text: str, vocabulary: Vocabulary) -> str:
    """Return "ten" as "10" and «δεκάμισι» as "10:30"; else the text itself."""
    for hour, (name, half) in enumerate(zip(HOURS, HALF_HOURS, strict=True), 1):
        if text in vocabulary.words(name):
            return str(hour)
        if text in vocabulary.words(half):
            return f"{hour}:30"
    return text


def _hours(hour: int, half: _Half | None) -> list[int]:
    """Return the hours of the day (0–23) that a typed hour may be."""
    if half == "before noon":
        return [hour % 12 if hour <= 12 else hour]
    if hour >= 12:
        return [hour]
    return [hour + 12] if half == "after noon" else [hour, hour + 12]
