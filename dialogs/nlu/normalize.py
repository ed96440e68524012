"""Typed text, made comparable."""

import re
import unicodedata
from functools import lru_cache


def clean(text: str) -> str:
    """What was typed, without what can't be seen: control and direction signs, doubled spaces."""
    kept = (
        " " if sign.isspace() else sign
        for sign in unicodedata.normalize("NFC", text)
        if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return " ".join("".join(kept).split())


@lru_cache(maxsize=4096)
def normalize(text: str) -> str:
    """Lower case, no accents, one kind of sigma, punctuation as spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("ς", "σ")
    return " ".join(re.sub(r"[^\w/:.+@-]|(?<!\d)[./:-]|[./:-](?!\d)|_", " ", letters).split())


_LETTERS = str.maketrans(
    dict(zip("αβγδεζηθικλμνξοπρστυφχω", "avgdeziqiklmnhoprstyvho", strict=True)) | {"ψ": "ps"}
)
_SPELLINGS = [
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
def phonetic_key(folded: str) -> str:
    """How folded text sounds, roughly: the same for Greek and for every Greeklish spelling of it.

    Only for comparing with what was made the same way.
    """
    text = folded.translate(_LETTERS)
    for spelling, sign in _SPELLINGS:
        text = spelling.sub(sign, text).lower()
    return text
