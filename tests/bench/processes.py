"""Turns a second with one and two processes, beside bare writes with as many."""

import multiprocessing
import time
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection

from core.db.database import Database
from tests.bench.bare import Bare
from tests.bench.clock import Cost, mean, middle, now
from tests.bench.report import BARE, GROWTH, line
from tests.bench.sizes import Sizes
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

    def done(self) -> Cost:
        """Return what each of them cost it."""
        cost: Cost = self._ours.recv()
        return cost

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
        before, begun, writes = len(talk.costs), now(), 0
        while time.perf_counter() < begun.wall + SECONDS:
            if what == "turns":
                talk.book()
            else:
                bare.write()
                writes += 1
        count = writes or len(talk.costs) - before
        orders.send((now() - begun) / count)
    bare.close()
    database.close()


def processes(kind: str, offices: Sequence[Database], sizes: Sizes) -> None:
    """Talk with few and with many bookings stored, in turns."""
    costs: dict[tuple[int, str, int], list[Cost]] = {}
    with ExitStack() as ended:
        workers = [[Worker(each.url, n) for n in range(1, PROCESSES + 1)] for each in offices]
        for team in workers:
            for worker in team:
                ended.callback(worker.end)
        for _ in range(ROUNDS):
            for at, team in enumerate(workers):
                for what in ("turns", "writes"):
                    for count in range(1, PROCESSES + 1):
                        cost = _together(team[:count], what)
                        costs.setdefault((at, what, count), []).append(cost)
    for count in range(1, PROCESSES + 1):
        few, many = (middle(costs[at, "turns", count]) for at in (0, 1))
        writes = middle(costs[1, "writes", count])
        name = f"{kind.lower()}.processes_{count}"
        plural = "es" if count > 1 else ""
        what = f"{kind}: turns a second, {count} process{plural}, {sizes.many} stored"
        ratio, bound = many.wall / writes.wall, f"{BARE}: {1 / writes.wall:.0f}"
        line(f"{name}.many", what, many, "per second", ratio=ratio, bound=bound, by="cpu")
        what, ratio = f"  to those with {sizes.few} stored", many.wall / few.wall
        line(f"{name}.few", what, few, "per second", ratio=ratio, bound=GROWTH, by="cpu")


def _together(workers: Sequence[Worker], what: str) -> Cost:
    for worker in workers:
        worker.begin(what)
    each = [worker.done() for worker in workers]
    return Cost(1 / sum(1 / cost.wall for cost in each), mean(each).cpu)
