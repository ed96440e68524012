"""Find a person's name in a sentence: "this is Maria Papa speaking", "surname Papa, name Maria"."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from dialogs.nlu.closed_words import closed_words
from dialogs.nlu.corrections import corrections_in
from dialogs.nlu.function_words import function_words
from dialogs.nlu.normalize import folded, normalize
from dialogs.nlu.spans import Found, Span
from dialogs.nlu.tokens import cut_ending, sound_keys
from dialogs.nlu.when import read_when

MOST_WORDS = 5

MIN_SOUNDS = 4
"""The sounds from which a Greeklish word is one that no name has: "Pio" and "Kai" are names."""

MAX_SLIPS = 2
"""The most letters in which a name said anew differs from the one it replaces."""

MAX_EXACT_LENGTH = 3
"""Greek words of up to so many letters are compared as written: «τη» sounds as «τι» does."""

_BORDER = re.compile(r"[,;:!?…()\n]|(?<!\b[^\W\d])\.(?=\s|$|\.)")
_WORD = re.compile(r"[^\W\d]\.(?!\w)|[^\s.,;:!?…()]+")
_SIGN = re.compile(r"[\d@#€$%&*+=<>/\\_|~^]")


@dataclass(frozen=True, slots=True)
class PersonName(Found[str]):
    """A name as typed; where it isn't `sure`, it is to be confirmed."""

    sure: bool


class _Word(NamedTuple):
    """A word of a text: without accents, with its sounds, where it stands."""

    text: str
    keys: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class _Clause:
    """The words of a clause that may be a name; `is_whole`: the others only lead to it.

    `is_vague`: those lead to much else as well, such as "is".
    """

    words: Sequence[_Word]
    is_whole: bool
    is_vague: bool = False


def find_name(text: str) -> PersonName | None:
    """Return the name in a text; None where there is none.

    One of a single word, one that may be something else, or that stands among words that don't
    lead to it, isn't sure.
    """
    if "?" in text or ";" in text or _SIGN.search(text) or _is_time(text):  # «;» asks in Greek
        return None
    plain = folded(text)
    if _is_titled(text):
        return _found(text, [*_words(plain, 0, len(plain))], sure=True)
    if corrected := _corrected(text):
        return corrected
    if labelled := _labelled(text, plain):
        return labelled
    clauses = [_read([*_words(plain, *segment)]) for segment in _segments(plain)]
    named = [clause for clause in clauses if clause.words]
    words = [word for clause in named for word in clause.words]
    lengths = [len(clause.words) for clause in named]
    is_list = max(lengths, default=0) == 1 or (len(lengths) == 2 and lengths[0] > 2 > lengths[1])
    is_whole = all(clause.is_whole for clause in clauses)
    different = {word.text for word in words}
    if is_list and is_whole and len(different) > 1 and len(words) <= MOST_WORDS:
        return _found(text, words, sure=True)  # "Smith, David", "Van der Berg, Johannes"
    several = [clause for clause in named if 2 <= len(clause.words) <= MOST_WORDS]
    if several:
        first = several[0]
        return _found(text, first.words, sure=first.is_whole, is_vague=first.is_vague)
    if len(different) == 1 and is_whole:
        return _found(text, words[:1], sure=False)
    return None


def names_within(text: str) -> Iterator[PersonName]:
    """Yield the names of two words or more in a request, clause by clause.

    Sure are those that words lead to which lead to nothing else; their spans begin with these.
    """
    plain = folded(text)
    for segment in _segments(plain):
        words = [*_words(plain, *segment)]
        if len(words) < 2:
            continue
        lead = _lead(words, "sure_lead")
        clause = _kept(_stripped(words[lead[1] :]), is_led=True) if lead else _read(words)
        if clause.is_whole and 2 <= len(clause.words) < MOST_WORDS:
            name = _found(text, clause.words, sure=lead is not None)
            start = words[lead[0]].span.start if lead else name.span.start
            yield PersonName(name.value, Span(start, name.span.end), lead is not None)


def _corrected(text: str) -> PersonName | None:
    """Return a name of which a part is taken back and said anew: "Maria Pappa, sorry, Papa"."""
    for at in corrections_in(text):
        before, after = find_name(text[: at.start]), find_name(text[at.end :])
        if before is None or after is None or " " not in before.value:
            continue
        if " " in after.value:
            return PersonName(
                after.value, Span(at.end + after.span.start, at.end + after.span.end), after.sure
            )
        parts = before.value.split()
        near = min(parts, key=lambda part: OSA.distance(normalize(part), normalize(after.value)))
        is_near = OSA.distance(normalize(near), normalize(after.value)) <= MAX_SLIPS
        value = " ".join(after.value if part == near else part for part in parts)
        return PersonName(value, Span(0, len(text)), sure=is_near and before.sure)
    return None


def _is_time(text: str) -> bool:
    """Return whether a text names a day or time, and more than a word that is a name as well."""
    when = read_when(text, date(2000, 1, 1))
    return bool(when) and when.is_whole and " " in text


def _is_titled(text: str) -> bool:
    """Return whether a text is only words with a capital each: "May Robinson" isn't "I may"."""
    typed = text.split()
    if not 2 <= len(typed) <= MOST_WORDS or not all(word.istitle() for word in typed):
        return False
    around = [_forms(kind) for kind in ("not", "before", "titles", "articles")]
    words = [*_words(plain := folded(text), 0, len(plain))]
    leads = _lead(words, "lead") or any(forms.has(word) for word in words for forms in around)
    return not leads and not _BORDER.search(plain)


def _segments(plain: str) -> Iterator[tuple[int, int]]:
    start = 0
    for border in _BORDER.finditer(plain):
        yield start, border.start()
        start = border.end()
    yield start, len(plain)


def _words(plain: str, start: int, end: int) -> Iterator[_Word]:
    for found in _WORD.finditer(plain, start, end):
        word = _key_of(found[0])
        yield _Word(word, sound_keys(word), Span(*found.span()))


class _Forms(NamedTuple):
    """Words as they are written, and as the Greek ones of them sound."""

    written: frozenset[str]
    sounds: frozenset[str]

    def has(self, word: _Word, min_sounds: int = 0) -> bool:
        """Return whether a word is one of these, or sounds so with that many sounds or more."""
        if word.text in self.written:
            return True
        is_exact = not word.text.isascii() and len(word.text) <= MAX_EXACT_LENGTH
        return not is_exact and any(k in self.sounds and len(k) >= min_sounds for k in word.keys)


def _key_of(word: str) -> str:
    """Return a word without accents and signs: "o'connor" is one word."""
    return normalize(word).replace(" ", "") or word


def _forms_of(words: Iterable[str]) -> _Forms:
    written = frozenset(map(_key_of, words))
    greek = (word for word in written if not word.isascii())
    return _Forms(written, frozenset(sound_keys(word)[0] for word in greek))


@cache
def _forms(kind: str) -> _Forms:
    return _forms_of(closed_words().names[kind])


@cache
def _phrases(kind: str) -> Sequence[Sequence[_Forms]]:
    """Return the phrases that lead to a name, the longest first."""
    split = (phrase.split() for phrase in closed_words().names[kind])
    phrases = [[_forms_of((word,)) for word in words] for words in split]
    return sorted(phrases, key=len, reverse=True)


@cache
def _first_words(kind: str) -> _Forms:
    """Return the words by which the phrases of a kind begin."""
    return _forms_of(phrase.split()[0] for phrase in closed_words().names[kind])


@cache
def _never() -> _Forms:
    """Return the words that no name has."""
    known, names = function_words(), closed_words().names
    may_lead = {_key_of(w) for kind in ("before", "articles", "titles") for w in names[kind]}
    return _forms_of((known | names["not"] | names["labels"]) - may_lead)


def _read(words: list[_Word]) -> _Clause:
    """Return the words of a clause that may be a name."""
    is_led = is_vague = False
    leads = [(found, kind) for kind in ("lead", "vague_lead") if (found := _lead(words, kind))]
    if leads:
        (start, end), kind = max(leads)
        is_led, is_vague = True, kind == "vague_lead"
        words = _stripped(words[end:]) or words[:start]
    return _kept(_stripped(words), is_led=is_led, is_vague=is_vague)


def _stripped(words: list[_Word]) -> list[_Word]:
    """Return the words without those around a name."""
    while words and (_forms("before").has(words[0]) or _is_around(words[0])):
        words = words[1:]
    while words and _is_around(words[-1]):
        words = words[:-1]
    return words


def _kept(words: list[_Word], *, is_led: bool, is_vague: bool = False) -> _Clause:
    kept: list[_Word] = []
    for at, word in enumerate(words):
        if len(kept) > 1 and _phrase_at(words, at, "tail"):
            return _Clause(kept, True, is_vague)
        if _is_article(word):
            if _forms("of").has(word) and len(kept) > 1:
                return _Clause(kept, True, is_vague)  # "of" and the father's name
            continue
        if _never().has(word, MIN_SOUNDS) or _is_verb(word):
            is_name = len(kept) > 1 or (at == 0 and not is_led)
            return _Clause(kept if is_name else [], is_led and len(kept) > 1, is_vague)
        kept.append(word)
    return _Clause(kept, True, is_vague)


def _lead(words: Sequence[_Word], kind: str) -> tuple[int, int] | None:
    """Return where the last of the words stand that lead to a name."""
    found = None
    at = 0
    while at < len(words):
        if length := _phrase_at(words, at, kind):
            found = at, at + length
        at += length or 1
    return found


def _phrase_at(words: Sequence[_Word], at: int, kind: str) -> int:
    """Return how many words from a place on are the longest phrase of a kind; 0 for none."""
    if not _first_words(kind).has(words[at]):
        return 0
    for phrase in _phrases(kind):
        part = words[at : at + len(phrase)]
        alike = (forms.has(word) for forms, word in zip(phrase, part, strict=False))
        if len(part) == len(phrase) and all(alike):
            return len(phrase)
    return 0


def _is_around(word: _Word) -> bool:
    return _is_article(word) or _forms("titles").has(word)


def _is_article(word: _Word) -> bool:
    return _forms("articles").has(word)


def _is_verb(word: _Word) -> bool:
    """Return whether a Greek word has an ending that verbs have and names don't."""
    return word.text.endswith(tuple(closed_words().names["endings"])) and len(word.text) > 4


def _labelled(text: str, plain: str) -> PersonName | None:
    """Return a name of which each part is said: "surname Papa, first name Maria"."""
    names, found = closed_words().names, {}
    labels = "|".join(map(re.escape, sorted(names["first"] | names["last"], key=len)[::-1]))
    links = "|".join(map(re.escape, names["link"]))
    value = rf"\s*:?\s*(?:(?:{links})\s+)*([^\s,.:;]+(?:\s+(?!(?:{labels}|{links})\b)[^\s,.:;]+)*)"
    for kind in ("first", "last"):
        own = "|".join(map(re.escape, sorted(names[kind], key=len)[::-1]))
        if match := re.search(rf"(?<!\w)(?<!last )(?:{own})(?!\w){value}", plain):
            found[kind] = Span(*match.span(1))
    if len(found) < 2:
        return None
    name = " ".join(text[slice(*found[kind])] for kind in ("first", "last"))
    span = Span(min(found.values()).start, max(found.values()).end)
    return PersonName(name, span, sure=True)


def _found(text: str, words: Sequence[_Word], *, sure: bool, is_vague: bool = False) -> PersonName:
    typed = [text[slice(*word.span)] for word in words]
    is_written_as_name = typed[0][0].isupper() and typed[-1][0].isupper()
    may_be_other = is_vague or any(map(_is_known, words))
    span = Span(words[0].span.start, words[-1].span.end)
    return PersonName(" ".join(typed), span, sure and (is_written_as_name or not may_be_other))


def _is_known(word: _Word) -> bool:
    """Return whether a word means something else as well."""
    known = closed_words()
    keys = [key for key in word.keys if len(key) >= MIN_SOUNDS or not word.text.isascii()]
    return (
        (word.text,) in known.written
        or any((key,) in known.by_key for key in keys)
        or any(cut_ending(key) in known.by_stem for key in keys)
    )
