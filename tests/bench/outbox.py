"""Measure how many messages a second one worker delivers, from claim to settlement."""

from collections.abc import Callable, Sequence
from functools import partial

from core.db.database import Database
from tests.bench.bare import BareConnection
from tests.bench.clock import Cost, mean, median_cost
from tests.bench.push_delivery import PushDelivery
from tests.bench.report import BARE, GROWTH, alternate, line
from tests.bench.sizes import Sizes


def deliveries(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Deliver from one worker, alternately with few and with many stored, and bare writes."""
    bare = BareConnection(databases[-1])

    def write() -> Cost:
        return mean(bare.write() for _ in range(sizes.greetings))

    measures: list[Callable[[], Cost]] = [
        *(partial(PushDelivery(each).deliver, sizes.greetings) for each in databases),
        write,
    ]
    few, many, once = map(median_cost, alternate(measures, sizes.deliveries, warm_up=1))
    bare.close()
    name = f"{kind.lower()}.outbox"
    line(
        f"{name}.many",
        f"{kind}: messages a second, claim to settlement, {sizes.many} stored",
        many,
        "per second",
        ratio=many.wall / once.wall,
        bound=BARE,
        by="cpu",
    )
    line(
        f"{name}.few",
        f"  to those with {sizes.few} stored",
        few,
        "per second",
        ratio=many.wall / few.wall,
        bound=GROWTH,
        by="cpu",
    )
