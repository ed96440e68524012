"""The outbox: how many messages a second one loop takes from claim to settlement."""

from collections.abc import Callable, Sequence
from functools import partial

from core.db.database import Database
from tests.bench.bare import Bare
from tests.bench.clock import Cost, mean, middle
from tests.bench.pushed import Pushed
from tests.bench.report import BARE, GROWTH, in_turns, line
from tests.bench.sizes import Sizes


def deliveries(kind: str, offices: Sequence[Database], sizes: Sizes) -> None:
    """Deliver from one loop, in turns with few and with many stored, and bare writes."""
    bare = Bare(offices[-1])

    def write() -> Cost:
        return mean(bare.write() for _ in range(sizes.greetings))

    asked: list[Callable[[], Cost]] = [
        *(partial(Pushed(each).deliver, sizes.greetings) for each in offices),
        write,
    ]
    few, many, once = map(middle, in_turns(asked, sizes.deliveries, unheeded=1))
    bare.close()
    name = f"{kind.lower()}.outbox"
    line(
        f"{name}.many",
        f"{kind}: messages a second, claim to settlement, {sizes.many} stored",
        many,
        "per second",
        ratio=many.wall / once.wall,
        bound=BARE,
    )
    line(
        f"{name}.few",
        f"  to those with {sizes.few} stored",
        few,
        "per second",
        ratio=many.wall / few.wall,
        bound=GROWTH,
    )
