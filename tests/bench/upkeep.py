"""What is done again and again beside the turns: the sweep, and the look for news of open pages."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bot.later import news
from bot.sweep import sweep
from core.database import Database
from tests.bench.offices import FEW, MANY, NOW
from tests.bench.report import in_turns, line, medians, ms

PAGES = 200
ROUNDS = 20


def upkeep(kind: str, offices: Sequence[Database]) -> None:
    """Both with few and with many bookings stored, in turns; nothing of it is kept."""
    asked = [partial(_timed, each, fn) for fn in (_sweep, _news) for each in offices]
    sweep_few, sweep_many, few, many = medians(in_turns(asked, ROUNDS, unheeded=2))
    # No bound for how these grow: a sweep has more to do the more is due, and PostgreSQL joins
    # small tables whole. But on SQLite every turn waits for a sweep.
    bound = "at most 100 ms" if offices[0].backend.file else ""
    line(f"{kind}: a sweep, {MANY} bookings stored: p50", ms(sweep_many), bound=bound)
    line(f"  to that with {FEW} stored", ms(sweep_few), sweep_many / sweep_few)
    line(f"{kind}: the news of {PAGES} open pages, {MANY} stored: p50", ms(many))
    line(f"  to that with {FEW} stored", ms(few), many / few)


def _timed(database: Database, fn: Callable[[Session], Any]) -> float:
    with Session(database.engine) as session:
        begun = time.perf_counter()
        fn(session)
        return time.perf_counter() - begun


def _sweep(session: Session) -> None:
    sweep(session, NOW, timedelta(days=2), timedelta(days=30))


def _news(session: Session) -> None:
    news(session, range(1, PAGES + 1), NOW)
