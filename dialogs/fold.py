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
def fold(text: str) -> str:
    """Lower case, no accents, one kind of sigma, punctuation as spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("ς", "σ")
    return " ".join(re.sub(r"[^\w/:.+@-]|(?<!\d)[./:-]|[./:-](?!\d)|_", " ", letters).split())
