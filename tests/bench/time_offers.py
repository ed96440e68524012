"""Measure a closure with 200 bookings in its way, until each is offered another time.

Beside it citizens write: their turns are compared with those before.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from bot.ops.time_offers import make_offers_forever
from core.actor import OPERATOR
from core.bookings.catalogue_update import load_catalogue
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.offers.making import has_pending
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Booking, ExceptionKind, OfferState, TimeOffer
from core.db.personal import Personal, new_public_id
from tests.bench.clock import Cost, median_cost
from tests.bench.conversations import Conversations, turn_of_somebody
from tests.bench.databases import NOW, municipality
from tests.bench.report import line
from tests.bench.sizes import Sizes

OFFERS, DESKS = 200, 10
CLOSED = "closed"
"""A municipality of its own, for those that are stored have bookings on every day."""

FIRST = datetime(2026, 12, 10, 6, 0, tzinfo=UTC)

IDLE_TURNS = 100
PAUSE_SECONDS = 0.02
PATIENCE_SECONDS = 120


def time_offers(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Measure with many bookings stored."""
    idle, beside, closing, seconds = asyncio.run(_measure(databases[-1]))
    alone, with_offers, name = median_cost(idle), median_cost(beside), kind.lower()
    what = f"{kind}: a closure until {OFFERS} times are offered, {sizes.many} stored"
    line(f"{name}.offers", what, seconds * 1000, bound="at most 30 s")
    line(f"{name}.offers.closing", "  of these, the closure kept the writer", closing)
    line(f"{name}.offers.idle", "  a turn before: p50", alone)
    ratio = with_offers.wall / alone.wall
    beside_them = f"  a turn beside them ({len(beside)}): p50, to that before"
    line(f"{name}.offers.turn", beside_them, with_offers, ratio=ratio, bound="at most 1.5")


async def _measure(database: Database) -> tuple[list[Cost], list[Cost], Cost, float]:
    """Return the costs of turns before and beside a closure.

    And what its transaction took, and the seconds until all was offered.
    """
    services = replace(Conversations(database).services, clock=lambda: NOW)
    registry = services.registry
    database.write_sync(lambda s: load_catalogue(s, municipality(CLOSED, DESKS), NOW))
    database.write_sync(registry.refresh)
    database.write_sync(lambda s: s.connection().execute(insert(Booking), list(_busy(registry))))
    turn = partial(turn_of_somebody, database, services, PAUSE_SECONDS)
    idle = [await turn() for _each in range(IDLE_TURNS)][IDLE_TURNS // 5 :]
    job = asyncio.create_task(make_offers_forever(database, services))
    await asyncio.sleep(0.1)
    beside: list[Cost] = []
    began = time.perf_counter()
    closing = asyncio.create_task(_close(database, registry))
    while not closing.done() or await database.read(has_pending):
        beside.append(await turn())
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise AssertionError("the offers weren't made")
    seconds = time.perf_counter() - began
    job.cancel()
    with suppress(asyncio.CancelledError):
        await job
    made = select(func.count()).where(TimeOffer.state == OfferState.MADE)
    if database.write_sync(lambda s: s.scalar(made)) != OFFERS:
        raise AssertionError("not all offers were made")
    return idle, beside, await closing, seconds


async def _close(database: Database, registry: Registry) -> Cost:
    """Close that day, on which no booking can go to another desk.

    Return the wall time from the transaction's begin to its commit, and the processor time of its
    thread before the commit.
    """
    day = FIRST.date()
    asked = ExceptionRequest(ExceptionKind.CLOSURE, CLOSED, day, day, reason="Απεργία")

    def close(session: Session) -> tuple[float, float]:
        began, used = time.perf_counter(), time.thread_time()
        closures.make(session, registry, OPERATOR, asked, NOW)
        return began, time.thread_time() - used

    began, used = await database.write(close)
    return Cost(time.perf_counter() - began, used)


def _busy(registry: Registry) -> Iterator[dict[str, object]]:
    """Yield the bookings of a day, of citizens of their own."""
    desks = list(registry[CLOSED].desk_ids.values())
    for number in range(OFFERS):
        public_id = new_public_id()
        start = FIRST + timedelta(minutes=15 * (number // DESKS))
        yield {
            "public_id": public_id,
            "code": f"offer {number}",
            "municipality_id": CLOSED,
            "branch": "b",
            "service": "s",
            "channel": "video",
            "desk_id": desks[number % DESKS],
            "starts_at": start,
            "ends_at": start + timedelta(minutes=15),
            "state": "confirmed",
            "held_at": NOW,
            "held_until": NOW,
            "citizen_id": number + 1,
            "details": Personal(public_id, {"name": "Μαρία Παπαδοπούλου"}),
            "language": "el",
            "timezone": "Europe/Athens",
        }
