"""Find which of the offered choices, or of some phrases, a typed text means."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import takewhile

from rapidfuzz import fuzz

from dialogs.nlu.normalize import normalize, phonetic_key, words_with_spans
from dialogs.nlu.spans import Found, Span, span_of

TYPO_SIMILARITY = 85
"""The similarity (0–100) from which two words are the same, with a typing slip."""

GUESS_SIMILARITY = 80
"""The similarity (0–100) from which the citizen is asked whether a word was meant."""

TIE_MARGIN = 4
"""Choices whose similarity (0–100) is so near to the best one's are asked about, too."""

MAX_EXACT_LENGTH = 3
"""Words of up to so many letters must be written without a slip."""

Candidate = tuple[str, Sequence[str]]
"""A choice's value, and the labels by which it may be called."""


def find_phrase(text: str, phrases: frozenset[str], polite: frozenset[str]) -> Span | None:
    """Return where a text says one of the phrases, in Greeklish too; None if it doesn't.

    Polite words around the phrase are ignored; with any other word the text is another one.
    """
    normalized = normalize(text) or text
    forms = _with_and_without_polite_words(normalized, polite)
    keys = _comparison_keys_of_phrases(phrases, polite)
    if forms.isdisjoint(phrases) and _comparison_keys(forms).isdisjoint(keys):
        return None
    whole = normalized in phrases or _comparison_key(normalized) in keys
    words = normalized if whole else _without_polite_words(normalized, polite)
    return _span_of(text, words.split())


def _span_of(text: str, words: Collection[str]) -> Span:
    """Return the span from the first to the last of these words; the whole text without words."""
    typed = [word for word in words_with_spans(text) if word.text in words]
    return span_of(typed) if typed else Span(0, len(text))


@lru_cache(maxsize=1024)
def _with_and_without_polite_words(text: str, polite: frozenset[str]) -> frozenset[str]:
    return frozenset((text, _without_polite_words(text, polite)))


def _without_polite_words(text: str, polite: frozenset[str]) -> str:
    """Return the text without its polite words; the whole text if it has no others."""
    polite_keys = _comparison_keys(polite)
    return (
        " ".join(word for word in text.split() if _comparison_key(word) not in polite_keys) or text
    )


@lru_cache(maxsize=256)
def _comparison_keys_of_phrases(phrases: frozenset[str], polite: frozenset[str]) -> frozenset[str]:
    return _comparison_keys(phrases | {_without_polite_words(phrase, polite) for phrase in phrases})


@lru_cache(maxsize=1024)
def _comparison_keys(texts: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_comparison_key, texts))


def _comparison_key(text: str) -> str:
    """Return the phonetic key of a text; a short one stays as it is, for many sound alike."""
    return phonetic_key(text) if len(text) > MAX_EXACT_LENGTH else text


def pick(
    text: str, choices: Sequence[Candidate], filler: Collection[str] = (), *, typos: bool = True
) -> list[Found[str]]:
    """Return the values that the text may mean: none, the one, or those to ask about.

    The whole label is tried first; then its words, or how they begin; then the same by sound, for
    Greeklish; then with typing slips; then by sound with other endings. A number inside a sentence
    picks nothing, for every word typed must belong to the label.
    """
    typed = normalize(text)
    if not typed:
        return []
    labels = [(value, [normalize(name) for name in names]) for value, names in choices]
    if exact := [value for value, names in labels if typed in names]:
        return _with_span(exact, text, typed.split())
    words = _without_filler(typed.split(), filler)
    if not any(len(word) > 1 for word in words):
        return []
    if (values := _prefix_matches(words, labels)) or not typos:
        return _with_span(values, text, words)
    audible_words = _without_greeklish_filler(words, filler)
    word_keys, label_keys = _phonetic_keys(audible_words, labels)
    if _is_any_long(word_keys) and (values := _prefix_matches(word_keys, label_keys)):
        return _with_span(values, text, audible_words)
    if values := _most_similar(words, labels, TYPO_SIMILARITY):
        return _with_span(values, text, words)
    values = _most_similar(word_keys, label_keys, TYPO_SIMILARITY, typos=False)
    return _with_span(values, text, audible_words)


def guess(
    text: str, choices: Sequence[Candidate], filler: Collection[str] = ()
) -> list[Found[str]]:
    """Return the values that the text is similar to: to be asked about, never taken."""
    labels = [(value, [normalize(name) for name in names]) for value, names in choices]
    words = _without_filler(normalize(text).split(), filler)
    if not words:
        return []
    if values := _most_similar(words, labels, GUESS_SIMILARITY):
        return _with_span(values, text, words)
    audible_words = _without_greeklish_filler(words, filler)
    values = _most_similar(*_phonetic_keys(audible_words, labels), GUESS_SIMILARITY)
    return _with_span(values, text, audible_words)


def _with_span(values: Sequence[str], text: str, words: Collection[str]) -> list[Found[str]]:
    """Return each value with the span of the words that named it."""
    if not values:
        return []
    span = _span_of(text, words)
    return [Found(value, span) for value in values]


def _without_filler(words: list[str], filler: Collection[str]) -> list[str]:
    return [word for word in words if word not in filler] or words


def _without_greeklish_filler(words: list[str], filler: Collection[str]) -> list[str]:
    # By sound only Greeklish is filler: «μη» sounds as "my" does, and negates the sentence.
    filler_keys = {phonetic_key(word) for word in filler if not word.isascii()}
    return [
        word for word in words if not (word.isascii() and phonetic_key(word) in filler_keys)
    ] or words


def _phonetic_keys(
    words: list[str], labels: Sequence[Candidate]
) -> tuple[list[str], list[Candidate]]:
    """Return the words and the labels as their phonetic keys."""
    return (
        [phonetic_key(word) for word in words],
        [(value, [phonetic_key(name) for name in names]) for value, names in labels],
    )


def _is_any_long(word_keys: Sequence[str]) -> bool:
    """Return whether one is long enough to be known by sound: "ναι" sounds like part of "νέος"."""
    return any(len(key) >= MAX_EXACT_LENGTH for key in word_keys)


def _prefix_matches(words: Sequence[str], labels: Sequence[Candidate]) -> list[str]:
    """Return the values with a label in which each word is a word or begins one."""
    return [value for value, names in labels if any(_is_prefix_of(words, name) for name in names)]


def _is_prefix_of(words: Sequence[str], label: str) -> bool:
    label_words = label.split()
    return all(
        word in label_words
        if word.isdigit()
        else any(label_word.startswith(word) for label_word in label_words)
        for word in words
    )


def _most_similar(
    words: Sequence[str], labels: Sequence[Candidate], minimum: float, *, typos: bool = True
) -> list[str]:
    """Return the values of the labels with the best similarity, if that is the minimum or more."""
    scores = [
        (max((_label_similarity(words, name, typos=typos) for name in names), default=0), value)
        for value, names in labels
    ]
    best = max(scores, default=(0.0, ""))[0]
    return [value for score, value in scores if score >= minimum and score >= best - TIE_MARGIN]


def _label_similarity(words: Sequence[str], label: str, *, typos: bool) -> float:
    """Return the mean similarity (0–100) of the typed words to the label's.

    It is 0 if one of them is similar to none of the label's.
    """
    label_words = label.split()
    total = 0.0
    for word in words:
        if word.isdigit():
            similarity = 100.0 if word in label_words else 0.0
        else:
            similarity = max(
                (_word_similarity(word, w, typos=typos) for w in label_words), default=0.0
            )
        if similarity < GUESS_SIMILARITY - 6:
            return 0.0
        total += similarity
    return total / len(words)


def _word_similarity(word: str, label_word: str, *, typos: bool) -> float:
    """Return the similarity (0–100) of two words.

    A short word must be equal; a longer one may have another ending, or be only the beginning.
    """
    if len(word) <= MAX_EXACT_LENGTH:
        return 100.0 if word == label_word else 0.0
    by_inflection = TYPO_SIMILARITY + 4 if are_inflections(word, label_word) else 0
    if not typos:
        return by_inflection
    beginning = label_word[: len(word)]
    return max(fuzz.ratio(word, label_word), fuzz.ratio(word, beginning) - 2, by_inflection)


def are_inflections(word: str, other: str) -> bool:
    """Return whether both may be one Greek word with different endings: Χίος, Χίου."""
    longer = max(len(word), len(other))
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False))))
    return same >= longer - (1 if longer < 6 else 2)
