"""The budget of text messages: a municipality's parts a month, the texts of a number a day."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import Booking, TextCount
from core.db.statements import run
from core.messaging.outbox import platform_of
from core.messaging.routes import SMS, Route

MOST_A_DAY = 10
"""The texts to one number on one day, of all municipalities: whoever books with a number that isn't
theirs can bother its owner so often."""

MOST_FROM_A_DAY = 60
"""The texts from one number that are answered on one day: six long talks."""

THRESHOLDS = (100, 80)
"""The percentages of a month's budget of which the office is told."""

_ZONE_OF_DAY = ZoneInfo("Europe/Athens")
"""The zone whose midnight begins the day of a number's limit, which all municipalities share."""

_KEPT = timedelta(days=62)
"""The time for which the counts of a municipality are kept."""

_ADD = {
    name: dialect.insert(TextCount)
    .values(
        key=bindparam("which"),
        count=bindparam("more"),
        until=bindparam("kept_until", type_=TextCount.until.type),
    )
    .on_conflict_do_update(
        index_elements=["key"], set_={"count": TextCount.count + bindparam("more")}
    )
    .returning(TextCount.count)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def month_of(registry: Registry, municipality_id: str, now: datetime) -> str:
    """Return the month, as 2026-12, by the municipality's calendar."""
    return f"{now.astimezone(ZoneInfo(registry[municipality_id].body.timezone)):%Y-%m}"


def is_used_up(session: Session, registry: Registry, municipality_id: str, now: datetime) -> bool:
    """Return whether a municipality's parts of this month are used up."""
    used = session.get(TextCount, _parts_key(registry, municipality_id, now))
    most = registry[municipality_id].body.rules.text_parts_per_month
    return used is not None and used.count >= most


def count_to(session: Session, registry: Registry, number: str, now: datetime) -> int:
    """Count a text that goes to a number; return how many do today, with this one."""
    return _count_number(session, registry, number, now, "number")


def count_text(
    session: Session, registry: Registry, municipality_id: str, parts: int, now: datetime
) -> int | None:
    """Count the parts of a text that was sent; return the highest threshold reached, if any.

    It may have been before this text: the budget may have been lowered since the last.
    """
    key = _parts_key(registry, municipality_id, now)
    used = _add(session, key, parts, now + _KEPT)
    most = registry[municipality_id].body.rules.text_parts_per_month
    return next((each for each in THRESHOLDS if used * 100 >= most * each), None)


def spend_proof(session: Session, registry: Registry, municipality_id: str, now: datetime) -> bool:
    """Count a proof of a number that a municipality is to pay for; return False past its budget."""
    day = now.astimezone(_ZONE_OF_DAY).date()
    had = _add(session, f"proofs {municipality_id} {day}", 1, now + _KEPT)
    return had <= registry[municipality_id].body.rules.phone_proofs_per_day


def count_received(session: Session, registry: Registry, number: str, now: datetime) -> int:
    """Count a text that came from a number; return how many did today, with this one."""
    return _count_number(session, registry, number, now, "from")


def affordable(
    session: Session,
    registry: Registry,
    bookings: Collection[Booking],
    routes: Mapping[int, list[Route]],
    now: datetime,
) -> Mapping[int, Sequence[Route]]:
    """Return the routes of some bookings, without texts where the budget is used up."""
    texted = [each for each in bookings if any(map(_is_text, routes[each.id]))]
    towns = {each.municipality_id for each in texted}
    without = {each for each in towns if is_used_up(session, registry, each, now)}
    left = {
        each.id: [route for route in routes[each.id] if not _is_text(route)]
        for each in texted
        if each.municipality_id in without
    }
    return {**routes, **left}


def forget_counts(session: Session, now: datetime) -> None:
    """Delete the counts of numbers of days that are over, and others that are long over."""
    session.execute(delete(TextCount).where(TextCount.until <= now))


def _add(session: Session, key: str, count: int, until: datetime) -> int:
    """Add to a count, as one statement; return the sum. A new one is kept until then."""
    add = _ADD[session.get_bind().dialect.name]
    given = {"which": key, "more": count, "kept_until": until}
    found: int = run(session, add, given).scalar_one()
    return found


def _parts_key(registry: Registry, municipality_id: str, now: datetime) -> str:
    return f"parts {municipality_id} {month_of(registry, municipality_id, now)}"


def _count_number(
    session: Session, registry: Registry, number: str, now: datetime, way: str
) -> int:
    """Count a text to or from a number, which is kept until midnight; return the day's."""
    day = now.astimezone(_ZONE_OF_DAY).date()
    midnight = datetime.combine(day + timedelta(days=1), time.min, _ZONE_OF_DAY)
    key = f"{way} {registry.keyed_hash(f'texts {number}')} {day}"
    return _add(session, key, 1, midnight.astimezone(UTC))


def _is_text(route: Route) -> bool:
    return platform_of(route.account) == SMS
