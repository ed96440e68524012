"""How soon a message is on its way, whichever process made it owed; on an idle machine."""

import asyncio
import multiprocessing
import random
import statistics
import time
from collections.abc import Sequence
from typing import Any

from bot.postman import Postman
from core.database import Database
from tests.bench.pushed import Pushed, greeting
from tests.bench.report import line, ms

COMMITS = 40
BOUND = "at most 50 ms"


def promptness(kind: str, offices: Sequence[Database]) -> None:
    """From the commit of a turn to the platform's `send`, with few bookings stored."""
    database = offices[0]
    here, there = asyncio.run(_both(database))
    line(f"{kind}: from commit to send, the same process: p50", ms(here), bound=BOUND)
    bound = "it looks once a second" if database.backend.file else BOUND
    line(f"{kind}: from commit to send, another process: p50", ms(there), bound=bound)


async def _both(database: Database) -> tuple[float, float]:
    pushed = Pushed(database)
    postman = Postman(pushed.wiring)
    at_work = asyncio.create_task(postman.run())
    await asyncio.sleep(1)
    here = await asyncio.to_thread(_commits, pushed)
    there = await asyncio.to_thread(_from_another_process, database.url)
    await asyncio.sleep(1.5)
    postman.stop()
    await at_work

    def median(committed: dict[str, float]) -> float:
        return statistics.median(pushed.platform.sent[who] - at for who, at in committed.items())

    return median(here), median(there)


def _commits(pushed: Pushed) -> dict[str, float]:
    """Some turns, with pauses between; when each was committed, by address."""
    committed: dict[str, float] = {}
    stamps: list[float] = []

    def stamp(_info: dict[Any, Any]) -> None:
        stamps.append(time.perf_counter())

    pushed.wiring.database.on_commit.insert(0, stamp)
    for _ in range(COMMITS):
        inbound, before = greeting(), len(stamps)
        pushed.wiring.answer_now(inbound)
        committed[inbound.address] = stamps[before]
        time.sleep(random.uniform(0.02, 0.3))
    pushed.wiring.database.on_commit.remove(stamp)
    return committed


def _from_another_process(url: str) -> dict[str, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_elsewhere, (url,))


def _elsewhere(url: str) -> dict[str, float]:
    return _commits(Pushed(Database(url)))
