"""Which of the offered choices a typed text means."""

from collections.abc import Collection, Sequence
from itertools import takewhile

from rapidfuzz import fuzz

from core.text import _
from dialogs.fold import fold, sound

ENOUGH = 82
"""How alike two words must be to be the same with a typing slip, of 100."""

CLOSE = 4
"""Two choices this near each other are asked about, not guessed between."""

Candidate = tuple[str, Sequence[str]]
"""A choice's value, and the labels by which it may be called."""


FILLER = _(
    "i, i'd, want, would, like, the, a, an, for, to, of, in, at, on, with, please, my, "
    "appointment, need, book, and, can, how, do, it, hello, hi"
)
"""Words that say nothing of what is picked."""


def pick(
    text: str, choices: Sequence[Candidate], filler: Collection[str] = (), *, typos: bool = True
) -> list[str]:
    """Give the values that the text may mean: none, the one, or those to ask about.

    The whole label first; then its words, whole or begun; then both as they sound, for
    Greeklish; then with typing slips. A number inside a sentence picks nothing, for every word
    typed must belong to the label.
    """
    typed = fold(text)
    if not typed:
        return []
    labels = [(value, [fold(name) for name in names]) for value, names in choices]
    if exact := [value for value, names in labels if typed in names]:
        return exact
    words = [word for word in typed.split() if word not in filler] or typed.split()
    if not any(len(word) > 1 for word in words):
        return []
    if (begun := _begun(words, labels)) or not typos:
        return begun
    heard = [sound(word) for word in words]
    unsaid = {sound(word) for word in filler}
    heard = [word for word in heard if word not in unsaid] or heard
    sounds = [(value, [sound(name) for name in names]) for value, names in labels]
    return _begun(heard, sounds) or _like(words, labels) or _like(heard, sounds)


def _begun(words: Sequence[str], labels: Sequence[Candidate]) -> list[str]:
    return [value for value, names in labels if any(_begins(words, name) for name in names)]


def _begins(words: Sequence[str], label: str) -> bool:
    parts = label.split()
    return all(
        word in parts if word.isdigit() else any(part.startswith(word) for part in parts)
        for word in words
    )


def _like(words: Sequence[str], labels: Sequence[Candidate]) -> list[str]:
    scores = [(max((_alike(words, name) for name in names), default=0), v) for v, names in labels]
    best = max(scores, default=(0.0, ""))[0]
    return [value for score, value in scores if score >= ENOUGH and score >= best - CLOSE]


def _alike(words: Sequence[str], label: str) -> float:
    """The mean likeness of the typed words to the label's; 0 if one is like none of them."""
    total = 0.0
    for word in words:
        if word.isdigit():
            likeness = 100.0 if word in label.split() else 0.0
        else:
            likeness = max((_likeness(word, part) for part in label.split()), default=0.0)
        if likeness < ENOUGH - 8:
            return 0.0
        total += likeness
    return total / len(words)


def _likeness(word: str, part: str) -> float:
    """Short words must be right to the letter; long ones may be begun, with a slip."""
    if len(word) < 4:
        return 100.0 if word == part else 0.0
    begun = part[: len(word)] if len(part) > len(word) else part
    return max(
        fuzz.ratio(word, part),
        fuzz.ratio(word, begun) - 2,
        ENOUGH + 8 if _inflected(word, part) else 0,
    )


def _inflected(word: str, part: str) -> bool:
    """Whether they may be one Greek word with other endings: Χίος, Χίου."""
    longer = max(len(word), len(part))
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(word, part, strict=False))))
    return same >= longer - (1 if longer < 6 else 2)
