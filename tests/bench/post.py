"""The outbox: how many messages a second one postman takes from claim to settlement."""

from collections.abc import Callable, Sequence
from functools import partial

from core.database import Database
from tests.bench.bare import Bare
from tests.bench.offices import FEW, MANY
from tests.bench.pushed import Pushed
from tests.bench.report import BARE, GROWTH, in_turns, line, medians

GREETINGS = 100
ROUNDS = 7


def deliveries(kind: str, offices: Sequence[Database]) -> None:
    """What one postman delivers, in turns with few and with many stored, and bare writes."""
    bare = Bare(offices[-1])

    def write() -> float:
        return sum(bare.write() for _ in range(GREETINGS)) / GREETINGS

    asked: list[Callable[[], float]] = [
        *(partial(Pushed(each).deliver, GREETINGS) for each in offices),
        write,
    ]
    few, many, once = medians(in_turns(asked, ROUNDS, unheeded=1))
    bare.close()
    what = f"{kind}: messages a second, claim to settlement, {MANY} stored"
    line(what, f"{1 / many:.0f}", many / once, BARE)
    line(f"  to those with {FEW} stored", f"{1 / few:.0f}", many / few, GROWTH)
