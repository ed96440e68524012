"""Measure turns a second with one and two processes, and bare writes with as many."""

import multiprocessing
import time
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection

from core.db.database import Database
from tests.bench.bare import BareConnection
from tests.bench.clock import Cost, mean, median_cost, now
from tests.bench.conversations import Conversations
from tests.bench.report import BARE, GROWTH, line
from tests.bench.sizes import Sizes
from tests.postgres import KEY

PROCESSES = 2
SECONDS = 0.7
ROUNDS = 5

SPAWN = multiprocessing.get_context("spawn")


class Worker:
    """A process that holds conversations or writes rows for a fixed time, when told to."""

    def __init__(self, url: str, number: int) -> None:
        self._ours, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_work, args=(theirs, url, number), daemon=True)
        self._process.start()

    def begin(self, what: str) -> None:
        """Tell it what to do: "turns", "writes" or "end"."""
        self._ours.send(what)

    def done(self) -> Cost:
        """Wait until it has finished; return the cost of each turn or write."""
        cost: Cost = self._ours.recv()
        return cost

    def end(self) -> None:
        """End the process."""
        self.begin("end")
        self._process.join()


def _work(orders: Connection, url: str, number: int) -> None:
    database = Database(url, KEY)
    conversations, bare = Conversations(database), BareConnection(database)
    conversations.number = number * 100_000
    conversations.book()
    while (what := orders.recv()) != "end":
        before, started, writes = len(conversations.costs), now(), 0
        while time.perf_counter() < started.wall + SECONDS:
            if what == "turns":
                conversations.book()
            else:
                bare.write()
                writes += 1
        count = writes or len(conversations.costs) - before
        orders.send((now() - started) / count)
    bare.close()
    database.close()


def processes(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Conversations with few and with many bookings stored, in turns."""
    costs: dict[tuple[int, str, int], list[Cost]] = {}
    with ExitStack() as cleanup:
        workers = [[Worker(each.url, n) for n in range(1, PROCESSES + 1)] for each in databases]
        for team in workers:
            for worker in team:
                cleanup.callback(worker.end)
        for _ in range(ROUNDS):
            for at, team in enumerate(workers):
                for what in ("turns", "writes"):
                    for count in range(1, PROCESSES + 1):
                        cost = _together(team[:count], what)
                        costs.setdefault((at, what, count), []).append(cost)
    for count in range(1, PROCESSES + 1):
        few, many = (median_cost(costs[at, "turns", count]) for at in (0, 1))
        writes = median_cost(costs[1, "writes", count])
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
