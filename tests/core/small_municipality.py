"""A small municipality, made to measure, and its offers."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.availability.schedule import Spans, day_bounds, free_starts
from core.catalogue.model import Municipality
from core.catalogue.registry import LoadedMunicipality
from core.catalogue.service_offer import ServiceOffer

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
    registry = {"id": "office", "name": words("office"), "desks": desks or [desk()]}
    return Municipality.model_validate(
        {
            "id": "town",
            "name": words("town"),
            "contact": {"phone": "2100000000"},
            "public_holidays": False,
            "branches": [registry | (branch or {})],
            "groups": [
                {"id": "group", "name": words("group"), "services": services or [service()]}
            ],
        }
        | more
    )


def offer_of(body: Municipality, name: str = "papers", channel: str = "in_person") -> ServiceOffer:
    """The offer of a service at the first branch, whose desks have ids from 1."""
    branch = body.branches[0]
    ids = {(branch.id, one.id): number for number, one in enumerate(branch.desks, 1)}
    return LoadedMunicipality("", body, ids, NOW).offer(name, branch.id, channel)


def starts(
    offer: ServiceOffer,
    day: date = MONDAY,
    busy: dict[int, Spans] | None = None,
    now: datetime = NOW,
    pattern: str = "%H:%M",
) -> str:
    """The free starts of a day, as the municipality's clock shows them."""
    since, until = day_bounds(day, offer.zone)
    found = free_starts(offer, busy or {}, since, until, now)
    return " ".join(datetime.fromtimestamp(start, offer.zone).strftime(pattern) for start in found)


def at(clock: str, day: date = MONDAY) -> datetime:
    """A moment in Athens."""
    return datetime.combine(day, time.fromisoformat(clock), ATHENS)


def span(clock: str, minutes: int, day: date = MONDAY) -> tuple[int, int]:
    """A busy span."""
    begin = at(clock, day)
    return int(begin.timestamp()), int((begin + timedelta(minutes=minutes)).timestamp())


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
