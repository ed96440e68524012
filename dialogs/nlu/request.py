"""Understand a request: the place, the channel and the service that a text names."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from core.catalogue.model import Municipality
from dialogs.nlu.names import Name, NamedTexts, NameIndex, NameKind, names_of
from dialogs.nlu.normalize import normalize
from dialogs.nlu.services import ServiceIndex, ServiceMatch
from dialogs.nlu.spans import Found, Span
from dialogs.nlu.tokens import Token, keys_of_phrase

Names = frozenset[Name]


@dataclass(frozen=True, slots=True)
class Request:
    """The request that a text makes; None or empty for what it doesn't name.

    `municipality`, `branch`, `group` and `channel` are ids; `elsewhere` is where one is named that
    isn't served. `names` are all names found. `unexplained` are the words that say something else.
    """

    municipality: str | None = None
    branch: str | None = None
    group: str | None = None
    channel: str | None = None
    elsewhere: Span | None = None
    services: ServiceMatch = field(default_factory=ServiceMatch)
    names: tuple[Found[Names], ...] = ()
    unexplained: tuple[Token, ...] = ()

    @property
    def names_only_group(self) -> bool:
        """Return whether the words that name a service are those of its group."""
        spans = [each.span for each in self.names if any(_is_group(n, self) for n in each.value)]
        return bool(spans) and all(_is_in(word, spans) for word in self.services.words)


@dataclass(frozen=True)
class SmallWords:
    """Words by what they say, normalized.

    Those of `nothing` say nothing, those `from_` stand before a place that one comes from, those
    of `negations` before a name that isn't meant.
    """

    nothing: frozenset[str]
    from_: frozenset[str]
    negations: frozenset[str]


class RequestIndex:
    """The names and services of some municipalities, to be found in what citizens write."""

    def __init__(
        self,
        bodies: Sequence[Municipality],
        places: Collection[str],
        abroad: Collection[str],
        channels: Iterable[NamedTexts],
        words: SmallWords,
    ) -> None:
        named = [*channels]
        self._names = NameIndex([*names_of(bodies), *named], places, abroad)
        self._channel_words = {normalize(text) for _channel, texts in named for text in texts}
        self._services = ServiceIndex(bodies, words.nothing)
        self._from, self._negations = _keys(words.from_), _keys(words.negations)

    def understand(
        self,
        tokens: Sequence[Token],
        offered: Collection[str],
        known: str | None = None,
        corrected: int = 0,
    ) -> Request:
        """Return what the words ask for, in the municipalities of these ids.

        `known` is the one that was picked before; what is said from the offset `corrected` on
        replaces what is named alike before it. To be called without the words of days and times.
        """
        names = self._named(tokens)
        if refused := _refused(names, corrected):
            names = [each for each in names if each.span not in refused]
            tokens = [token for token in tokens if not _is_in(token, refused)]
        aside = [each.span for each in names if _ASIDE.issuperset(n.kind for n in each.value)]
        words = [token for token in tokens if not _is_in(token, aside)]
        ids = _municipalities(names, offered, known)
        elsewhere = self._elsewhere(tokens, names, ids, offered)
        here = {known} if known and not elsewhere else offered
        services = self._services.find(words, ids or here)
        found = {name.municipality for c in services.candidates[:1] for name in c.services}
        own = {n.value for n in _all(names, NameKind.MUNICIPALITY)}
        named = next((few for few in (ids & found, ids & own, ids) if few), set())
        municipality = next(iter(named)) if len(named) == 1 else None
        at = municipality or (None if ids else known)
        own_names = [each for each in names if any(_is_of(n, at) for n in each.value)]
        explained = [*(each.span for each in own_names), *(word.span for word in services.words)]
        return Request(
            municipality,
            _first(own_names, NameKind.BRANCH, at),
            _first(own_names, NameKind.GROUP, at),
            _first(names, NameKind.CHANNEL, ""),
            elsewhere,
            services,
            tuple(names),
            tuple(
                token
                for token in tokens
                if not self._services.ignores(token) and not _is_in(token, explained)
            ),
        )

    def is_of_service(self, token: Token) -> bool:
        """Return whether a word is one by which services are asked for."""
        return self._services.knows(token)

    def _named(self, tokens: Sequence[Token]) -> list[Found[Names]]:
        """Return the names, without those that are negated or that are words of services."""
        at = {token.span.start: number for number, token in enumerate(tokens)}
        found = []
        for each in self._names.find(tokens):
            before = {
                token.key
                for token in tokens[max(0, at[each.span.start] - 2) :]
                if token.span.end <= each.span.start
            }
            if before & self._negations:
                continue
            named = [token for token in tokens if _is_in(token, [each.span])]
            values = each.value
            if len(named) == 1:
                values = frozenset(n for n in values if not self._is_word(named[0], n.kind))
            if values:
                found.append(Found(values, each.span))
        return found

    def _is_word(self, token: Token, kind: NameKind) -> bool:
        """Return whether a word that sounds as a name of a kind is rather one that isn't a name."""
        if self._services.ignores(token):  # «κλείσε» sounds as «κλήση»
            return token.text not in self._channel_words
        return kind in (NameKind.OTHER_PLACE, NameKind.ABROAD) and self._services.knows(token)

    def _elsewhere(
        self,
        tokens: Sequence[Token],
        names: Sequence[Found[Names]],
        ids: Collection[str],
        offered: Collection[str],
    ) -> Span | None:
        """Return where a municipality that isn't offered is named, unless as where one is from."""
        for each in names:
            if all(_is_elsewhere(name, offered) for name in each.value):
                before = [token.key for token in tokens if token.span.end <= each.span.start]
                is_abroad = any(name.kind is NameKind.ABROAD for name in each.value)
                is_home = not self._from.isdisjoint(before[-2:])
                if not (ids or is_home if is_abroad else ids and is_home):
                    return each.span
        return None


_PLACES = (NameKind.MUNICIPALITY, NameKind.OTHER_PLACE, NameKind.ABROAD)
_ASIDE = frozenset((*_PLACES, NameKind.BRANCH, NameKind.CHANNEL))
"""The kinds of names whose words don't belong to a service."""


def _refused(names: Sequence[Found[Names]], corrected: int) -> list[Span]:
    """Return where names stand that others of their kind correct."""
    anew = {_sort(name) for each in names if each.span.start >= corrected for name in each.value}
    before = (each for each in names if each.span.start < corrected)
    return [each.span for each in before if any(_sort(name) in anew for name in each.value)]


def _sort(name: Name) -> NameKind:
    """Return the kind of a name; a place may be a municipality or one of its branches."""
    return NameKind.BRANCH if name.kind in _PLACES else name.kind


def _municipalities(
    names: Sequence[Found[Names]], offered: Collection[str], known: str | None
) -> set[str]:
    """Return the municipalities that the names may mean: the surest first, else of branches."""
    spans = [each.value for each in names]
    only = [
        {n.value for n in several}
        for several in spans
        if all(n.kind is NameKind.MUNICIPALITY for n in several)
    ]
    if len(sure := {i for ids in only for i in ids} & set(offered)) > 0:
        return sure
    own = {n.value for n in _all(names, NameKind.MUNICIPALITY)}
    of_branches = {
        n.municipality
        for several in spans
        if not any(n.kind is NameKind.GROUP for n in several)
        for n in several
        if n.kind is NameKind.BRANCH
    }
    if known in of_branches:
        return {known} if known else set()
    return (own | of_branches) & set(offered)


def _all(names: Sequence[Found[Names]], kind: NameKind) -> Iterator[Name]:
    return (name for each in names for name in each.value if name.kind is kind)


def _first(names: Sequence[Found[Names]], kind: NameKind, municipality: str | None) -> str | None:
    found = (name.value for name in _all(names, kind) if name.municipality == municipality)
    return next(found, None)


def _is_of(name: Name, municipality: str | None) -> bool:
    """Return whether a name is that of a municipality, of something of it, or of a channel."""
    if name.kind is NameKind.CHANNEL:
        return True
    return (
        municipality
        in (
            name.value if name.kind is NameKind.MUNICIPALITY else None,
            name.municipality or None,
        )
        and municipality is not None
    )


def _is_group(name: Name, request: Request) -> bool:
    return name.kind is NameKind.GROUP and name.value == request.group


def _is_elsewhere(name: Name, offered: Collection[str]) -> bool:
    return name.kind in (NameKind.OTHER_PLACE, NameKind.ABROAD) or (
        name.kind is NameKind.MUNICIPALITY and name.value not in offered
    )


def _keys(words: Iterable[str]) -> frozenset[str]:
    return frozenset(key for word in words for key in keys_of_phrase(word))


def _is_in(token: Token, spans: Iterable[Span]) -> bool:
    return any(span.start <= token.span.start < span.end for span in spans)
