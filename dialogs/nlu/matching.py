"""Find which of the offered choices, or of some phrases, a typed text means."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import takewhile

from rapidfuzz import fuzz

from dialogs.nlu.normalize import normalize, phonetic_key, words_with_spans
from dialogs.nlu.spans import Found, Span, span_of

SAME_WORD = 85
"""How alike (0–100) two words must be to be the same with a typing slip."""

SIMILAR_WORD = 80
"""How alike they must be to be asked about."""

AMBIGUOUS_WITHIN = 4
"""How near (0–100) the likeness of two choices must be for both to be asked about."""

Candidate = tuple[str, Sequence[str]]
"""A choice's value, and the labels by which it may be called."""


EXACT_LETTERS = 3
"""How long a word may be that must be written without a slip."""


def matches_phrase(text: str, phrases: frozenset[str], polite: frozenset[str]) -> Span | None:
    """Return where a text says one of the phrases, in Greeklish too; None if it doesn't.

    Polite words around the phrase count for nothing; any other word does.
    """
    normalized = normalize(text) or text
    said = _said(normalized, polite)
    if said.isdisjoint(phrases) and _heard(said).isdisjoint(_known(phrases, polite)):
        return None
    whole = normalized in phrases or _as_heard(normalized) in _known(phrases, polite)
    words = normalized if whole else _core(normalized, polite)
    return _span_of(text, words.split())


def _span_of(text: str, words: Collection[str]) -> Span:
    """Return the span from the first to the last of these words; the whole text without words."""
    typed = [word for word in words_with_spans(text) if word.text in words]
    return span_of(typed) if typed else Span(0, len(text))


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
    """Return how a text sounds; short ones stay as written, for many of them sound alike."""
    return phonetic_key(text) if len(text) > EXACT_LETTERS else text


def pick(
    text: str, choices: Sequence[Candidate], filler: Collection[str] = (), *, typos: bool = True
) -> list[Found[str]]:
    """Return the values that the text may mean: none, the one, or those to ask about.

    The whole label first; then its words, whole or begun; then as they sound, for Greeklish;
    then with typing slips; then as they sound, with other endings. A number inside a sentence
    picks nothing, for every word typed must belong to the label.
    """
    typed = normalize(text)
    if not typed:
        return []
    labels = [(value, [normalize(name) for name in names]) for value, names in choices]
    if exact := [value for value, names in labels if typed in names]:
        return _found(exact, text, typed.split())
    words = _without_filler(typed.split(), filler)
    if not any(len(word) > 1 for word in words):
        return []
    if (begun := _begun(words, labels)) or not typos:
        return _found(begun, text, words)
    audible = _without_greeklish_filler(words, filler)
    heard, sounds = _sounds(audible, labels)
    if _long(heard) and (begun := _begun(heard, sounds)):
        return _found(begun, text, audible)
    if alike := _like(words, labels, SAME_WORD):
        return _found(alike, text, words)
    return _found(_like(heard, sounds, SAME_WORD, slips=False), text, audible)


def guess(
    text: str, choices: Sequence[Candidate], filler: Collection[str] = ()
) -> list[Found[str]]:
    """Return the values that the text is similar to: to be asked about, never taken."""
    labels = [(value, [normalize(name) for name in names]) for value, names in choices]
    words = _without_filler(normalize(text).split(), filler)
    if not words:
        return []
    if alike := _like(words, labels, SIMILAR_WORD):
        return _found(alike, text, words)
    audible = _without_greeklish_filler(words, filler)
    return _found(_like(*_sounds(audible, labels), SIMILAR_WORD), text, audible)


def _found(values: Sequence[str], text: str, words: Collection[str]) -> list[Found[str]]:
    if not values:
        return []
    span = _span_of(text, words)
    return [Found(value, span) for value in values]


def _without_filler(words: list[str], filler: Collection[str]) -> list[str]:
    return [word for word in words if word not in filler] or words


def _without_greeklish_filler(words: list[str], filler: Collection[str]) -> list[str]:
    # By sound only Greeklish is filler: «μη» sounds as "my" does, and turns the meaning round.
    sounds = {phonetic_key(word) for word in filler if not word.isascii()}
    return [
        word for word in words if not (word.isascii() and phonetic_key(word) in sounds)
    ] or words


def _sounds(words: list[str], labels: Sequence[Candidate]) -> tuple[list[str], list[Candidate]]:
    """Return the words and the labels as they sound."""
    return (
        [phonetic_key(word) for word in words],
        [(value, [phonetic_key(name) for name in names]) for value, names in labels],
    )


def _long(words: Sequence[str]) -> bool:
    """Return whether a word is long enough to be known by its sound.

    "ναι" sounds like the start of "νέος".
    """
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
    """Return the mean likeness (0–100) of the typed words to the label's.

    It is 0 if one of them is like none of the label's.
    """
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
    """Return how alike two words are (0–100): short ones must be equal, long ones may be begun."""
    if len(word) < 4:
        return 100.0 if word == part else 0.0
    ended = SAME_WORD + 4 if inflected(word, part) else 0
    if not slips:
        return ended
    begun = part[: len(word)] if len(part) > len(word) else part
    return max(fuzz.ratio(word, part), fuzz.ratio(word, begun) - 2, ended)


def inflected(word: str, part: str) -> bool:
    """Return whether they may be one Greek word with other endings: Χίος, Χίου."""
    longer = max(len(word), len(part))
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(word, part, strict=False))))
    return same >= longer - (1 if longer < 6 else 2)
