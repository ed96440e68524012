"""The alphabet of text messages, GSM 03.38: folding into it, and counting the parts of a text.

A text in it costs one part up to 160 characters, any other up to 70 (UCS-2). It has ten Greek
capitals; the others look like Latin ones, and so a Greek text in capitals fits.
"""

import re
import unicodedata
from functools import lru_cache

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The characters of one septet each."""

EXTENDED = "\f^{}\\[~]|€"
"""The characters of two septets, an escape and another, which stand in one part."""

_SIZES = dict.fromkeys(BASIC, 1) | dict.fromkeys(EXTENDED, 2)

GSM_LIMITS, UCS2_LIMITS = (160, 153), (70, 67)
"""The units that fit into a message of one part, and into each part of several."""

_LOOK_ALIKES = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")

_WITH_GREEK = re.compile(r"[^\W\d_]*[ΓΔΘΛΞΠΣΦΨΩ][^\W\d_]*")
_GREEK = str.maketrans("ABEZHIKMNOPTYX", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")

_INSTEAD = str.maketrans(
    {
        "\u037e": "?",  # the Greek question mark: NFC would make it a semicolon
        "·": ";",
        "\u0387": ";",
        "«": '"',
        "»": '"',
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        "`": "'",
        "΄": "'",
        "–": "-",
        "—": "-",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "•": "-",
        "→": "-",
        "⁄": "/",
        "\t": " ",
        "\u2028": "\n",
        "\u2029": "\n",
    }
)
"""Written instead of what has no look-alike of its own. Dots and spaces are found by NFKD."""


UNSEEN = ("Mn", "Me", "Cf")
"""The categories of accents and of what nobody sees, such as soft hyphens."""


def fold(text: str) -> str:
    """Return a text in GSM 03.38: the same characters where it has them, else capitals.

    They lose their accents, and get Latin look-alikes where there are no Greek ones. What has none
    becomes a question mark.
    """
    given = text.replace("\r\n", "\n").translate(_INSTEAD)
    return "".join(map(_folded, unicodedata.normalize("NFC", given).translate(_INSTEAD)))


def unfold(text: str) -> str:
    """Return a text with Greek letters for their Latin look-alikes, as plain telephones write them.

    In words with a Greek capital; where all Latin letters look like Greek ones, in the others, too.
    """
    latin = {each for each in text if each.isascii() and each.isalpha()}
    if _WITH_GREEK.search(text) and latin <= set("ABEZHIKMNOPTYX"):
        return text.translate(_GREEK)
    return _WITH_GREEK.sub(lambda word: word[0].translate(_GREEK), text)


@lru_cache(1024)
def _folded(character: str) -> str:
    if character in _SIZES:
        return character
    # Accents first: "ΐ".upper() gives three characters.
    bare = [
        each
        for each in unicodedata.normalize("NFKD", character)
        if unicodedata.category(each) not in UNSEEN
    ]
    return "".join(
        each if each in _SIZES else _capital(each) for each in "".join(bare).translate(_INSTEAD)
    )


def _capital(character: str) -> str:
    capital = character.upper().translate(_LOOK_ALIKES)
    return capital if all(each in _SIZES for each in capital) else "?"


def is_gsm(text: str) -> bool:
    """Return whether a text is in GSM 03.38; any other is sent in UCS-2."""
    return all(each in _SIZES for each in text)


def count_parts(text: str) -> int:
    """Return how many parts a text is sent in, of which each is paid."""
    if is_gsm(text):
        sizes, (whole, part) = [_SIZES[each] for each in text], GSM_LIMITS
    else:
        sizes, (whole, part) = [1 + (each > "\uffff") for each in text], UCS2_LIMITS
    if sum(sizes) <= whole:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > part:  # what takes two units stands in one part
            parts, used = parts + 1, 0
        used += size
    return parts
