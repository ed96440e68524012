"""Booking codes: easy to say, to type and to read aloud, in Greek letters as in Latin."""

import unicodedata
from collections.abc import Callable, Sequence

LETTERS = "AEHKMNPTXY"  # they look the same in both alphabets, and like no digit
DIGITS = "23456789"
LENGTH = 6

# Greek capitals by the look of the letter, and Π for P, whose key it is by sound.
_LATIN = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΠΤΥΧ", "ABEZHIKMNOPPTYX")


def new_code(choose: Callable[[Sequence[str]], str]) -> str:
    """Draw a code of letters and digits; `choose` picks one of a sequence, as random.choice."""
    while True:
        code = "".join(choose(LETTERS + DIGITS) for _ in range(LENGTH))
        if is_code(code):
            return code


def fold_code(typed: str) -> str:
    """Return a typed text as a code: Latin capitals without accents, spaces and dashes."""
    plain = unicodedata.normalize("NFKD", typed)
    letters = "".join(sign for sign in plain if sign.isalnum()).upper()
    return letters.translate(_LATIN)


def is_code(typed: str) -> bool:
    """Return whether it has the form of a code."""
    code = fold_code(typed)
    letters, digits = (sum(sign in signs for sign in code) for signs in (LETTERS, DIGITS))
    # Two of each at least: no word is one, and no number.
    return letters >= 2 and digits >= 2 and letters + digits == len(code) == LENGTH


def format_code(code: str) -> str:
    """Return the code in two groups, as it is shown: KX7 M2P."""
    return f"{code[:3]} {code[3:]}"
