"""Turns a second with one and two processes, beside bare writes with as many."""

import multiprocessing
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection

from core.database import Database
from tests.bench.bare import Bare
from tests.bench.offices import FEW, MANY
from tests.bench.report import BARE, GROWTH, line
from tests.bench.talk import Talk

PROCESSES = 2
SECONDS = 0.7
ROUNDS = 5

SPAWN = multiprocessing.get_context("spawn")


class Worker:
    """A process that talks, or writes, as long as it is told to."""

    def __init__(self, url: str, number: int) -> None:
        self._ours, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_work, args=(theirs, url, number), daemon=True)
        self._process.start()

    def begin(self, what: str) -> None:
        """Have it do something: "turns" or "writes"; or "end"."""
        self._ours.send(what)

    def done(self) -> float:
        """How many of them it did a second."""
        return float(self._ours.recv())

    def end(self) -> None:
        """Have it end."""
        self.begin("end")
        self._process.join()


def _work(orders: Connection, url: str, number: int) -> None:
    database = Database(url)
    talk, bare = Talk(database), Bare(database)
    talk.number = number * 100_000
    talk.book()
    while (what := orders.recv()) != "end":
        before, begun, writes = len(talk.seconds), time.perf_counter(), 0
        while time.perf_counter() < begun + SECONDS:
            if what == "turns":
                talk.book()
            else:
                bare.write()
                writes += 1
        count = writes or len(talk.seconds) - before
        orders.send(count / (time.perf_counter() - begun))
    bare.close()
    database.close()


def processes(kind: str, offices: Sequence[Database]) -> None:
    """With few and with many bookings stored, in turns."""
    rates: dict[tuple[int, str, int], list[float]] = {}
    with ExitStack() as ended:
        workers = [[Worker(each.url, n) for n in range(1, PROCESSES + 1)] for each in offices]
        for team in workers:
            for worker in team:
                ended.callback(worker.end)
        for _ in range(ROUNDS):
            for at, team in enumerate(workers):
                for what in ("turns", "writes"):
                    for count in range(1, PROCESSES + 1):
                        rate = _together(team[:count], what)
                        rates.setdefault((at, what, count), []).append(rate)
    for count in range(1, PROCESSES + 1):
        few, many = (statistics.median(rates[at, "turns", count]) for at in (0, 1))
        writes = statistics.median(rates[1, "writes", count])
        plural = "es" if count > 1 else ""
        what = f"{kind}: turns a second, {count} process{plural}, {MANY} stored"
        line(what, f"{many:.0f}", writes / many, f"{BARE}: {writes:.0f}")
        line(f"  to those with {FEW} stored", f"{few:.0f}", few / many, GROWTH)


def _together(workers: Sequence[Worker], what: str) -> float:
    for worker in workers:
        worker.begin(what)
    return sum(worker.done() for worker in workers)
