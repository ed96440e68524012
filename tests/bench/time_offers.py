"""Measure 200 offers of another time that are asked for at once, and the turns beside them."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from bot.messages import Inbound
from bot.ops.time_offers import make_offers_forever
from bot.turn import receive
from core.bookings.offer_making import has_pending
from core.bookings.time_offers import ask_for_offer
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Booking, OfferState, TimeOffer
from core.db.personal import Personal, new_public_id
from tests.bench.clock import Cost, median_cost, now
from tests.bench.conversations import Conversations
from tests.bench.databases import NOW
from tests.bench.report import line
from tests.bench.sizes import Sizes

OFFERS, DESKS = 200, 10
FIRST = datetime(2026, 12, 10, 6, 0, tzinfo=UTC)
"""The beginning of a day on which the municipality has no other bookings to come."""

IDLE_TURNS = 100
PAUSE_SECONDS = 0.02
PATIENCE_SECONDS = 120


def time_offers(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Measure with many bookings stored."""
    idle, beside, seconds = asyncio.run(_measure(databases[-1]))
    alone, with_offers, name = median_cost(idle), median_cost(beside), kind.lower()
    what = f"{kind}: {OFFERS} offers of times asked for at once, {sizes.many} stored"
    line(f"{name}.offers", what, seconds * 1000, bound="at most 30 s")
    line(f"{name}.offers.idle", "  a turn before: p50", alone)
    ratio = with_offers.wall / alone.wall
    beside_them = f"  a turn beside them ({len(beside)}): p50, to that before"
    line(f"{name}.offers.turn", beside_them, with_offers, ratio=ratio, bound="at most 1.5")


async def _measure(database: Database) -> tuple[list[Cost], list[Cost], float]:
    """Return the costs of turns before and beside the offers, and the seconds that these took."""
    services = replace(Conversations(database).services, clock=lambda: NOW)
    registry = services.registry
    database.write_sync(registry.refresh)
    database.write_sync(lambda s: s.connection().execute(insert(Booking), list(_busy(registry))))
    numbers = count(1)

    async def turn() -> Cost:
        number = next(numbers)
        inbound = Inbound(
            platform="webchat",
            account="webchat",
            address=f"beside {number}",
            message_id=f"beside {number}",
            text="Γεια",
        )
        started = now()
        await database.write(lambda s: receive(s, services, inbound))
        cost = now() - started
        await asyncio.sleep(PAUSE_SECONDS)
        return cost

    idle = [await turn() for _each in range(IDLE_TURNS)][IDLE_TURNS // 5 :]
    job = asyncio.create_task(make_offers_forever(database, services))
    await asyncio.sleep(0.1)
    beside: list[Cost] = []
    began = time.perf_counter()
    await database.write(_ask)
    while await database.read(has_pending):
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
    return idle, beside, seconds


def _ask(session: Session) -> None:
    for booking in session.scalars(select(Booking).where(Booking.code.startswith("offer "))):
        ask_for_offer(session, booking, NOW)


def _busy(registry: Registry) -> Iterator[dict[str, object]]:
    """Yield the bookings of a day, of citizens of their own."""
    desks = list(registry["busy"].desk_ids.values())
    for number in range(OFFERS):
        public_id = new_public_id()
        start = FIRST + timedelta(minutes=15 * (number // DESKS))
        yield {
            "public_id": public_id,
            "code": f"offer {number}",
            "municipality_id": "busy",
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
