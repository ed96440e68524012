"""Find which service a text asks for, by the phrases of the catalogues.

Typed words are matched to the distinct words of all phrases, then words to phrases. Services of the
same name in several municipalities are one profile: what one of them is called, the others are.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import chain, takewhile
from math import log
from typing import NamedTuple

from rapidfuzz.distance import OSA

from core.catalogue.model import Municipality, Service
from dialogs.nlu.normalize import normalize
from dialogs.nlu.tokens import Token, keys_of_phrase, tokenize

SURE = 0.60
"""The score (0–1) from which a service is taken if it is ahead of the next."""

AHEAD = 0.12
"""How far (0–1) a service that is taken is ahead of the next one."""

POSSIBLE = 0.40
"""The score (0–1) from which the citizen is asked whether a service was meant."""

PHRASE_WEIGHT = 0.5
"""The part of the score that says how much of a phrase was typed; the rest says how much of what
was typed is the service's."""

UNKNOWN_WEIGHT = 0.35
"""The weight of a word that no phrase has, as part of that of the rarest word."""

MIN_SLIP_LENGTH = 5
"""Words with stems of fewer letters are compared to the letter."""

NEAR = 0.25
"""Services whose score (0–1) is so near to the best one's are asked about, too."""

LEAST_PART = (SURE - NEAR) ** 2
"""The part (0–1) of a phrase from which its score can be near to that of one that is taken."""

MAX_CANDIDATES = 4

SHORTLIST = 16
"""The profiles that are compared in full."""

CACHED_WORDS = 4096
"""The typed words whose meanings are kept."""

WHOLE = 0.99
"""The part (0–1) of a phrase from which all of it was typed."""


class ServiceName(NamedTuple):
    """A service of a municipality, by their ids."""

    municipality: str
    service: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Services that a text may ask for, alike but for their municipality; `score` is 0 to 1."""

    services: tuple[ServiceName, ...]
    score: float


@dataclass(frozen=True, slots=True)
class ServiceMatch:
    """The candidates, best first, and the words of the text that named the best.

    With `sure` the first is taken, else the citizen is asked; there may be none.
    """

    candidates: tuple[Candidate, ...] = ()
    sure: bool = False
    words: tuple[Token, ...] = ()


@dataclass(slots=True)
class _Profile:
    """Services of the same name: their ids by municipality, and the words and phrases of all."""

    services: dict[str, list[ServiceName]] = field(default_factory=dict)
    words: set[int] = field(default_factory=set)
    phrases: set[int] = field(default_factory=set)
    others: set[int] = field(default_factory=set)

    def names(self, possible: Collection[str] | None) -> tuple[ServiceName, ...]:
        """Return the services of these municipalities; without `possible`, of all."""
        lists = (
            names
            for municipality, names in self.services.items()
            if possible is None or municipality in possible
        )
        return tuple(chain.from_iterable(lists))


Weights = dict[int, float]
"""By number: how alike words are to a typed one, or what part of phrases a word is (0–1)."""


class ServiceIndex:
    """The services of some municipalities, to be found by what citizens write."""

    def __init__(self, bodies: Iterable[Municipality], filler: Collection[str] = ()) -> None:
        # English words as written only: by sound "for" begins «φόρος».
        self._filler = frozenset(each for text in filler for each in text.split())
        greek = (word for word in self._filler if not word.isascii())
        self._filler_keys = frozenset(key for word in greek for key in keys_of_phrase(word))
        self._word_ids: dict[str, int] = {}
        self._words: list[str] = []
        self._phrases: list[frozenset[int]] = []
        phrase_ids: dict[frozenset[int], int] = {}

        @cache
        def word_ids(word: str) -> tuple[int, ...]:
            tokens = (token for token in tokenize(word) if not self.ignores(token))
            return tuple(self._word_id(_stem(token)) for token in tokens)

        @cache
        def phrase_id(text: str) -> int | None:
            words = frozenset(i for word in normalize(text).split() for i in word_ids(word))
            if words and phrase_ids.setdefault(words, len(phrase_ids)) == len(self._phrases):
                self._phrases.append(words)
            return phrase_ids.get(words)

        def phrases_of(texts: Iterable[str]) -> set[int]:
            return {i for text in texts if (i := phrase_id(text)) is not None}

        profiles: dict[frozenset[str], _Profile] = {}
        for body in bodies:
            for service in body.services.values():
                name = frozenset(map(normalize, service.name.values()))
                profile = profiles.setdefault(name, _Profile())
                profile.services.setdefault(body.id, []).append(ServiceName(body.id, service.id))
                profile.phrases |= phrases_of(texts_of(service))
                profile.others |= phrases_of(service.others)
        for profile in profiles.values():
            profile.words.update(word for i in profile.phrases for word in self._phrases[i])
        self._profiles = list(profiles.values())
        self._profiles_of_phrase: list[list[int]] = [[] for _phrase in self._phrases]
        frequency: Counter[int] = Counter()
        for number, profile in enumerate(self._profiles):
            frequency.update(profile.words)
            for phrase in profile.phrases:
                self._profiles_of_phrase[phrase].append(number)
        count = len(self._profiles)
        self._idf = [log(1 + count / max(frequency[word], 1)) for word in range(len(self._words))]
        self._unknown = UNKNOWN_WEIGHT * log(1 + count)
        self._phrase_idf = [sum(self._idf[word] for word in phrase) for phrase in self._phrases]
        self._parts_of_word: list[Weights] = [{} for _word in self._words]
        for phrase, in_phrase in enumerate(self._phrases):
            for word in in_phrase:
                self._parts_of_word[word][phrase] = self._idf[word] / self._phrase_idf[phrase]
        self._meanings = lru_cache(maxsize=CACHED_WORDS)(self._find_meanings)
        self._grams: defaultdict[str, list[int]] = defaultdict(list)
        for number, key in enumerate(self._words):
            if len(key) >= MIN_SLIP_LENGTH:
                for gram in _grams(key):
                    self._grams[gram].append(number)

    def _word_id(self, key: str) -> int:
        number = self._word_ids.setdefault(key, len(self._words))
        if number == len(self._words):
            self._words.append(key)
        return number

    def ignores(self, token: Token) -> bool:
        """Return whether a word says nothing of which service is meant."""
        return (
            token.text in self._filler
            or not self._filler_keys.isdisjoint(token.keys)
            or (len(token.key) == 1 and not token.is_number)
        )

    def knows(self, token: Token) -> bool:
        """Return whether a word is one of the services', without a slip."""
        return any(_without_plural(stem) in self._word_ids for stem in token.stems)

    def find(
        self, tokens: Sequence[Token], possible: Collection[str] | None = None
    ) -> ServiceMatch:
        """Return what the words ask for, among the municipalities of these ids.

        Without `possible`, among all. To be called without the words that mean something else.
        """
        typed = [
            (token, self._meanings(token.stems)) for token in tokens if not self.ignores(token)
        ]
        if not any(meanings for _word, meanings in typed):
            return ServiceMatch()
        hits: Weights = {}
        total = 0.0
        for _word, meanings in typed:
            total += max((self._idf[w] for w in meanings), default=self._unknown)
            for word, weight in meanings.items():
                hits[word] = max(weight, hits.get(word, 0))
        scored = sorted(self._scores(typed, hits, total, possible), reverse=True)
        if not scored or scored[0][0] < POSSIBLE:
            return ServiceMatch()
        best, part, first = scored[0]
        near = [(score, number) for score, _part, number in scored if score >= best - NEAR]
        candidates = tuple(
            Candidate(self._profiles[number].names(possible), score)
            for score, number in near[:MAX_CANDIDATES]
            if score >= POSSIBLE
        )
        next_score = scored[1][0] if len(scored) > 1 else 0.0
        own = self._profiles[first].words
        used = [(word, meanings) for word, meanings in typed if not own.isdisjoint(meanings)]
        is_written = any(max(meanings.values()) == 1 for _word, meanings in used)
        is_whole = best**2 > WHOLE * part  # a phrase of it
        # Words that are all slips may be others, and those that others have as well say too
        # little. A word that is only another's, such as "plot", speaks against a phrase without it.
        sure = next_score <= WHOLE < best or (
            best >= SURE
            and is_written
            and best - next_score >= AHEAD
            and not any(self._adds_a_word(number, first, typed) for _score, number in near[1:])
            and (is_whole or not any(self._has_all(number, used) for _score, number in near[1:]))
        )
        return ServiceMatch(candidates, sure, tuple(word for word, _meanings in used))

    def _scores(
        self,
        typed: Sequence[tuple[Token, Weights]],
        hits: Weights,
        total: float,
        possible: Collection[str] | None,
    ) -> Iterator[tuple[float, float, int]]:
        """Yield, of each profile with some of the words, score, explained part and number."""
        idf = self._idf
        first, *others = sorted(hits, key=lambda word: -len(self._parts_of_word[word]))
        parts = dict(self._parts_of_word[first])  # the most phrases, at once
        if hits[first] < 1:
            parts = {phrase: part * hits[first] for phrase, part in parts.items()}
        for word in others:
            weight = hits[word]
            for phrase, part in self._parts_of_word[word].items():
                parts[phrase] = parts.get(phrase, 0.0) + weight * part
        near = [(part, phrase) for phrase, part in parts.items() if part >= LEAST_PART]
        near.sort(reverse=True)
        best = self._shortlist(near, possible)
        whole = {phrase for _part, phrase in takewhile(lambda each: each[0] > WHOLE, near)}
        known = [
            [(word, idf[word] * weight) for word, weight in meanings.items()]
            for _word, meanings in typed
            if meanings
        ]
        for number, part in best.items():
            profile = self._profiles[number]
            if self._says_more(profile, whole):
                continue
            explained = sum(
                max([value if word in profile.words else 0.0 for word, value in found])
                for found in known
            )
            score = part**PHRASE_WEIGHT * (explained / total) ** (1 - PHRASE_WEIGHT)
            yield score, explained / total, number

    def _shortlist(
        self, near: Sequence[tuple[float, int]], possible: Collection[str] | None
    ) -> dict[int, float]:
        """Return the profiles whose phrases were typed most, with that part (0–1)."""
        best: dict[int, float] = {}
        for part, phrase in near:
            for number in self._profiles_of_phrase[phrase]:
                if number not in best and (
                    possible is None
                    or not self._profiles[number].services.keys().isdisjoint(possible)
                ):
                    best[number] = part
            if len(best) >= SHORTLIST:
                break
        return best

    def _says_more(self, profile: _Profile, whole: Set[int]) -> bool:
        """Return whether something else was typed in full, and no longer phrase of the service."""
        own, other = (
            max((self._phrase_idf[i] for i in whole & phrases), default=0.0)
            for phrases in (profile.phrases, profile.others)
        )
        return other > 0 and other >= own

    def _adds_a_word(self, number: int, best: int, typed: Sequence[tuple[Token, Weights]]) -> bool:
        """Return whether a profile has a typed word that the best one lacks."""
        own, other = self._profiles[best].words, self._profiles[number].words
        return any(
            own.isdisjoint(meanings) and not other.isdisjoint(meanings) for _w, meanings in typed
        )

    def _has_all(self, number: int, used: Sequence[tuple[Token, Weights]]) -> bool:
        """Return whether a profile has all of these words."""
        own = self._profiles[number].words
        return all(not own.isdisjoint(meanings) for _word, meanings in used)

    def _find_meanings(self, typed: tuple[str, ...]) -> Weights:
        """Return the words of phrases that one with these stems may be; if long, with slips."""
        stems = [_without_plural(stem) for stem in typed]
        if known := {self._word_ids[stem]: 1.0 for stem in stems if stem in self._word_ids}:
            return known
        key = stems[0]
        if len(key) < MIN_SLIP_LENGTH:
            return {}
        grams = _grams(key)
        common: Counter[int] = Counter()
        for gram in grams:
            common.update(self._grams.get(gram, ()))
        allowed = 1 if len(key) < 8 else 2
        found: Weights = {}
        for number, count in common.most_common(16):
            if count < len(grams) - 3 * allowed:
                break
            word = self._words[number]
            slips = OSA.distance(key, word, score_cutoff=allowed)
            if slips <= allowed and key[0] == word[0]:
                found[number] = 1 - 0.1 * slips
        closest = max(found.values(), default=0.0)
        return {number: weight for number, weight in found.items() if weight == closest}


def texts_of(service: Service) -> tuple[str, ...]:
    """Return the name of a service in all languages, and its phrases."""
    return (*service.name.values(), *service.phrases)


def _stem(token: Token) -> str:
    """Return the likeliest stem of a word."""
    return _without_plural(token.stems[0])


def _without_plural(stem: str) -> str:
    """Return the same stem for all forms of a neuter noun: that of "epidoma" for "epidomata"."""
    return stem[:-2] if len(stem) > 5 and stem.endswith("mat") else stem


def _grams(word: str) -> set[str]:
    """Return the pairs of letters of a word."""
    return {word[at : at + 2] for at in range(len(word) - 1)}
