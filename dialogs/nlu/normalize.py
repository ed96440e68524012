"""Bring typed text into forms that can be compared."""

import re
import unicodedata
from functools import lru_cache

from dialogs.nlu.spans import Span, Word


def clean(text: str) -> str:
    """Return the text without control and direction signs, and with single spaces."""
    text = unicodedata.normalize("NFC", text)
    if not text.isprintable():  # it has such signs, or spaces of other kinds
        text = "".join(
            " " if sign.isspace() else sign
            for sign in text
            if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")
        )
    return " ".join(text.split())


def clean_lines(text: str) -> str:
    """Return the same of a text of several lines, each cleaned; empty lines are left out."""
    cleaned = (clean(line) for line in text.splitlines())
    return "\n".join(line for line in cleaned if line)


_SEPARATORS = re.compile(r"[^\w/:.+@-]|(?<!\d)[./:-]|[./:-](?!\d)|_")
"""The separators of words; signs between digits are none: "10:30"."""


@lru_cache(maxsize=4096)
def normalize(text: str) -> str:
    """Return the text in lower case, without accents, with one sigma, punctuation as spaces."""
    return " ".join(_SEPARATORS.sub(" ", _base_letters(text)).split())


@lru_cache(maxsize=1024)
def words_with_spans(text: str) -> tuple[Word, ...]:
    """Return the words of `normalize(text)`, each with the part of the text that it comes from."""
    if _SINGLE.keys() >= set(map(ord, text)):
        folded = _SEPARATORS.sub(" ", text.translate(_SINGLE))
        return tuple([Word(word[0], Span(*word.span())) for word in _WORD.finditer(folded)])
    # A sign may become several letters ("ß"), or none (accents).
    letters = [_base_letters(sign) for sign in text]
    sources = [at for at, several in enumerate(letters) for _letter in several]
    words = []
    for word in _WORD.finditer(_SEPARATORS.sub(" ", "".join(letters))):
        end = sources[word.end() - 1] + 1
        while end < len(text) and not letters[end]:
            end += 1
        words.append(Word(word[0], Span(sources[word.start()], end)))
    return tuple(words)


def _decomposed(text: str) -> str:
    """Return the text in lower case, without accents, with one sigma."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join([sign for sign in plain if not unicodedata.combining(sign)]).replace("ς", "σ")


_WORD = re.compile(r"[^ ]+")
_SINGLE = {
    code: base
    for start, end in ((0x20, 0x250), (0x370, 0x400), (0x1F00, 0x2070))
    for code in range(start, end)
    if len(base := _decomposed(chr(code))) == 1
}
"""The usual signs that become one letter each, by their codes."""


def folded(text: str) -> str:
    """Return a text of the same length in lower case without accents, with one sigma."""
    if _SINGLE.keys() >= set(map(ord, text)):
        return text.translate(_SINGLE)
    return "".join([base if len(base := _decomposed(sign)) == 1 else sign for sign in text])


def _base_letters(text: str) -> str:
    """Return the same as `_decomposed`, sooner for the usual signs."""
    if _SINGLE.keys() >= set(map(ord, text)):
        return text.translate(_SINGLE)
    return _decomposed(text)


_GREEK_TO_LATIN = str.maketrans(
    dict(zip("αβγδεζηθικλμνξοπρστυφχω", "avgdeziqiklmnhoprstyvho", strict=True)) | {"ψ": "ps"}
)
_SOUND_RULES = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"\b[89](?=[a-z]{3})|(?<=[a-z])[89](?=[a-z])|th", "Q"),
        (r"w", "o"),
        (r"o[uy]", "oU"),
        (r"([ae])[uyfv]", r"\1V"),
        (r"ai", "e"),
        (r"[eoy]i|y", "i"),
        (r"[ck]h|ks|x", "h"),
        (r"ph|mp|f|b", "v"),
        (r"n[td]", "d"),
        (r"gk|gg|ng", "g"),
        (r"c", "k"),
        (r"(?<=[a-z])([a-z])\1", r"\1"),
    )
]


@lru_cache(maxsize=8192)
def phonetic_key(normalized: str) -> str:
    """Return roughly how normalized text sounds: the same for Greek and its Greeklish spellings.

    To be compared with other keys only. The key of several words is the keys of each.
    """
    text = normalized.translate(_GREEK_TO_LATIN)
    for spelling, sign in _SOUND_RULES:
        text = spelling.sub(sign, text).lower()
    return text
