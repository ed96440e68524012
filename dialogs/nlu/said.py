"""Read what a text says as people say it: yes or no, or a command in a sentence.

The phrases stand in `locales/*/said.yaml`.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from dialogs.nlu.function_words import function_words
from dialogs.nlu.normalize import normalize
from dialogs.nlu.tokens import Token, sound_keys, tokenize

LOCALES = Path(__file__).parents[2] / "locales"

MAX_BETWEEN = 3
"""The most words between two words of a command."""

NEGATED = 4
"""How many words before a command may negate it."""

MAX_WORDS = 25
"""The most words of a text that is read."""


class Answer(StrEnum):
    """What is answered to a yes-or-no question; `GO_AHEAD` is said of a booking only."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    GO_AHEAD = "go_ahead"


class Said(StrEnum):
    """A command as it is said; the values are those of `said.yaml`, in the order of reading."""

    LATE = "late"
    NOT_COMING = "not_coming"
    DOCUMENTS = "documents"
    WHEN = "when"
    WHERE = "where"
    SHOW = "show"
    CANCEL = "cancel"
    MOVE = "move"
    HUMAN = "human"
    RESTART = "restart"
    BACK = "back"
    STOP = "stop"
    LANGUAGE_EN = "language_en"
    LANGUAGE_EL = "language_el"
    MORE = "more"
    HELP = "help"
    BOOK = "book"


_OTHER_WORDS: Mapping[Said, int] = {
    Said.LATE: 4,
    Said.NOT_COMING: 3,
    Said.DOCUMENTS: 4,
    Said.WHERE: 3,
    Said.WHEN: 3,
    Said.SHOW: 2,
    Said.CANCEL: 2,
    Said.MOVE: 3,
    Said.HUMAN: 1,
    Said.MORE: 1,
    Said.LANGUAGE_EN: 2,
    Said.LANGUAGE_EL: 1,
}
"""The most words in the clause of a command that say something else; none where it isn't listed."""


_LANGUAGES = (Said.LANGUAGE_EN, Said.LANGUAGE_EL)

MAX_EXACT_LENGTH = 3
"""Greek words of up to so many letters are compared as written: «τη» sounds as «τι» does."""


class _Form(NamedTuple):
    """A word as it is written, or as it sounds; `begins`: with any ending."""

    text: str
    is_sound: bool
    begins: bool


class _Phrase(NamedTuple):
    """What a phrase says, in the order in which phrases are tried, and its words in order."""

    order: int
    says: str
    words: tuple[frozenset[_Form], ...]


class _Phrases(NamedTuple):
    """Phrases by each form of their first word."""

    answers: Mapping[_Form, Sequence[_Phrase]]
    commands: Mapping[_Form, Sequence[_Phrase]]
    forms: frozenset[_Form]
    negations: frozenset[_Form]


@cache
def _phrases() -> _Phrases:
    files = [yaml.safe_load(f.read_text("utf-8")) for f in sorted(LOCALES.glob("*/said.yaml"))]
    commands, answers = [], []
    for file in files:
        for name, phrases in file.pop("commands").items():
            said = Said(name)
            order = [*Said].index(said)
            commands += [_Phrase(order, said, _forms_of_phrase(each)) for each in phrases]
        for kind, several in file.items():
            words = map(_forms_of_phrase, several)
            answers += [_Phrase(-len(each), kind, each) for each in words]
    negations = [p.words[0] for p in answers if p.says in ("not", "no") and len(p.words) == 1]
    return _Phrases(
        _by_first(answers),
        _by_first(commands),
        frozenset().union(*(each for p in (*answers, *commands) for each in p.words)),
        frozenset().union(*negations),
    )


def _by_first(phrases: Sequence[_Phrase]) -> Mapping[_Form, Sequence[_Phrase]]:
    found: dict[_Form, list[_Phrase]] = {}
    for phrase in sorted(phrases, key=lambda each: each.order):
        for form in phrase.words[0]:
            found.setdefault(form, []).append(phrase)
    return found


def _forms_of_phrase(written: str) -> tuple[frozenset[_Form], ...]:
    places = written.replace("'", " ").split()
    return tuple(frozenset(f for w in place.split("/") for f in _forms(w)) for place in places)


def _forms(written: str) -> Iterator[_Form]:
    word, begins = normalize(written.removesuffix("*")) or written, written.endswith("*")
    yield _Form(word, is_sound=False, begins=begins)
    if not word.isascii():
        yield _Form(sound_keys(word)[0], is_sound=True, begins=begins)


@lru_cache(maxsize=4096)
def _forms_typed(word: str) -> frozenset[_Form]:
    """Return those forms of the phrases' words that a typed word has."""
    is_exact = len(word) <= MAX_EXACT_LENGTH and not word.isascii()
    own = [(word, False), *((key, True) for key in (() if is_exact else sound_keys(word)))]
    known = _phrases().forms
    return frozenset(
        form
        for text, is_sound in own
        for form in (
            _Form(text, is_sound, begins=False),
            *(_Form(text[:end], is_sound, begins=True) for end in range(1, len(text) + 1)),
        )
        if form in known
    )


@lru_cache(maxsize=256)
def read_answer(text: str) -> Answer | None:
    """Return what a text answers to a yes-or-no question; None if it says more or nothing of it.

    Hedged ones, questions and those that say both are UNSURE.
    """
    tokens = tokenize(text)
    if not tokens and text.strip() == "👍":
        return Answer.YES
    if len(tokens) > MAX_WORDS:
        return None
    kinds = list(_kinds(tokens))
    if "unsure" in kinds:
        return Answer.UNSURE
    said = {kind for kind in kinds if kind not in ("around", "other", "not")}
    negated = re.search("not (around )*(yes|go_ahead)", " ".join(kinds)) is not None
    if negated:
        said = said - {"yes", "go_ahead"} | {"no"}
    if "why_not" in said:
        return Answer.YES if said <= {"why_not", "yes"} else Answer.UNSURE
    if not said or "other" in kinds or ("not" in kinds and not negated):
        return None
    if text.rstrip().endswith((";", "?")) or ("no" in said and len(said) > 1):
        return Answer.UNSURE
    return next(each for each in Answer if each in said)


def _kinds(tokens: Sequence[Token]) -> Iterator[str]:
    typed = [_forms_typed(token.text) for token in tokens]
    at = 0
    while at < len(tokens):
        phrases = {p for form in typed[at] for p in _phrases().answers.get(form, ())}
        said = (p for p in sorted(phrases, key=_order) if _begins(p, typed[at : at + len(p.words)]))
        if phrase := next(said, None):
            yield phrase.says
            at += len(phrase.words)
        else:
            yield "around" if _is_small(tokens[at].text) else "other"
            at += 1


def _order(phrase: _Phrase) -> tuple[int, str]:
    return phrase.order, phrase.says


def _begins(phrase: _Phrase, typed: Sequence[frozenset[_Form]]) -> bool:
    return len(phrase.words) == len(typed) and all(map(frozenset.__and__, phrase.words, typed))


@lru_cache(maxsize=256)
def read_command(text: str) -> Said | None:
    """Return the command that a clause of a text says, none of whose other words say much else."""
    clauses = [tokenize(clause) for clause in _BORDER.split(text)]
    if sum(map(len, clauses)) > MAX_WORDS:
        return None
    found = [phrase for tokens in clauses for phrase in _said_in(tokens)]
    return Said(min(found, key=_order).says) if found else None


_BORDER = re.compile(r"(?<!\d)[,.;!?·:]+|[,.;!?·:]+(?!\d)")
"""What parts clauses, but no signs between digits."""


def _said_in(tokens: Sequence[Token]) -> Iterator[_Phrase]:
    """Yield the phrases of commands that a clause says."""
    typed = [_forms_typed(token.text) for token in tokens]
    for start, forms in enumerate(typed):
        for phrase in {p for form in forms for p in _phrases().commands.get(form, ())}:
            said = Said(phrase.says)
            places = _places(phrase, typed, start)
            if not places:
                continue
            others = [at for at in range(len(tokens)) if at not in places]
            ends = start, max(places)
            near = 0 if said in _LANGUAGES else start - NEGATED
            before = (at for at in others if near <= at < start)
            if any(typed[at] & _phrases().negations for at in before):
                continue
            between = (typed[at] & _phrases().negations for at in others if at in range(*ends))
            if any(not form.is_sound for forms in between for form in forms):  # "my" sounds so
                continue
            if sum(not _is_small(tokens[at].text) for at in others) <= _OTHER_WORDS.get(said, 0):
                yield phrase


def _places(phrase: _Phrase, typed: Sequence[frozenset[_Form]], start: int) -> Collection[int]:
    """Return where a phrase's words are, in order and close together, from `start` on, if all."""
    places = [start]
    for word in phrase.words[1:]:
        after = range(places[-1] + 1, min(places[-1] + MAX_BETWEEN + 2, len(typed)))
        place = next((at for at in after if word & typed[at]), None)
        if place is None:
            return ()
        places.append(place)
    return places


def without_words(text: str, said: Said) -> str:
    """Return the words of a text that don't belong to the phrases of a command."""
    own = _forms_of_command(said)
    return " ".join(t.text for t in tokenize(text) if own.isdisjoint(_forms_typed(t.text)))


@cache
def _forms_of_command(said: Said) -> frozenset[_Form]:
    phrases = (p for several in _phrases().commands.values() for p in several if p.says == said)
    return frozenset(form for phrase in phrases for word in phrase.words for form in word)


@cache
def _small_keys() -> frozenset[str]:
    return frozenset(sound_keys(word)[0] for word in function_words() if not word.isascii())


@lru_cache(maxsize=4096)
def _is_small(word: str) -> bool:
    """Return whether a word says nothing of what is meant."""
    return word in function_words() or not _small_keys().isdisjoint(sound_keys(word))
