"""Turns and bookings a second on either database, and how they change with what is stored."""

import statistics
from collections.abc import Sequence

from core.database import Database
from tests.bench.bare import Bare
from tests.bench.offices import FEW, MANY
from tests.bench.report import BARE, GROWTH, in_turns, line, medians, ms
from tests.bench.talk import Talk

BOOKINGS, UNHEEDED = 50, 4


def growth(kind: str, offices: Sequence[Database]) -> None:
    """Whole bookings in one process, in turns with few and with many stored, and bare writes."""
    talks = [Talk(each) for each in offices]
    bare = Bare(offices[-1])
    writes: list[float] = []

    def write() -> float:
        writes.extend(bare.write() for _ in range(15))
        return writes[-1]

    booked = in_turns([*(talk.book for talk in talks), write], BOOKINGS, unheeded=UNHEEDED)
    few, many = medians(booked)[:2]
    turn_few, turn_many = medians([talk.seconds for talk in talks])
    once = statistics.median(writes)
    bare.close()
    many_turns = BOOKINGS / sum(booked[1]) * len(talks[1].seconds) / (BOOKINGS + UNHEEDED)
    line(f"{kind}: a bare write of one row: p50", ms(once))
    line(f"{kind}: a turn, {MANY} bookings stored: p50", ms(turn_many))
    line(f"  to that with {FEW} stored", ms(turn_few), turn_many / turn_few, GROWTH)
    line(f"{kind}: turns a second, one process", f"{many_turns:.0f}", 1 / many_turns / once, BARE)
    line(f"{kind}: complete bookings a second", f"{1 / many:.1f}", many / once, BARE)
    line(f"  to those with {FEW} stored", f"{1 / few:.1f}", many / few, GROWTH)
