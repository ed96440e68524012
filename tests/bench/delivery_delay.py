"""Measure the time from a commit to the send call, of the same and of another process."""

import asyncio
import multiprocessing
import random
import statistics
import time
from collections.abc import Sequence
from typing import Any

from core.db.database import Database
from tests.bench.clock import Cost
from tests.bench.push_delivery import PushDelivery, greeting
from tests.bench.report import line
from tests.bench.sizes import Sizes
from tests.postgres import KEY

COMMITS = 40
BOUND = "at most 50 ms"


def delivery_delay(kind: str, databases: Sequence[Database], _sizes: Sizes) -> None:
    """Measure from a turn's commit to the platform's `send`, with few bookings stored."""
    database = databases[0]
    here, there = asyncio.run(_both(database))
    name = f"{kind.lower()}.commit_to_send"
    line(f"{name}.here", f"{kind}: from commit to send, the same process: p50", here, bound=BOUND)
    bound = "it looks once a second" if database.backend.file else BOUND
    what = f"{kind}: from commit to send, another process: p50"
    line(f"{name}.there", what, there, bound=bound)


async def _both(database: Database) -> tuple[Cost, Cost]:
    delivery = PushDelivery(database)
    worker = delivery.application.delivery_worker()
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(1)
    here, used_here = await asyncio.to_thread(_commits, delivery)
    started = time.process_time()
    there, used_there = await asyncio.to_thread(_from_another_process, database.url)
    used_there += time.process_time() - started
    await asyncio.sleep(1.5)
    worker.stop()
    await running

    def cost(committed: dict[str, float], used: float) -> Cost:
        waits = (delivery.platform.sent[who] - at for who, at in committed.items())
        return Cost(statistics.median(waits), used / COMMITS)

    return cost(here, used_here), cost(there, used_there)


def _commits(delivery: PushDelivery) -> tuple[dict[str, float], float]:
    """Run turns with pauses; return when each was committed, by address, and the processor time."""
    started = time.process_time()
    committed: dict[str, float] = {}
    stamps: list[float] = []

    def stamp(_info: dict[Any, Any]) -> None:
        stamps.append(time.perf_counter())

    delivery.application.database.on_commit.insert(0, stamp)
    for _ in range(COMMITS):
        inbound, before = greeting(), len(stamps)
        delivery.application.handle_message_sync(inbound)
        committed[inbound.address] = stamps[before]
        time.sleep(random.uniform(0.02, 0.3))
    delivery.application.database.on_commit.remove(stamp)
    return committed, time.process_time() - started


def _from_another_process(url: str) -> tuple[dict[str, float], float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_commit_here, (url,))


def _commit_here(url: str) -> tuple[dict[str, float], float]:
    return _commits(PushDelivery(Database(url, KEY)))
