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
from tests.bench.report import GROWTH, in_turns, line, medians, ms

PAGES = 200
ROUNDS = 20


def upkeep(kind: str, offices: Sequence[Database]) -> None:
    """Both with few and with many bookings stored, in turns; nothing of it is kept."""
    for what, fn, bound in (
        ("a sweep", _sweep, "at most 100 ms"),
        (f"the news of {PAGES} open pages", _news, ""),
    ):
        few, many = medians(in_turns([partial(_timed, each, fn) for each in offices], ROUNDS, 2))
        line(f"{kind}: {what}, {MANY} bookings stored: p50", ms(many), bound=bound)
        # A sweep has more to do the more is due.
        line(f"  to that with {FEW}", ms(few), many / few, "" if bound else GROWTH)


def _timed(database: Database, fn: Callable[[Session], Any]) -> float:
    with Session(database.engine) as session:
        begun = time.perf_counter()
        fn(session)
        return time.perf_counter() - begun


def _sweep(session: Session) -> None:
    sweep(session, NOW, timedelta(days=2), timedelta(days=30))


def _news(session: Session) -> None:
    news(session, range(1, PAGES + 1), NOW)
