"""Measure turns and bookings a second, with few and with many bookings stored."""

from collections.abc import Sequence

from core.db.database import Database
from tests.bench.bare import BareConnection
from tests.bench.clock import Cost, median_cost, total
from tests.bench.conversations import Conversations
from tests.bench.report import BARE, GROWTH, alternate, line
from tests.bench.sizes import Sizes

BOOKINGS, WARM_UP = 50, 4


def growth(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Book in one process, alternately with few and with many stored, and with bare writes."""
    runs = [Conversations(each) for each in databases]
    bare = BareConnection(databases[-1])
    writes: list[Cost] = []

    def write() -> Cost:
        writes.extend(bare.write() for _ in range(15))
        return writes[-1]

    booked = alternate([*(each.book for each in runs), write], BOOKINGS, warm_up=WARM_UP)
    few, many = (median_cost(each) for each in booked[:2])
    turn_few, turn_many = (median_cost(each.costs) for each in runs)
    once = median_cost(writes)
    bare.close()
    turns = len(runs[1].costs) * BOOKINGS / (BOOKINGS + WARM_UP)
    each = total(booked[1]) / turns
    name, a_turn = kind.lower(), f"{kind}: a turn, {sizes.many} bookings stored: p50"
    line(f"{name}.bare_write", f"{kind}: a bare write of one row: p50", once, by="")
    line(f"{name}.growth.turn.many", a_turn, turn_many, by="cpu")
    line(
        f"{name}.growth.turn.few",
        f"  to that with {sizes.few} stored",
        turn_few,
        ratio=turn_many.wall / turn_few.wall,
        bound=GROWTH,
        by="cpu",
    )
    line(
        f"{name}.growth.turns",
        f"{kind}: turns a second, one process",
        each,
        "per second",
        ratio=each.wall / once.wall,
        bound=BARE,
        by="cpu",
    )
    line(
        f"{name}.growth.bookings.many",
        f"{kind}: complete bookings a second",
        many,
        "per second",
        ratio=many.wall / once.wall,
        bound=BARE,
        by="cpu",
    )
    line(
        f"{name}.growth.bookings.few",
        f"  to those with {sizes.few} stored",
        few,
        "per second",
        ratio=many.wall / few.wall,
        bound=GROWTH,
        by="cpu",
    )
