"""The offers of another time: made and withdrawn in portions, and ended when nobody answers."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar

import structlog
from sqlalchemy.orm import Session

from bot.context import Services
from bot.ops.portions import Portion
from bot.retry import repeat
from bot.telemetry.logging import cause
from core.bookings.offers.making import (
    PlannedOffer,
    TakenStart,
    has_pending,
    make_offers,
    plan_offers,
)
from core.bookings.offers.service import ASKED, end_overdue, has_overdue
from core.bookings.offers.withdrawal import Checked, plan_withdrawals, withdraw_planned
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.events import events

log = structlog.get_logger()

T = TypeVar("T")

LOOK_SECONDS = 2.0
"""The interval at which offers are looked for that another process has asked for."""

PLANNED = 50
"""The most offers that are planned at once, by a transaction that only reads."""


class Pace(NamedTuple):
    """The seconds for which a portion has the writer, and those until the next one."""

    portion: float
    pause: float
    """In which the turns that wait have the processor."""


ONE_WRITER = Pace(0.017, 0.1)
"""The pace where everybody waits for the only writer: at most 20 ms, with the commit."""

SEVERAL_WRITERS = Pace(0.05, 0.05)
"""The pace where others write meanwhile; on PostgreSQL, an offer takes up to 10 ms."""


async def make_offers_forever(database: Database, services: Services) -> None:
    """Make and end offers until cancelled, soon after that is asked for; an error ends nothing."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()
    checked: Checked = {}

    def committed(info: dict[Any, Any]) -> None:
        if (ASKED,) in events(info):
            loop.call_soon_threadsafe(woken.set)

    async def once() -> None:
        if await work_once(database, services, checked):
            await asyncio.sleep(pace_of(database).pause)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await woken.wait()
        woken.clear()

    def report(error: Exception) -> None:
        log.error("offering times failed", **cause(error))

    database.on_commit.append(committed)
    try:
        await repeat(once, report, after_error=LOOK_SECONDS)
    finally:
        database.on_commit.remove(committed)


async def work_once(database: Database, services: Services, checked: Checked | None = None) -> bool:
    """Make or withdraw some of the offers, and end what is overdue; return whether there was any.

    What isn't needed any more is withdrawn before anything is made; see `plan_withdrawals`.
    """
    now, registry = services.clock(), services.registry
    seen = {} if checked is None else checked

    def look(session: Session) -> tuple[bool, Sequence[int], bool]:
        withdrawn = plan_withdrawals(session, registry, now, PLANNED, seen)
        return has_overdue(session, now), withdrawn, has_pending(session)

    overdue, withdrawn, pending = await database.read(look)
    if overdue:
        await database.write(lambda s: end_some(s, registry, services))
    if withdrawn:
        await in_portions(database, withdrawn, partial(withdraw_portion, services))
    elif pending:
        await make_planned(database, services)
    return overdue or bool(withdrawn) or pending


def end_some(session: Session, registry: Registry, services: Services) -> int:
    """End some of the offers that nobody answered in time; return how many."""
    registry.refresh(session)
    return end_overdue(session, registry, services.clock())


async def make_planned(database: Database, services: Services) -> None:
    """Plan some of the offers that were asked for, and make them in portions."""
    registry = services.registry

    def plan(session: Session) -> Sequence[PlannedOffer]:
        registry.refresh_without_lock(session)
        return plan_offers(session, registry, services.clock(), PLANNED)

    planned = await database.read(plan)
    await in_portions(database, planned, partial(make_portion, services, set()))


async def in_portions(
    database: Database, planned: Sequence[T], work: Callable[[Sequence[T], Portion, Session], int]
) -> None:
    """Run work(planned, portion, session), which returns how many it did, until all are done."""
    pace = pace_of(database)

    def run(session: Session) -> int:
        return work(planned, Portion(pace.portion), session)

    while planned:
        planned = planned[await database.write(run) :]
        await asyncio.sleep(pace.pause)


def pace_of(database: Database) -> Pace:
    """Return the pace at which a database is written."""
    return ONE_WRITER if database.backend.writers == 1 else SEVERAL_WRITERS


def make_portion(
    services: Services,
    taken: set[TakenStart],
    planned: Sequence[PlannedOffer],
    portion: Portion,
    session: Session,
) -> int:
    """Make the first of these offers; return how many were looked at."""
    services.registry.refresh(session)
    now, is_enough = services.clock(), portion.is_enough
    return make_offers(session, services.registry, planned, now, is_enough, taken)


def withdraw_portion(
    services: Services, planned: Sequence[int], portion: Portion, session: Session
) -> int:
    """Withdraw the first of these offers; return how many were looked at."""
    services.registry.refresh(session)
    now, is_enough = services.clock(), portion.is_enough
    return withdraw_planned(session, services.registry, planned, now, is_enough)
