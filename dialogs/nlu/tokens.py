"""Split a text into words with the keys by which they are compared."""

import re
from functools import lru_cache
from typing import NamedTuple

from dialogs.nlu.normalize import normalize, words_with_spans
from dialogs.nlu.spans import Span

MAX_KEYS = 4
"""The most ways in which one Greeklish word is read."""


class Token(NamedTuple):
    """A typed word or number.

    `text` is normalized, `keys` are how it may sound, the likeliest first, and `stems` are these
    without their endings. A word in digits has its own text as its only key.
    """

    text: str
    span: Span
    keys: tuple[str, ...]
    stems: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return the likeliest key."""
        return self.keys[0]

    @property
    def is_number(self) -> bool:
        """Return whether it is in digits: "8", "10:30", "3/12"."""
        return self.text[0].isdigit()


@lru_cache(maxsize=1024)
def tokenize(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text; their spans are in order and don't overlap."""
    tokens: list[Token] = []
    for word, span in words_with_spans(text):
        parts = _parts(word)
        if tokens and span.start < tokens[-1].span.end:  # one sign became two words: "¼" is "1 4"
            continue
        if len(word) != span.end - span.start:  # or several letters: "ß"
            if parts:
                tokens.append(Token(word, span, *_keys_and_stems(word)))
            continue
        for part, start, end, keys, stems in parts:
            tokens.append(Token(part, Span(span.start + start, span.start + end), keys, stems))
    return tuple(tokens)


_AROUND = "/:.+@-"
_PIECES = re.compile(r"\d+(?:[:/.-]\d+)*|[^\d/:.+@-]+(?:[\d.'-]+[^\d/:.+@-]+)*|[^\W\d]\w*")
_GREEKLISH_DIGIT = re.compile(r"[3489](?!(?:st|nd|rd|th|hs?|is?|am|pm)$)(?:[a-z]{2,}\d?[a-z]*|a)$")
_ORDINAL_TAIL = re.compile(r"(\d+)(?:st|nd|rd|th|ησ?|hs?|is?|οσ|ου)$")
MONTHS_IN_LATIN = re.compile(
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ian|fev|mart|ma[iy]|ioun|ioul|avg|noe|dek"
)


class _Part(NamedTuple):
    """A part of a word, with its offsets in it."""

    text: str
    start: int
    end: int
    keys: tuple[str, ...]
    stems: tuple[str, ...]


@lru_cache(maxsize=8192)
def _parts(word: str) -> tuple[_Part, ...]:
    """Return a word, or the number and the letters of one such as "10πμ" apart."""
    if not any(map(str.isdigit, word)):
        first = len(word) - len(word.lstrip(_AROUND))
        spans = [(first, len(word.rstrip(_AROUND)))] if first < len(word) else []
    elif (
        "@" in word
        or not word[0].isdigit()
        or _ORDINAL_TAIL.match(word)
        or (_GREEKLISH_DIGIT.match(word) and not MONTHS_IN_LATIN.match(word[1:]))
    ):
        spans = [(0, len(word))]
    else:
        spans = [found.span() for found in _PIECES.finditer(word)] or [(0, len(word))]
    return tuple(
        _Part(word[start:end], start, end, *_keys_and_stems(word[start:end]))
        for start, end in spans
    )


def _keys_and_stems(word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    keys = sound_keys(word)
    return keys, tuple(map(cut_ending, keys))


_LETTERS = str.maketrans(
    dict(zip("αβγδεζηικλνορστυφχωξ", "avgdeziiklnorstyvxox", strict=True))
    | {"θ": "Q", "ψ": "ps", "μ": "m", "π": "p"}
)
_GREEKLISH = (
    (re.compile(r"(?<![a-z\d])[89](?=[a-z])|(?<=[a-z])[89](?=[a-z])"), "Q"),
    (re.compile(r"(?<![a-z\d])3(?=[a-z])|(?<=[a-z])3(?=[a-z])"), "x"),
    (re.compile(r"(?<![a-z\d])4(?=[a-z])|(?<=[a-z])4(?=[a-z])"), "ps"),
    (re.compile(r"(?<=[a-z])0(?=[a-z])"), "o"),
    (re.compile(r"th(?=[aeiouyw])"), "Q"),
    (re.compile(r"ph"), "v"),
    (re.compile(r"ch(?!$)|kh(?=[aeiouyw])"), "x"),
    (re.compile(r"h(?=[aeouyw])"), "x"),
    (re.compile(r"j"), "z"),
    (re.compile(r"w"), "o"),
    (re.compile(r"q"), "Q"),
)
_SOUNDS = (
    (re.compile(r"o[uy]"), "U"),
    (re.compile(r"([ae])[uyfv]"), r"\1v"),
    (re.compile(r"ai"), "e"),
    (re.compile(r"[eoy]i|y"), "i"),
    (re.compile(r"ks"), "x"),
    (re.compile(r"mp|f|b"), "v"),
    (re.compile(r"n[td]"), "d"),
    (re.compile(r"gk|gg|ng"), "g"),
    (re.compile(r"c"), "k"),
    (re.compile(r"(.)\1"), r"\1"),
)
_NUMBER = re.compile(r"\d+(?:[:/.-]\d+)*$")
_ENDING = re.compile(r"[aeiouU]+[sn]?$")


@lru_cache(maxsize=8192)
def sound_keys(word: str) -> tuple[str, ...]:
    """Return how a normalized word may sound: Greek in one way, Greeklish in up to MAX_KEYS."""
    if _NUMBER.match(word):
        return (word,)
    if not re.search("[a-z]", word):
        return (_sound(word.translate(_LETTERS)),)
    latin = word.translate(_LETTERS)
    readings = [latin]
    # "th" is η after τ at the end or before a consonant ("prwth"), or θ ("arithmos").
    if re.search(r"th(?![aeiouyw])", latin):
        readings = [latin, re.sub(r"th(?![aeiouyw])", "Q", latin)]
    # "x" and "h" sound as χ; "h" is η too, and "u" is υ or ου.
    if re.search(r"h(?=[aeouyw])", latin):
        readings += [re.sub(r"(?<![ctkp])h", "i", reading) for reading in readings]
    if re.search(r"(?<![aeo])u", latin):
        readings += [re.sub(r"(?<![aeo])u", "U", reading) for reading in readings]
    return tuple(dict.fromkeys(map(_greeklish_sound, readings)))[:MAX_KEYS]


def _greeklish_sound(text: str) -> str:
    for spelling, sign in _GREEKLISH:
        text = spelling.sub(sign, text)
    return _sound(text.replace("h", "i").replace("u", "y"))


def _sound(text: str) -> str:
    for spelling, sign in _SOUNDS:
        text = spelling.sub(sign, text)
    return text


def cut_ending(key: str) -> str:
    """Return a key without its ending, of which at least three letters remain."""
    stem = _ENDING.sub("", key)
    return stem if len(stem) >= 3 else key


def keys_of_phrase(phrase: str) -> tuple[str, ...]:
    """Return the likeliest key of each word of a phrase as a catalogue or lexicon writes it."""
    return tuple(sound_keys(word)[0] for word in normalize(phrase).split())
