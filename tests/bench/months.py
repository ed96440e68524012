"""A month of free days for 10 desks at 80 % occupancy, with few and many bookings elsewhere."""

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
from tests.bench.clock import Cost, middle, now
from tests.bench.offices import NOW
from tests.bench.report import GROWTH, in_turns, line
from tests.bench.sizes import Sizes

ATHENS = ZoneInfo("Europe/Athens")
FIRST, LAST = datetime(2026, 12, 1, tzinfo=UTC).date(), datetime(2026, 12, 31, tzinfo=UTC).date()


def months(kind: str, offices: Sequence[Database], sizes: Sizes) -> None:
    """Ask each for the same month, in turns."""
    asked = [month(each) for each in offices]
    few, many = map(middle, in_turns(asked, sizes.months, unheeded=10))
    name, what = f"{kind.lower()}.month", f"{kind}: a month of free days, 10 desks at 80 %: p50"
    line(f"{name}.many", what, many, bound="at most 10 ms")
    beside, ratio = f"  to that with {sizes.few} bookings stored", many.wall / few.wall
    line(f"{name}.few", beside, few, ratio=ratio, bound=GROWTH)


def month(database: Database) -> Callable[[], Cost]:
    """Fill a municipality's desks; what is given back asks for its month; the cost."""
    registry = Registry("bench")

    def occupy(session: Session) -> None:
        registry.refresh(session)
        session.connection().execute(insert(Booking), list(_bookings(registry)))

    database.write_sync(occupy)

    def ask(session: Session) -> Cost:
        offer = registry["busy"].offer("s", "b", "video")
        begun = now()
        free = slots.free_days(session, offer, FIRST, LAST, NOW, ATHENS, None)
        took = now() - begun
        if len(free) < 15:
            raise AssertionError("the month should have free days")
        return took

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
            "details": {},
            "language": "el",
            "timezone": "Europe/Athens",
        }
        for desk, _ in offer.desks
        for start in schedule.free_starts(offer, {}, NOW, NOW + timedelta(days=60), NOW)
        if number.random() < 0.8
    ]
