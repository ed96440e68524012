"""Words by their key: how they sound, without their ending, the same in Greek and Greeklish."""

import re
from functools import lru_cache

from dialogs.nlu.normalize import phonetic_key, words_with_spans
from dialogs.nlu.spans import Word

_GREEKLISH = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"(?<![ck])h(?![aeiouwyh])", "i"),  # h is eta where no vowel follows, as in "prwth"
        (r"(?<![aeo])u", "i"),  # u is upsilon but in "ou", "au", "eu"
        (r"3(?=[a-z])|(?<=[a-z])3", "x"),
        (r"4(?=[a-z])|(?<=[a-z])4", "ps"),
    )
)
_ENDING = re.compile(r"(?:mat(?:os|a|on)|m[ao]|[aeiou]+[sn]?|[sn])$")
MIN_STEM = 3
"""What is left of a word without its ending has so many letters, or the ending is kept."""


@lru_cache(maxsize=32768)
def word_key(word: str) -> str:
    """Return the key of one normalized word; to be compared with other keys only."""
    if word.isascii():
        for spelling, sound in _GREEKLISH:
            word = spelling.sub(sound, word)
    sound = phonetic_key(word)
    stem = _ENDING.sub("", sound)
    return stem if len(stem) >= MIN_STEM else sound


def keyed_words(text: str) -> tuple[Word, ...]:
    """Return the words of a text, each as its key, with the part of the text that it comes from."""
    return tuple(Word(word_key(word), span) for word, span in words_with_spans(text))


def keys(text: str) -> tuple[str, ...]:
    """Return the keys of the words of a text."""
    return tuple(word.text for word in keyed_words(text))
