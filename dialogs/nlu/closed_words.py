"""Load the closed words of each language and find them in a text."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from dialogs.nlu.normalize import folded, normalize
from dialogs.nlu.spans import Span
from dialogs.nlu.tokens import Token, cut_ending, keys_of_phrase

LOCALES = Path(__file__).parents[2] / "locales"

MIN_STEM = 4
"""The letters of a stem from which a word may have another ending than the listed ones."""

_SHARED, _DOUBTFUL, _SIGNS, _NAMES = "shared", "doubtful", "signs", "names"


class Kind(StrEnum):
    """The kind of a closed word; the values are the fields of `lexicon.yaml`."""

    WEEKDAY = "weekday"
    MONTH = "month"
    ONE = "one"
    """1, or an article: "a"."""
    NUMBER = "number"
    COUNT = "count"
    """A number that is no day and no hour, as in telephone numbers."""
    REPEAT = "repeat"
    """Words for the same digit again: "double one"."""
    HALF_HOUR = "half_hour"
    ORDINAL = "ordinal"
    RELATIVE = "relative"
    UNIT = "unit"
    MONTH_UNIT = "month_unit"
    """The word for one month: "on the 8th of the month"."""
    WEEKEND = "weekend"
    NEXT = "next"
    COMING = "coming"
    THIS = "this"
    STARTS = "starts"
    """Words between a week and its first day."""
    PART = "part"
    HALF_DAY = "half_day"
    NOON = "noon"
    """A word that is a time by itself."""
    CLOCK = "clock"
    """Words around an hour: "o'clock"."""
    HALF = "half"
    QUARTER = "quarter"
    PAST = "past"
    AND = "and"
    MINUS = "minus"
    OR = "or"
    AT = "at"
    IN = "in"
    AFTER = "after"
    ONWARD = "onward"
    BEFORE = "before"
    FROM = "from"
    BETWEEN = "between"
    TO = "to"
    """A word between two hours or days that means something else elsewhere."""
    UNTIL = "until"
    EVE = "eve"
    EVE_AFTER = "eve_after"
    """The word for the day before, after its feast: "Christmas Eve"."""
    NOT = "not"
    CORRECTION = "correction"
    """A word that takes back what stands before it: "wait"."""
    BECAUSE = "because"
    BUT = "but"
    BUSY = "busy"
    """The days and times of such a clause don't suit: "I work"."""
    PLANS = "plans"
    """The day of such a clause doesn't suit, where another is named: "I have"."""
    ARTICLE = "article"
    FILLER = "filler"
    OPEN = "open"
    FEAST = "feast"


class Meaning(NamedTuple):
    """A kind of word and its value: Meaning(WEEKDAY, 0) is Monday."""

    kind: Kind
    value: int | str


class Marked(NamedTuple):
    """A word or phrase that is in the lexicon."""

    meaning: Meaning
    length: int
    """How many tokens it has."""
    span: Span


class LexiconError(ValueError):
    """A word stands in two places of a language's lexicon, or a field isn't known."""


@dataclass(frozen=True)
class ClosedWords:
    """The words of all languages: phrases, as tuples of words or keys, with their meanings.

    Latin words are compared as written, and before the sound of Greek ones: "two" is no «το».
    """

    written: Mapping[tuple[str, ...], Meaning]
    by_key: Mapping[tuple[str, ...], Meaning]
    by_stem: Mapping[str, Meaning]
    doubtful: frozenset[str]
    """Words and keys that mean something only beside a number."""
    signs: Mapping[str, str]
    """The words for signs of an e-mail address: "dot"."""
    names: Mapping[str, frozenset[str]]
    """The words around a person's name, by their place, without accents."""
    longest: Mapping[str, int]
    """How many tokens the longest phrase has that begins with a word or key."""

    def at(self, tokens: tuple[Token, ...], start: int) -> Marked | None:
        """Return the longest phrase of the lexicon that begins with tokens[start]."""
        first = tokens[start]
        longest = max(self.longest.get(first.text, 1), self.longest.get(first.key, 1))
        for count in range(min(longest, len(tokens) - start), 0, -1):
            part = tokens[start : start + count]
            meaning = self.written.get(tuple([token.text for token in part]))
            if meaning is None:
                meaning = self.by_key.get(tuple([token.keys[0] for token in part]))
            if meaning is None and count == 1:
                meaning = self._other_form(part[0])
            if meaning:
                return Marked(meaning, count, Span(part[0].span.start, part[-1].span.end))
        return None

    def _other_form(self, token: Token) -> Meaning | None:
        for key in token.keys[1:]:
            if meaning := self.by_key.get((key,)):
                return meaning
        for stem in token.stems:
            if meaning := self.by_stem.get(stem):
                return meaning
        return None


@cache
def closed_words() -> ClosedWords:
    """Return the words of every `locales/*/lexicon.yaml`. Raises LexiconError."""
    files = sorted(LOCALES.glob("*/lexicon.yaml"))
    return build([yaml.safe_load(file.read_text("utf-8")) for file in files])


def build(languages: list[Mapping[str, Mapping[int | str, list[str]]]]) -> ClosedWords:
    """Return the words of lexicons as `lexicon.yaml` has them. Raises LexiconError."""
    written: dict[tuple[str, ...], Meaning] = {}
    by_key: dict[tuple[str, ...], Meaning] = {}
    stems: dict[str, set[Meaning]] = {}
    for fields in languages:
        shared = {tuple(normalize(word).split()) for word in fields.get(_SHARED, ())}
        own: dict[tuple[str, ...], Meaning] = {}
        for phrase, meaning in _phrases(fields):
            words = tuple(normalize(phrase).split())
            if own.setdefault(words, meaning) != meaning and words not in shared:
                raise LexiconError(f"{phrase!r} is {own[words].kind} and {meaning.kind}")
            written.setdefault(words, own[words])
            if not phrase.isascii():
                keys = keys_of_phrase(phrase)
                by_key.setdefault(keys, meaning)
                if len(keys) == 1 and len(stem := cut_ending(keys[0])) >= MIN_STEM:
                    stems.setdefault(stem, set()).add(meaning)
    longest: dict[str, int] = {}
    for words in (*written, *by_key):
        longest[words[0]] = max(len(words), longest.get(words[0], 1))
    doubtful = [normalize(word) for fields in languages for word in fields.get(_DOUBTFUL, ())]
    by_stem = {stem: next(iter(several)) for stem, several in stems.items() if len(several) == 1}
    return ClosedWords(
        written,
        by_key,
        by_stem,
        frozenset(doubtful).union(*(keys_of_phrase(w) for w in doubtful if not w.isascii())),
        {
            normalize(w): str(s)
            for f in languages
            for s, ws in f.get(_SIGNS, {}).items()
            for w in ws
        },
        _words_around_names(languages),
        longest,
    )


def _words_around_names(languages: list[Any]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for fields in languages:
        for place, words in fields.get(_NAMES, {}).items():
            found.setdefault(place, set()).update(map(folded, words))
    return {place: frozenset(words) for place, words in found.items()}


def _phrases(
    fields: Mapping[str, Mapping[int | str, list[str]]],
) -> list[tuple[str, Meaning]]:
    """Return each phrase with its meaning. Raises LexiconError for a field that isn't a Kind."""
    phrases = []
    for field, values in fields.items():
        if field in (_SHARED, _DOUBTFUL, _SIGNS, _NAMES):
            continue
        if field not in set(Kind):
            raise LexiconError(f"{field!r} is no kind of word")
        for value, words in values.items():
            phrases += [(word, Meaning(Kind(field), value)) for word in words]
    return phrases
