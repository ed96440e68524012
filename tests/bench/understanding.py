"""Measure reading what citizens write, and finding a service among those of all municipalities."""

import random
import tracemalloc
from collections.abc import Callable, Iterator, Sequence

from bot.i18n.translator import Translator
from core.catalogue.loader import SHIPPED, read_catalogue
from core.catalogue.model import Municipality, Service
from core.catalogue.places import FILE
from core.i18n import LocalizedText
from dialogs.booking.sentence import index_of, read_sentence
from dialogs.nlu.lexicon import FILLER
from dialogs.nlu.services import ServiceIndex
from dialogs.nlu.tokens import tokenize
from tests.bench.clock import Cost, cost_quantile, median_cost, now
from tests.bench.databases import NOW
from tests.bench.report import line
from tests.understanding.__main__ import utterances

SERVICES = 40
ROUNDS = 5


def understanding() -> None:
    """Read the development set's utterances, then ask for services among 332 × 40, once warm."""
    bodies = [read_catalogue(each) for each in sorted(SHIPPED.glob("*.yaml"))]
    index, offered = index_of(bodies, Translator()), frozenset(each.id for each in bodies)
    texts = [each["text"] for each in utterances()]
    today = NOW.date()
    name, what = "understanding.sentence", "reading what a citizen writes"
    _quantiles(name, what, texts, lambda text: read_sentence(text, index, offered, today), (0.2, 1))

    towns, filler = list(_towns(bodies)), Translator().words(FILLER)
    started = now()
    services = ServiceIndex(towns, filler)
    cost = now() - started
    name, what = (
        "understanding.index",
        f"an index of {len(towns)} municipalities' {SERVICES} services",
    )
    line(f"{name}.build", what, cost, bound="at most 2000 ms")
    tracemalloc.start()
    ServiceIndex(towns, filler)
    line(
        f"{name}.memory",
        "  its memory",
        tracemalloc.get_traced_memory()[0] / 1e6,
        "MB",
        bound="at most 60 MB",
    )
    tracemalloc.stop()
    asked = [tokenize(each["text"]) for each in utterances() if each["kind"] == "request"]
    _quantiles(f"{name}.find", "  finding a service among all", asked, services.find, (0.4, 1))


def _quantiles(
    name: str,
    what: str,
    values: Sequence[object],
    use: Callable[..., object],
    bounds: tuple[float, float],
) -> None:
    """Use each value several times, once to warm up; print p50 and p99 with their bounds, in ms."""
    costs = [_cost(use, value) for _round in range(1 + ROUNDS) for value in values]
    warm = costs[len(values) :]
    line(f"{name}.p50", f"{what}: p50", median_cost(warm), bound=f"at most {bounds[0]} ms")
    line(f"{name}.p99", f"{what}: p99", cost_quantile(warm, 0.99), bound=f"at most {bounds[1]} ms")


def _cost(use: Callable[..., object], value: object) -> Cost:
    started = now()
    use(value)
    return now() - started


def _towns(bodies: Sequence[Municipality]) -> Iterator[Municipality]:
    """Yield each municipality of Greece with services of 400 names, a twentieth in own words."""
    number = random.Random(3)
    pool = list(_services(number, bodies, 400))
    lines = FILE.read_text("utf-8").splitlines()
    for at, place in enumerate(each for each in lines if each and not each.startswith("#")):
        services = tuple(_reworded(number, each, place) for each in number.sample(pool, SERVICES))
        group = bodies[0].groups[0].model_copy(update={"services": services})
        # Not by model_copy, which keeps what the first one computed of its services.
        values = {**dict(bodies[0]), "id": f"town-{at}", "groups": (group,)}
        yield Municipality.model_construct(**values)


def _services(
    number: random.Random, bodies: Sequence[Municipality], count: int
) -> Iterator[Service]:
    """Yield services whose names and phrases are each made of two shipped ones'."""
    shipped = [service for body in bodies for service in body.services.values()]
    for at in range(count):
        one, two = number.sample(shipped, 2)
        name = LocalizedText(el=f"{one.name.in_language('el')} {two.name.in_language('el')}")
        phrases = [" ".join(number.choice(each.phrases).split()[:2]) for each in (one, two) * 12]
        pairs = zip(phrases[::2], phrases[1::2], strict=True)
        values = {"id": f"s-{at}", "name": name, "phrases": tuple(map(" ".join, pairs))}
        yield one.model_copy(update=values)


def _reworded(number: random.Random, service: Service, place: str) -> Service:
    """Return a service with two thirds of its phrases, a twentieth in own words."""
    phrases = tuple(
        f"{phrase} {place}" if number.random() < 0.05 else phrase
        for phrase in service.phrases
        if number.random() < 0.67
    )
    return service.model_copy(update={"phrases": phrases})
