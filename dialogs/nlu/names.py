"""Find closed names anywhere in a text: of municipalities, branches, groups and so on."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from core.catalogue.model import Municipality
from dialogs.nlu.spans import Found, Span
from dialogs.nlu.tokens import Token, keys_of_phrase, tokenize

MIN_SLIP_LENGTH = 6
"""Words with stems of fewer letters are compared to the letter."""

MIN_PLACE_LENGTH = 4
"""Places with stems of fewer letters are known to the letter only, if they aren't served."""

MAX_ACRONYM_LENGTH = 6

MAX_WHOLE_LENGTH = 4
"""Words of up to so many sounds may have no stem, and are compared in all cases."""

CACHED_WORDS = 4096
"""The typed words whose forms are kept."""

SHARED_BY = 0.25
"""A first word that so many names of a kind have (0–1), such as that for municipality, may lack."""


class NameKind(StrEnum):
    """The kind of a name; `OTHER_PLACE` is a municipality of Greece that isn't served here."""

    MUNICIPALITY = "municipality"
    BRANCH = "branch"
    GROUP = "group"
    CHANNEL = "channel"
    OPTION = "option"
    COMMAND = "command"
    OTHER_PLACE = "other_place"
    ABROAD = "abroad"


class Name(NamedTuple):
    """The meaning of a name: an id, for branches and groups with that of their municipality."""

    kind: NameKind
    value: str
    municipality: str = ""


NamedTexts = tuple[Name, Iterable[str]]
"""A thing with its names, in any language."""

Parts = tuple[str, ...]
"""The stems of a name's words; of an acronym, its key after "="; of a short English word, the word
as written after "~"."""


class NameIndex:
    """Names, to be found in texts; slips are forgiven in long words, never towards `places`."""

    def __init__(
        self,
        names: Iterable[NamedTexts],
        places: Collection[str] = (),
        abroad: Collection[str] = (),
    ) -> None:
        found: defaultdict[Parts, set[Name]] = defaultdict(set)
        for kind, entries in _by_kind(names).items():
            shared = _shared_first_words([parts for _name, parts in entries])
            for name, parts in entries:
                found[parts].add(name)
                rest = parts
                while kind != NameKind.COMMAND and len(rest) > 1 and rest[0] in shared:
                    rest = rest[1:]
                    found[rest].add(name)
        served = {part for parts in found for part in parts}
        kinds = dict.fromkeys(abroad, NameKind.ABROAD) | dict.fromkeys(places, NameKind.OTHER_PLACE)
        for place, kind in sorted(kinds.items()):
            for parts in _parts(place):
                if len("".join(parts)) < MIN_PLACE_LENGTH:
                    parts_written = tuple(f"={key}" for key in keys_of_phrase(place))
                else:
                    parts_written = parts
                if parts not in found:
                    found[parts_written].add(Name(kind, place))
        self._entries: defaultdict[str, list[tuple[Parts, frozenset[Name]]]] = defaultdict(list)
        for parts in sorted(found, key=len, reverse=True):
            self._entries[parts[0]].append((parts, frozenset(found[parts])))
        self._known = frozenset(part for parts in found for part in parts)
        self._long: defaultdict[str, list[tuple[str, bool]]] = defaultdict(list)
        for part in self._known:
            if len(part) >= MIN_SLIP_LENGTH and part[0] not in "=~":
                self._long[part[0] + part[-1]].append((part, part in served))
        self._forms = lru_cache(maxsize=CACHED_WORDS)(self._find_forms)

    def find(self, tokens: Sequence[Token]) -> list[Found[frozenset[Name]]]:
        """Return the names in order, the longest where several begin; each with its span.

        Several names are what is called alike.
        """
        forms = [self._forms(token.text, token.keys, token.stems) for token in tokens]
        found = []
        at = 0
        while at < len(tokens):
            entries = (entry for form in forms[at] for entry in self._entries.get(form, ()))
            fitting = (e for e in entries if _fits(e[0], forms[at : at + len(e[0])]))
            parts, names = max(fitting, key=lambda e: len(e[0]), default=((), frozenset()))
            if parts:
                span = Span(tokens[at].span.start, tokens[at + len(parts) - 1].span.end)
                found.append(Found(names, span))
            at += len(parts) or 1
        return found

    def _find_forms(
        self, text: str, keys: tuple[str, ...], stems: tuple[str, ...]
    ) -> frozenset[str]:
        """Return the parts of names that a typed word may be."""
        written = (*(f"={key}" for key in keys), f"~{text}")
        forms = {*stems, *written} & self._known
        forms |= {form for key in keys for form in _other_cases(key)} & self._known
        if forms or len(stems[0]) < MIN_SLIP_LENGTH:
            return frozenset(forms)
        stem = stems[0]
        allowed = 1 if len(stem) < 8 else 2
        near: dict[int, list[tuple[str, bool]]] = {}
        for part, is_served in self._long.get(stem[0] + stem[-1], ()):
            slips = OSA.distance(stem, part, score_cutoff=allowed)
            if slips <= allowed:
                near.setdefault(slips, []).append((part, is_served))
        closest = near[min(near)] if near else []
        return frozenset(part for part, _s in closest if all(served for _p, served in closest))


def names_of(bodies: Iterable[Municipality]) -> Iterator[NamedTexts]:
    """Yield the municipalities, branches and groups with what they are called."""
    for body in bodies:
        yield Name(NameKind.MUNICIPALITY, body.id), (*body.name.values(), *body.aliases)
        for branch in body.branches:
            named = (*branch.name.values(), *branch.aliases)
            yield Name(NameKind.BRANCH, branch.id, body.id), named
        for group in body.groups:
            named = (*group.name.values(), *group.aliases)
            yield Name(NameKind.GROUP, group.id, body.id), named


def _by_kind(names: Iterable[NamedTexts]) -> dict[NameKind, list[tuple[Name, Parts]]]:
    kinds: defaultdict[NameKind, list[tuple[Name, Parts]]] = defaultdict(list)
    for name, texts in names:
        kinds[name.kind] += [(name, parts) for text in texts for parts in _parts(text)]
    return kinds


def _shared_first_words(all_parts: Sequence[Parts]) -> frozenset[str]:
    """Return the words by which many of the names begin, and those that follow them everywhere."""
    shared: set[str] = set()
    rests = [parts for parts in all_parts if len(parts) > 1]
    while rests:
        counted = Counter(parts[0] for parts in rests)
        least = max(2, SHARED_BY * len(rests))
        words = {word for word, count in counted.items() if count >= least}
        shared |= words
        rests = [parts[1:] for parts in rests if parts[0] in words and len(parts) > 2]
        if not words:
            break
    return frozenset(shared)


def _other_cases(key: str) -> Iterator[str]:
    """Yield the other cases of a short word, whose stem is itself: "xios" of "xio" and "xiU"."""
    if len(key) > MAX_WHOLE_LENGTH:
        yield f"={key.removesuffix('s')}"
        if key.endswith("os"):
            yield f"={key[:-2]}U"
        return
    if not key.endswith("s"):
        yield from (f"{key}s", f"={key}s")
    if key[-1] in "oU":
        yield from (other for end in ("os", "U") for other in (key[:-1] + end, f"={key[:-1]}{end}"))


def _parts(text: str) -> Iterator[Parts]:
    """Yield a name's parts; an acronym's also as single letters."""
    letters = text.replace(".", "")
    if letters.isalpha() and letters.isupper() and len(letters) <= MAX_ACRONYM_LENGTH:
        yield (f"={keys_of_phrase(letters)[0]}",)
        yield tuple(f"={keys_of_phrase(letter)[0]}" for letter in letters)
    elif tokens := tokenize(text):
        # Short English words are compared as written: by sound "call" begins «καλό».
        yield tuple(
            f"~{token.text}"
            if token.text.isascii() and len(token.stems[0]) < MIN_PLACE_LENGTH
            else token.stems[0]
            for token in tokens
        )


def _fits(parts: Parts, forms: Sequence[frozenset[str]]) -> bool:
    return len(parts) == len(forms) and all(p in f for p, f in zip(parts, forms, strict=True))
