"""The words of days and times, compared as they are written or as they sound."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import dropwhile

from core.i18n import TextTemplate, _
from dialogs.nlu.lexicon import FILLER, Lexicon
from dialogs.nlu.normalize import phonetic_key
from dialogs.nlu.spans import Word, cut, joined

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
RELATIVE_DAYS = (_("today"), _("tomorrow"), _("the day after tomorrow, day after tomorrow"))
"""Today and the days after it, in order."""

NEXT = _("next")
FIRST_DAY = _("first")
"""The word for 1 before a month."""

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
"""In order: the first is 1 o'clock."""

HALF_HOURS = (
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
"""One word for an hour and a half past it, in the order of HOURS."""

MINUTES_PAST = ((_("half past"), 30), (_("quarter past"), 15), (_("quarter to"), -15))
"""Words with an hour, and the minutes that they add to it."""

BEFORE_TIME = _("at, around, about")
FROM = _("from")
UNTIL = _("until, till, to")
"""The words between two days or hours."""

ARTICLES = _("the")
BEFORE_OR_AFTER = _("before, after")
ALL_DAY = _("all day, whole day, the whole day")
AND = _("and")

SHARP = _("o'clock, sharp")
AFTERNOON = _("pm, p.m., in the afternoon, afternoon")
EVENING = _("in the evening, evening")
MORNING = _("am, a.m., in the morning, morning")

Words = Sequence[Word]


@dataclass(frozen=True)
class Vocabulary:
    """The lexicon's words in one form: as they are written, or as they sound."""

    lexicon: Lexicon
    key: Callable[[str], str]

    def words(self, message: TextTemplate) -> frozenset[str]:
        """Return the words of one of the lexicon's messages."""
        return _in_form(self.lexicon.words(message), self.key)

    def in_form(self, words: Words) -> tuple[Word, ...]:
        """Return typed words in this form."""
        return tuple(Word(self.key(text), span) for text, span in words)

    def index(self, typed: str, names: tuple[TextTemplate, ...]) -> int | None:
        """Return the index of the name typed, whole or by its first three letters or more."""
        if len(typed) < 3:
            return None
        for test in (str.__eq__, str.startswith):
            hits = [i for i, n in enumerate(names) if any(test(w, typed) for w in self.words(n))]
            if len(hits) == 1:
                return hits[0]
        return None

    def without(self, words: Words, message: TextTemplate) -> Words | None:
        """Return the words without a phrase of the message at either end; None if none is there."""
        text = joined(words)
        for word in sorted(map(re.escape, self.words(message)), key=len, reverse=True):
            first = re.match(rf"{word}\b", text)
            start = first.end() if first else 0
            last = re.compile(rf"(?<![^\W\d]){word}$").search(text, start)
            if first or last:
                return cut(words, start, last.start() if last else len(text))
        return None

    def without_filler(self, words: Words) -> list[Word]:
        """Return the words that aren't filler."""
        filler = self.words(FILLER)
        if self.key is phonetic_key:  # «με» sounds as "mai" does
            return [w for w in words if len(w.text) <= 2 or w.text not in filler]
        return [word for word in words if word.text not in filler]

    def without_leading_filler(self, words: Words) -> list[Word]:
        """Return the words from the first that isn't filler."""
        filler = self.words(FILLER)
        return list(dropwhile(lambda word: word.text in filler, words))


@lru_cache(maxsize=256)
def _in_form(words: frozenset[str], key: Callable[[str], str]) -> frozenset[str]:
    return frozenset(map(key, words))
