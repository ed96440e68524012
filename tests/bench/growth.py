"""Turns and bookings a second on either database, and how they change with what is stored."""

from collections.abc import Sequence

from core.db.database import Database
from tests.bench.bare import Bare
from tests.bench.clock import Cost, middle, total
from tests.bench.report import BARE, GROWTH, in_turns, line
from tests.bench.sizes import Sizes
from tests.bench.talk import Talk

BOOKINGS, UNHEEDED = 50, 4


def growth(kind: str, offices: Sequence[Database], sizes: Sizes) -> None:
    """Book in one process, in turns with few and with many stored, and with bare writes."""
    talks = [Talk(each) for each in offices]
    bare = Bare(offices[-1])
    writes: list[Cost] = []

    def write() -> Cost:
        writes.extend(bare.write() for _ in range(15))
        return writes[-1]

    booked = in_turns([*(talk.book for talk in talks), write], BOOKINGS, unheeded=UNHEEDED)
    few, many = (middle(each) for each in booked[:2])
    turn_few, turn_many = (middle(talk.costs) for talk in talks)
    once = middle(writes)
    bare.close()
    turns = len(talks[1].costs) * BOOKINGS / (BOOKINGS + UNHEEDED)
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
