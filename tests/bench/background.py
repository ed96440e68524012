"""Measure the recurring work: the cleanup, and the query for news of open pages."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bot.ops.cleanup import clean_up
from bot.views.inbox import pending_news
from core.db.database import Database
from tests.bench.clock import Cost, median_cost, now
from tests.bench.databases import NOW
from tests.bench.report import alternate, line
from tests.bench.sizes import Sizes

PAGES = 200
ROUNDS = 20


def background(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Run both alternately with few and with many bookings stored; nothing is committed."""
    measures = [partial(_timed, each, fn) for fn in (_clean_up, _news) for each in databases]
    cleanup_few, cleanup_many, few, many = map(median_cost, alternate(measures, ROUNDS, warm_up=2))
    # No bound for the ratios: a cleanup does more the more is due, and PostgreSQL joins small
    # tables whole. But on SQLite every turn waits for a cleanup.
    bound = "at most 100 ms" if databases[0].backend.file else ""
    name, label = kind.lower(), f"  to that with {sizes.few} stored"
    what = f"{kind}: a cleanup, {sizes.many} bookings stored: p50"
    line(f"{name}.sweep.many", what, cleanup_many, bound=bound)
    line(f"{name}.sweep.few", label, cleanup_few, ratio=cleanup_many.wall / cleanup_few.wall)
    what = f"{kind}: the news of {PAGES} open pages, {sizes.many} stored: p50"
    line(f"{name}.news.many", what, many)
    line(f"{name}.news.few", label, few, ratio=many.wall / few.wall)


def _timed(database: Database, fn: Callable[[Session], Any]) -> Cost:
    with Session(database.engine) as session:
        started = now()
        fn(session)
        return now() - started


def _clean_up(session: Session) -> None:
    clean_up(session, NOW, timedelta(days=2), timedelta(days=30))


def _news(session: Session) -> None:
    pending_news(session, range(1, PAGES + 1), NOW)
