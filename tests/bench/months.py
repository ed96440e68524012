"""Measure a month of free days for 10 desks at 80 % occupancy, with few and many other bookings."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.availability import schedule, slots
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Booking
from tests.bench.clock import Cost, median_cost, now
from tests.bench.databases import NOW
from tests.bench.report import GROWTH, alternate, line
from tests.bench.sizes import Sizes

ATHENS = ZoneInfo("Europe/Athens")
FIRST, LAST = datetime(2026, 12, 1, tzinfo=UTC).date(), datetime(2026, 12, 31, tzinfo=UTC).date()


def months(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Query the same month alternately in both databases."""
    queries = [month(each) for each in databases]
    few, many = map(median_cost, alternate(queries, sizes.months, warm_up=10))
    name, what = f"{kind.lower()}.month", f"{kind}: a month of free days, 10 desks at 80 %: p50"
    line(f"{name}.many", what, many, bound="at most 8 ms")
    label, ratio = f"  to that with {sizes.few} bookings stored", many.wall / few.wall
    line(f"{name}.few", label, few, ratio=ratio, bound=GROWTH)


def month(database: Database) -> Callable[[], Cost]:
    """Fill a municipality's desks; return what queries its month and returns the cost."""
    registry = Registry("bench")

    def occupy(session: Session) -> None:
        registry.refresh(session)
        session.connection().execute(insert(Booking), list(_bookings(registry)))

    database.write_sync(occupy)

    def ask(session: Session) -> Cost:
        offer = registry["busy"].offer("s", "b", "video")
        started = now()
        free = slots.free_days(session, offer, FIRST, LAST, NOW, ATHENS, None)
        cost = now() - started
        if len(free) < 15:
            raise AssertionError("the month should have free days")
        return cost

    return lambda: database.write_sync(ask)


def _bookings(registry: Registry) -> list[dict[str, object]]:
    offer = registry["busy"].offer("s", "b", "video")
    number = random.Random(2)
    return [
        {
            "code": f"busy {desk} {start}",
            "municipality_id": "busy",
            "branch": "b",
            "service": "s",
            "channel": "video",
            "desk_id": desk,
            "starts_at": datetime.fromtimestamp(start, UTC),
            "ends_at": datetime.fromtimestamp(start + 900, UTC),
            "state": "confirmed",
            "held_at": NOW,
            "held_until": NOW,
            "citizen_id": 1,
            "language": "el",
            "timezone": "Europe/Athens",
        }
        for desk, _ in offer.desks
        for start in schedule.free_starts(offer, {}, NOW, NOW + timedelta(days=60), NOW)
        if number.random() < 0.8
    ]
