"""Read a sentence that names several things at once: service, channel, day and time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from core.catalogue.model import Channel, Municipality, Service
from core.catalogue.places import ABROAD, place_names
from core.i18n import Text, _
from dialogs.booking.early_details import NAME_STEP, contact_details, labels_before, names_in
from dialogs.booking.meant import MEANT, answers_of, dump_meant
from dialogs.booking.selection import picked_municipality
from dialogs.booking.time_wish import TimeWish, dump_wish, noted
from dialogs.context import Context
from dialogs.engine.outcomes import AnswersForOtherSteps, InvalidAnswer, TakeOutcome
from dialogs.messages.appointment import CHANNEL_WORDS, CHANNELS
from dialogs.nlu.corrections import corrections_in, negated_in
from dialogs.nlu.fields import format_phone
from dialogs.nlu.function_words import function_words
from dialogs.nlu.lexicon import FILLER, FROM, HELLO, NOT_MEANT, POLITE, Lexicon
from dialogs.nlu.names import Name, NameKind
from dialogs.nlu.normalize import words_with_spans
from dialogs.nlu.person_names import PersonName
from dialogs.nlu.request import Request, RequestIndex, SmallWords
from dialogs.nlu.services import ServiceMatch
from dialogs.nlu.spans import Span
from dialogs.nlu.tokens import Token, tokenize
from dialogs.nlu.when import When, read_when

MAX_WORDS = 40
"""The most words of a sentence: each run of some of them may be a day or a name."""

WITHOUT_PLACE = 0.75
"""The score (0–1) from which a service is noted before the municipality is known."""


class _SameBodies(tuple[Municipality, ...]):
    """Municipalities that are compared by identity: a catalogue that is loaded anew is another."""

    def __hash__(self) -> int:
        return hash(tuple(map(id, self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SameBodies) and [*map(id, self)] == [*map(id, other)]


@lru_cache(maxsize=2)
def _index_of(
    bodies: _SameBodies,
    words: SmallWords,
    channels: tuple[tuple[Channel, frozenset[str]], ...],
) -> RequestIndex:
    named = [(Name(NameKind.CHANNEL, channel), names) for channel, names in channels]
    return RequestIndex(bodies, place_names(), place_names(ABROAD), named, words)


def index_of(bodies: Sequence[Municipality], lexicon: Lexicon) -> RequestIndex:
    """Return the index of these municipalities, which is kept."""
    nothing = function_words().union(*(lexicon.words(each) for each in (FILLER, HELLO, POLITE)))
    words = SmallWords(nothing, lexicon.words(FROM), lexicon.words(NOT_MEANT))
    channels = tuple((channel, lexicon.words(names)) for channel, names in CHANNEL_WORDS.items())
    return _index_of(_SameBodies(bodies), words, channels)


@dataclass(frozen=True)
class Understood:
    """The meaning of a sentence: what is asked for, and when one would like to come."""

    request: Request
    when: When
    details: Mapping[str, str] = field(default_factory=dict)
    """Details of a person, by the step that asks for them."""

    @property
    def wish(self) -> TimeWish | None:
        """Return when one would like to come, to be kept; None if that isn't said."""
        wish = TimeWish.of(self.when)
        return wish if wish.says_day or self.when.says_time else None

    @property
    def is_all(self) -> bool:
        """Return whether each word is understood."""
        return not self.request.unexplained


def read_sentence(
    text: str, index: RequestIndex, offered: Collection[str], today: date, known: str | None = None
) -> Understood:
    """Return what a text (as `clean` returns it) says; for the rest see RequestIndex.understand."""
    when, corrections = read_when(text, today), corrections_in(text)
    details, spans = contact_details(text)
    tokens = tokenize(text)
    spans += [*when.spans, *labels_before(tokens, spans)]
    refused = [*corrections, *negated_in(text)]
    names = names_in(text, spans)
    corrected = corrections[-1].end if corrections else 0

    def understand(*aside: Span) -> Request:
        rest = _without(tokens, [*spans, *refused, *aside])
        return index.understand(rest, offered, known, corrected)

    led = [name for name in names if name.sure and _is_no_service(name, tokens, index)]
    request = understand(*(name.span for name in led))
    if not led and (led := [name for name in names if _is_unexplained(name, tokens, request)]):
        request = understand(*(name.span for name in led))
    if len({name.value for name in led}) == 1:
        details[NAME_STEP] = led[0].value
    return Understood(request, when, details)


def _without(tokens: Sequence[Token], aside: Sequence[Span]) -> list[Token]:
    """Return the tokens that don't stand within some spans."""
    return [
        token
        for token in tokens
        if not any(s.start < token.span.end and token.span.start < s.end for s in aside)
    ]


def _is_no_service(name: PersonName, tokens: Sequence[Token], index: RequestIndex) -> bool:
    """Return whether words that a name is led to by are one, and none of a service."""
    own = (token for token in tokens if token.span.start in range(*name.span))
    return name.value.istitle() or not any(map(index.is_of_service, own))


def _is_unexplained(name: PersonName, tokens: Sequence[Token], request: Request) -> bool:
    """Return whether no word of what is written as a name says something else."""
    own = {token.span.start for token in tokens if token.span.start in range(*name.span)}
    named = any(each.span.start in own for each in request.names)
    return name.value.istitle() and not named and own <= {t.span.start for t in request.unexplained}


def names_service(ctx: Context, text: str) -> bool:
    """Return whether all words of a text are those by which services are asked for."""
    index = index_of(ctx.office.municipalities, ctx.lexicon)
    return all(map(index.is_of_service, tokenize(text)))


def understand(ctx: Context, text: str) -> Understood:
    """Return what a sentence says to the conversation as it is."""
    offered = frozenset(body.id for body in ctx.office.offered_municipalities)
    index = index_of(ctx.office.municipalities, ctx.lexicon)
    today = ctx.now.astimezone(ctx.zone).date()
    return read_sentence(text, index, offered, today, ctx.answers.get("municipality"))


def take_sentence(ctx: Context, text: str) -> TakeOutcome:
    """Return the answers that a sentence gives, and say them; None if too little is understood.

    What can't be answered yet is kept as wishes. In doubt, which service was meant is asked next.
    """
    if len(words_with_spans(text)) > MAX_WORDS:
        return None
    said = understand(ctx, text)
    request = said.request
    if request.elsewhere:
        return _not_here(text, request, request.elsewhere)
    if not request.names and not request.services.candidates:
        if not said.wish or not said.is_all:
            return None
        return AnswersForOtherSteps(wishes=_noted(ctx, said))
    loaded = ctx.office.find(request.municipality or ctx.answers.get("municipality"))
    if loaded is None:
        return _wished(ctx, said)
    named = _named(loaded.body, request)
    if named is None and said.is_all:
        if request.municipality not in (None, ctx.answers.get("municipality")):
            named = AnswersForOtherSteps({"municipality": loaded.body.id})
        elif said.wish:
            named = AnswersForOtherSteps()
    if named is None:
        return None
    if "municipality" in named.answers and ctx.answers.get("municipality") != loaded.body.id:
        ctx.say(_("{value}.", value=loaded.body.name))
    _say_named(ctx, loaded.body, named)
    return AnswersForOtherSteps(named.answers, wishes={**named.wishes, **_noted(ctx, said)})


def _not_here(text: str, request: Request, at: Span) -> InvalidAnswer | None:
    """Return what is said where an appointment is asked for at a place that isn't served."""
    if not request.services.candidates and request.unexplained:
        return None
    return InvalidAnswer(
        _("I can't book appointments there: {place}.", place=text[at.start : at.end])
    )


def _say_named(ctx: Context, body: Municipality, named: AnswersForOtherSteps) -> None:
    """Say the service and the place that were understood."""
    if chosen := body.services.get(named.answers.get("service", "")):
        ctx.say(_("{label}: {value}.", label=_("Service"), value=chosen.name))
    if branch := named.answers.get("branch"):
        ctx.say(_("{label}: {value}.", label=_("Place"), value=body.branch(branch).name))


def _named(body: Municipality, request: Request) -> AnswersForOtherSteps | None:
    """Return the answers that name a service, or the question which is meant; None for neither."""
    found = services_of(body, request.services)
    is_sure = request.services.sure and not request.names_only_group
    if group := None if is_sure and found else _group(body, request):
        return group
    if not found:
        return None
    if not request.services.sure or len(found[0]) > 1:
        several = [service for alike in found for service in alike]
        return AnswersForOtherSteps(wishes={MEANT: dump_meant(body, several)})
    answers = answers_of(body, found[0][0])
    places = [branch.id for branch in body.branches_of(answers["service"])]
    if request.branch in places and len(places) > 1:
        answers["branch"] = request.branch
    return AnswersForOtherSteps(answers)


def _group(body: Municipality, request: Request) -> AnswersForOtherSteps | None:
    """Return the answers that name a group, where nothing else is said."""
    if request.group is None or request.unexplained:
        return None
    return AnswersForOtherSteps({"municipality": body.id, "group": request.group})


def _wished(ctx: Context, said: Understood) -> AnswersForOtherSteps | None:
    """Keep the words that surely name a service until the municipality is known."""
    match = said.request.services
    if not match.sure or match.candidates[0].score < WITHOUT_PLACE:
        return None
    (first, *_others) = match.candidates[0].services
    service = ctx.office.loaded(first.municipality).body.services[first.service]
    words = " ".join(word.text for word in match.words)
    return AnswersForOtherSteps(wishes={"group": words, **_noted(ctx, said, service.name)})


def take_service_wish(ctx: Context, text: str) -> TakeOutcome:
    """Return the answers that words kept by `take_sentence` give in the municipality picked."""
    body = picked_municipality(ctx)
    if named := _named(body, understand(ctx, text).request):
        _say_named(ctx, body, named)
    return named


def services_of(body: Municipality, match: ServiceMatch) -> list[list[Service]]:
    """Return the candidates that a municipality has, best first."""
    candidates = (
        [
            body.services[name.service]
            for name in candidate.services
            if name.municipality == body.id and name.service in body.services
        ]
        for candidate in match.candidates
    )
    return [services for services in candidates if services]


def _noted(ctx: Context, said: Understood, service: Text = "") -> dict[str, str]:
    """Return the wishes by step, and say them, with the service that is noted, too."""
    wishes: dict[str, str] = {}
    named: list[Text] = [service] if service else []
    if channel := said.request.channel:
        wishes["channel"] = channel
        named.append(CHANNELS[Channel(channel)])
    if wish := said.wish:
        wishes |= {"day": dump_wish(wish), "time": dump_wish(wish)}
        named.append(wish.label(ctx.now))
    for step, value in said.details.items():
        wishes[step] = value
        named.append(format_phone(value) if step == "details.phone" else value)
    if named:
        ctx.say(noted(*named))
    return wishes
