"""A small municipality, made to measure, and its plans."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.calendar import Plan, Spans, bounds, free_starts
from core.catalogue import Municipality
from core.office import Loaded

ATHENS = ZoneInfo("Europe/Athens")
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=ATHENS)
MONDAY = date(2026, 12, 7)
TUESDAY = MONDAY + timedelta(days=1)
DAILY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def words(text: str) -> dict[str, str]:
    return {"el": text, "en": text}


def opening(start: str = "09:00", end: str = "11:00", **more: Any) -> dict[str, Any]:
    return {"days": DAILY, "start": start, "end": end} | more


def closure(first: str, last: str = "", **more: Any) -> dict[str, Any]:
    return {"from": first, "to": last or first, "reason": words("strike")} | more


def desk(name: str = "desk", *openings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "channels": ["in_person"], "openings": openings or [opening()]} | more


def service(name: str = "papers", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": words(name),
        "channels": ["in_person"],
        "duration": 30,
        "interval": 30,
        "notice_hours": 0,
    } | more


def small(
    *desks: dict[str, Any],
    services: tuple[dict[str, Any], ...] = (),
    branch: dict[str, Any] | None = None,
    **more: Any,
) -> Municipality:
    """A municipality of one branch and one group; no public holidays unless asked for."""
    office = {"id": "office", "name": words("office"), "desks": desks or [desk()]}
    return Municipality.model_validate(
        {
            "id": "town",
            "name": words("town"),
            "contact": {"phone": "2100000000"},
            "public_holidays": False,
            "branches": [office | (branch or {})],
            "groups": [
                {"id": "group", "name": words("group"), "services": services or [service()]}
            ],
        }
        | more
    )


def plan_of(body: Municipality, name: str = "papers", channel: str = "in_person") -> Plan:
    """The plan of a service at the first branch, its desks numbered from 1."""
    branch = body.branches[0]
    ids = {(branch.id, one.id): number for number, one in enumerate(branch.desks, 1)}
    return Loaded("", body, ids).plan(name, branch.id, channel)


def starts(
    plan: Plan,
    day: date = MONDAY,
    busy: dict[int, Spans] | None = None,
    now: datetime = NOW,
    pattern: str = "%H:%M",
) -> str:
    """The free starts of a day, as the municipality's clock shows them."""
    since, until = bounds(day, plan.zone)
    found = free_starts(plan, busy or {}, since, until, now)
    return " ".join(datetime.fromtimestamp(start, plan.zone).strftime(pattern) for start in found)


def at(clock: str, day: date = MONDAY) -> datetime:
    """A moment in Athens."""
    return datetime.combine(day, time.fromisoformat(clock), ATHENS)


def span(clock: str, minutes: int, day: date = MONDAY) -> tuple[int, int]:
    """A busy span."""
    begin = at(clock, day)
    return int(begin.timestamp()), int((begin + timedelta(minutes=minutes)).timestamp())


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
