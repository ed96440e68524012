"""What is done again and again beside the turns: the sweep, and the look for news of open pages."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bot.ops.cleanup import clean_up
from bot.views.inbox import pending_news
from core.db.database import Database
from tests.bench.clock import Cost, middle, now
from tests.bench.offices import NOW
from tests.bench.report import in_turns, line
from tests.bench.sizes import Sizes

PAGES = 200
ROUNDS = 20


def upkeep(kind: str, offices: Sequence[Database], sizes: Sizes) -> None:
    """Do both with few and with many bookings stored, in turns; nothing of it is kept."""
    asked = [partial(_timed, each, fn) for fn in (_sweep, _news) for each in offices]
    sweep_few, sweep_many, few, many = map(middle, in_turns(asked, ROUNDS, unheeded=2))
    # No bound for how these grow: a sweep has more to do the more is due, and PostgreSQL joins
    # small tables whole. But on SQLite every turn waits for a sweep.
    bound = "at most 100 ms" if offices[0].backend.file else ""
    name, beside = kind.lower(), f"  to that with {sizes.few} stored"
    what = f"{kind}: a sweep, {sizes.many} bookings stored: p50"
    line(f"{name}.sweep.many", what, sweep_many, bound=bound)
    line(f"{name}.sweep.few", beside, sweep_few, ratio=sweep_many.wall / sweep_few.wall)
    what = f"{kind}: the news of {PAGES} open pages, {sizes.many} stored: p50"
    line(f"{name}.news.many", what, many)
    line(f"{name}.news.few", beside, few, ratio=many.wall / few.wall)


def _timed(database: Database, fn: Callable[[Session], Any]) -> Cost:
    with Session(database.engine) as session:
        begun = now()
        fn(session)
        return now() - begun


def _sweep(session: Session) -> None:
    clean_up(session, NOW, timedelta(days=2), timedelta(days=30))


def _news(session: Session) -> None:
    pending_news(session, range(1, PAGES + 1), NOW)
