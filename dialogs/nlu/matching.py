"""What a typed text means: which of the offered choices, or one of some phrases."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import takewhile

from rapidfuzz import fuzz

from dialogs.nlu.normalize import normalize, phonetic_key

SAME_WORD = 85
"""How alike two words must be to be the same with a typing slip, of 100."""

SIMILAR_WORD = 80
"""How alike they must be to be asked about."""

AMBIGUOUS_WITHIN = 4
"""Two choices this near each other are asked about, not guessed between."""

Candidate = tuple[str, Sequence[str]]
"""A choice's value, and the labels by which it may be called."""


EXACT_LETTERS = 3
"""Letters of a word that must be written right."""


def matches_phrase(text: str, phrases: frozenset[str], polite: frozenset[str]) -> bool:
    """Whether a folded text says one of the phrases, politely too, and in Greeklish."""
    said = _said(text, polite)
    return not said.isdisjoint(phrases) or not _heard(said).isdisjoint(_known(phrases, polite))


@lru_cache(maxsize=1024)
def _said(text: str, polite: frozenset[str]) -> frozenset[str]:
    return frozenset((text, _core(text, polite)))


@lru_cache(maxsize=256)
def _known(phrases: frozenset[str], polite: frozenset[str]) -> frozenset[str]:
    return _heard(phrases | {_core(phrase, polite) for phrase in phrases})


def _core(text: str, polite: frozenset[str]) -> str:
    quiet = _heard(polite)
    return " ".join(word for word in text.split() if _as_heard(word) not in quiet) or text


@lru_cache(maxsize=1024)
def _heard(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_as_heard, words))


def _as_heard(text: str) -> str:
    """How it sounds; short words are taken as written, for many of them sound alike."""
    return phonetic_key(text) if len(text) > EXACT_LETTERS else text


def pick(
    text: str, choices: Sequence[Candidate], filler: Collection[str] = (), *, typos: bool = True
) -> list[str]:
    """Give the values that the text may mean: none, the one, or those to ask about.

    The whole label first; then its words, whole or begun; then as they sound, for Greeklish;
    then with typing slips; then as they sound, with other endings. A number inside a sentence
    picks nothing, for every word typed must belong to the label.
    """
    typed = normalize(text)
    if not typed:
        return []
    labels = [(value, [normalize(name) for name in names]) for value, names in choices]
    if exact := [value for value, names in labels if typed in names]:
        return exact
    words = _telling(typed.split(), filler)
    if not any(len(word) > 1 for word in words):
        return []
    if (begun := _begun(words, labels)) or not typos:
        return begun
    heard, sounds = _sounds(words, labels, filler)
    begun = _begun(heard, sounds) if _long(heard) else []
    return begun or _like(words, labels, SAME_WORD) or _like(heard, sounds, SAME_WORD, slips=False)


def guess(text: str, choices: Sequence[Candidate], filler: Collection[str] = ()) -> list[str]:
    """Give the values that the text sounds like, slips and all: to be asked about, never taken."""
    labels = [(value, [normalize(name) for name in names]) for value, names in choices]
    words = _telling(normalize(text).split(), filler)
    heard, sounds = _sounds(words, labels, filler)
    return (
        (_like(words, labels, SIMILAR_WORD) or _like(heard, sounds, SIMILAR_WORD)) if words else []
    )


def _telling(words: list[str], filler: Collection[str]) -> list[str]:
    return [word for word in words if word not in filler] or words


def _sounds(
    words: Sequence[str], labels: Sequence[Candidate], filler: Collection[str]
) -> tuple[list[str], list[Candidate]]:
    # By sound only Greeklish fills: «μη» sounds as "my" does, and turns the meaning round.
    unsaid = {phonetic_key(word) for word in filler if not word.isascii()}
    heard = [
        phonetic_key(word)
        for word in words
        if not (word.isascii() and phonetic_key(word) in unsaid)
    ]
    heard = heard or [phonetic_key(word) for word in words]
    return heard, [(value, [phonetic_key(name) for name in names]) for value, names in labels]


def _long(words: Sequence[str]) -> bool:
    """Whether one is long enough to be known by its sound: "ναι" sounds like the start of νέος."""
    return any(len(word) >= EXACT_LETTERS for word in words)


def _begun(words: Sequence[str], labels: Sequence[Candidate]) -> list[str]:
    return [value for value, names in labels if any(_begins(words, name) for name in names)]


def _begins(words: Sequence[str], label: str) -> bool:
    parts = label.split()
    return all(
        word in parts if word.isdigit() else any(part.startswith(word) for part in parts)
        for word in words
    )


def _like(
    words: Sequence[str], labels: Sequence[Candidate], enough: float, *, slips: bool = True
) -> list[str]:
    scores = [
        (max((_alike(words, name, slips=slips) for name in names), default=0), value)
        for value, names in labels
    ]
    best = max(scores, default=(0.0, ""))[0]
    return [
        value for score, value in scores if score >= enough and score >= best - AMBIGUOUS_WITHIN
    ]


def _alike(words: Sequence[str], label: str, *, slips: bool) -> float:
    """The mean likeness of the typed words to the label's; 0 if one is like none of them."""
    total = 0.0
    for word in words:
        if word.isdigit():
            likeness = 100.0 if word in label.split() else 0.0
        else:
            likeness = max((_likeness(word, part, slips) for part in label.split()), default=0.0)
        if likeness < SIMILAR_WORD - 6:
            return 0.0
        total += likeness
    return total / len(words)


def _likeness(word: str, part: str, slips: bool) -> float:
    """Short words must be right to the letter; long ones may be begun, with a slip."""
    if len(word) < 4:
        return 100.0 if word == part else 0.0
    ended = SAME_WORD + 4 if inflected(word, part) else 0
    if not slips:
        return ended
    begun = part[: len(word)] if len(part) > len(word) else part
    return max(fuzz.ratio(word, part), fuzz.ratio(word, begun) - 2, ended)


def inflected(word: str, part: str) -> bool:
    """Whether they may be one Greek word with other endings: Χίος, Χίου."""
    longer = max(len(word), len(part))
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(word, part, strict=False))))
    return same >= longer - (1 if longer < 6 else 2)
