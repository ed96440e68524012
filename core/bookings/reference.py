"""Booking codes: the reference that a citizen reads aloud or types, in Greek or Latin letters.

Programs of others, such as calendars, know a booking by a lasting id instead.
"""

import unicodedata
from collections.abc import Callable, Sequence
from hashlib import sha256
from math import comb

LETTERS = "AEHKMNPTXY"  # of the same form in both alphabets, and unlike any digit
DIGITS = "23456789"
LENGTH = 6
LEAST = 2
"""Of letters and of digits, so that no word and no number is a code."""

CODES = sum(
    comb(LENGTH, letters) * len(LETTERS) ** letters * len(DIGITS) ** (LENGTH - letters)
    for letters in range(LEAST, LENGTH - LEAST + 1)
)
"""The number of possible codes. Each is as likely as any other."""

# Greek capitals to the Latin ones that look alike; Π to P, which sounds alike.
_LATIN = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΠΤΥΧ", "ABEZHIKMNOPPTYX")


def new_code(choose: Callable[[Sequence[str]], str]) -> str:
    """Return a random code; `choose` picks one of a sequence, as `random.choice` does."""
    while True:
        code = "".join(choose(LETTERS + DIGITS) for _ in range(LENGTH))
        if is_code(code):
            return code


def fold_code(typed: str) -> str:
    """Return typed text in the form of a code: Latin capitals, no accents, spaces or dashes."""
    plain = unicodedata.normalize("NFKD", typed)
    letters = "".join(sign for sign in plain if sign.isalnum()).upper()
    return letters.translate(_LATIN)


def is_code(typed: str) -> bool:
    """Return whether typed text has the form of a code."""
    code = fold_code(typed)
    letters, digits = (sum(sign in signs for sign in code) for signs in (LETTERS, DIGITS))
    return min(letters, digits) >= LEAST and letters + digits == len(code) == LENGTH


def format_code(code: str) -> str:
    """Return the code as it is shown, in two groups: KX7 M2P."""
    return f"{code[:3]} {code[3:]}"


def lasting_id(purpose: str, public_id: bytes) -> str:
    """Return the id that programs of others keep of a booking, for each purpose another one.

    It stays when the secret is replaced. No other booking gets it, as it may a row's number after a
    backup was restored.
    """
    return sha256(purpose.encode() + public_id).hexdigest()[:40]
