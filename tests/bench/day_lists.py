"""Measure the list of a day with 2,000 bookings, with few and many other bookings stored."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.actor import Role, Staff
from core.bookings.agenda import list_day
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Booking
from core.db.personal import Personal, new_public_id
from tests.bench.clock import Cost, median_cost, now
from tests.bench.databases import NOW
from tests.bench.report import GROWTH, alternate, line
from tests.bench.sizes import Sizes

DAY, FIRST = date(2027, 3, 1), datetime(2027, 3, 1, tzinfo=UTC)
"""A day after all others."""

PER_DESK, DESKS = 200, 10
OPERATOR = Staff(Role.OPERATOR, "cli")
DETAILS = {
    "name": "Μαρία Παπαδοπούλου",
    "email": "maria@example.gr",
    "phone": "+306912345678",
    "tax_number": "068933130",
}


def day_lists(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """List the same day alternately in both databases."""
    lists = [day_list(each) for each in databases]
    few, many = map(median_cost, alternate(lists, sizes.months, warm_up=5))
    name, what = f"{kind.lower()}.day_list", f"{kind}: a day's list of 2,000 bookings: p50"
    line(f"{name}.many", what, many, bound="at most 30 ms")
    label, ratio = f"  to that with {sizes.few} bookings stored", many.wall / few.wall
    line(f"{name}.few", label, few, ratio=ratio, bound=GROWTH)


def day_list(database: Database) -> Callable[[], Cost]:
    """Fill a municipality's day; return what lists it and returns the cost."""
    registry = Registry("bench")

    def fill(session: Session) -> None:
        registry.refresh(session)
        session.connection().execute(insert(Booking), list(_bookings(registry)))

    database.write_sync(fill)

    def ask(session: Session) -> Cost:
        started = now()
        entries = list_day(session, registry, OPERATOR, "busy", DAY, NOW)
        cost = now() - started
        if len(entries) != PER_DESK * DESKS:
            raise AssertionError("all of the day's bookings should be listed")
        return cost

    return lambda: database.write_sync(ask)


def _bookings(registry: Registry) -> list[dict[str, object]]:
    return [
        {
            "public_id": public_id,
            "code": f"day {desk} {number}",
            "municipality_id": "busy",
            "branch": "b",
            "service": "s",
            "channel": "video",
            "desk_id": desk,
            "starts_at": FIRST + timedelta(minutes=5 * number),
            "ends_at": FIRST + timedelta(minutes=5 * number + 5),
            "state": "confirmed",
            "held_at": NOW,
            "held_until": NOW,
            "citizen_id": 1,
            "details": Personal(public_id, DETAILS),
            "language": "el",
            "timezone": "Europe/Athens",
        }
        for desk in registry["busy"].desk_ids.values()
        for number in range(PER_DESK)
        for public_id in [new_public_id()]
    ]
