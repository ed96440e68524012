"""Read whether a sentence says that the citizen comes, or doesn't: "I'm ill, I can't come".

Each word is given its kind, and the kinds of the whole sentence must be in an order that means one
of the two. So a sentence with any other word ("by car", "not ill") means neither.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from core.i18n import _
from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.normalize import normalize, phonetic_key
from dialogs.nlu.vocabulary import RELATIVE_DAYS, WEEKDAYS

KINDS = {
    "f": _(
        "i, i'm, i've, m, ve, we, re, am, is, are, have, has, a, an, the, so, and, very, really, "
        "to, it, be, my, our, that, this, appointment, want, feel, feeling, fell, got, gotten, "
        "today's, s, for sure, certainly, of course, definitely, yes, sorry, unfortunately, "
        "hello, hi, good morning, thanks, thank you, please, afraid"
    ),
    "s": _("child, son, daughter, baby, mother, father, wife, husband, kid, kids, children"),
    "b": _("because, since, due, as"),
    "n": _("not"),
    "w": _("will, ll, going to"),
    "c": _("able"),
    "x": _("can't, cant, cannot, won't, wont, unable"),
    "v": _("come, make it, attend, be there, show up"),
    "p": _("coming, attending"),
    "i": _("ill, sick, unwell, fever, flu, covid, something came up, something has come up"),
    "k": _("cancel, cancel it"),
}
"""The words of each kind: f around the others, s who is ill, b before a reason, n "not", w "will",
c "able", x "can't", v "come", p "coming", i what keeps one away, k "cancel"; d is a day."""

_DAYS = tuple(("d", words) for words in (*RELATIVE_DAYS, *WEEKDAYS))

_CANNOT = "(?:x(?:f*c)?|wnf*c|nw?c)"
_ILL_OR_AWAY = re.compile(
    rf"[fsdb]*(?:(?:(?P<away>{_CANNOT}[fd]*v|w?nw?v|np|i)|{_CANNOT}|k)[fsdb]*)+"
)
_COMING = re.compile(r"f*(?:wf?v|p)f*")


def says_coming(text: str, lexicon: Lexicon) -> bool | None:
    """Return whether a text says that the citizen comes; None if it says neither, or asks."""
    if text.rstrip().endswith(("?", ";")):
        return None
    words = tuple((kind, lexicon.words(words)) for kind, words in (*KINDS.items(), *_DAYS))
    kinds = "".join(_kinds(normalize(text), _vocabulary(words)))
    if _COMING.fullmatch(kinds):
        return True
    for end in [len(kinds), *(found.start() for found in re.finditer("b", kinds))]:
        found = _ILL_OR_AWAY.fullmatch(kinds[:end])  # any words may give the reason
        if found and found["away"]:
            return False
    return None


def _kinds(text: str, vocabulary: dict[str, str]) -> Iterator[str]:
    """Yield the kind of each word or phrase, of the longest first; "?" for an unknown one."""
    words = text.split()
    while words:
        for length in (3, 2, 1):
            phrase = " ".join(words[:length])
            if kind := vocabulary.get(phrase) or vocabulary.get(phonetic_key(phrase)):
                break
        yield kind or "?"
        del words[:length]


@lru_cache(maxsize=4)
def _vocabulary(words_of_kinds: Sequence[tuple[str, frozenset[str]]]) -> dict[str, str]:
    """Return the kinds of the words as they are written; of Greek words, as they sound, too."""
    kinds = {word: kind for kind, words in words_of_kinds for word in words}
    by_sound = {phonetic_key(word): kind for word, kind in kinds.items() if not word.isascii()}
    return by_sound | kinds
