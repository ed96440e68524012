"""Whether anybody works at an office now, and when somebody does next."""

from datetime import time, timedelta
from typing import Any

import pytest

from core.availability.office_hours import end_of_wait, next_open
from core.catalogue.registry import LoadedMunicipality
from core.catalogue.schedule_exceptions import DeskExceptions, SpecialHours
from tests.core.small_municipality import (
    ATHENS,
    MONDAY,
    NOW,
    TUESDAY,
    at,
    closure,
    desk,
    opening,
    service,
    small,
)


def shown(
    clock: str, *desks: dict[str, Any], made: DeskExceptions | None = None, **more: Any
) -> str:
    """When somebody works next, seen from that time on MONDAY; "now", or "" for never.

    `made` are the exceptions of staff, of each desk.
    """
    body = small(*desks, services=(service(), service("permit")), **more)
    ids = {("office", each.id): number for number, each in enumerate(body.branches[0].desks)}
    exceptions = dict.fromkeys(ids, made) if made else {}
    loaded = LoadedMunicipality("", body, ids, NOW, exceptions=exceptions)
    found = next_open(loaded, at(clock))
    if found is None:
        return ""
    return "now" if found == at(clock) else f"{found:%d %H:%M}"


@pytest.mark.parametrize(
    ("clock", "openings", "expected"),
    [
        ("08:59", [opening()], "07 09:00"),
        ("09:00", [opening()], "now"),
        ("10:59", [opening()], "now"),
        ("11:00", [opening()], "08 09:00"),
        ("12:00", [opening(), opening("17:00", "18:00")], "07 17:00"),
        ("12:00", [opening(days=["fri"])], "11 09:00"),
        ("09:30", [opening(services=["permit"], channels=["video"])], "now"),
        ("09:30", [opening(to="2026-12-06")], ""),
    ],
)
def test_it_opens_with_the_first_desk_whatever_it_serves(
    clock: str, openings: list[dict[str, Any]], expected: str
) -> None:
    assert shown(clock, desk("one", *openings)) == expected


def test_one_of_several_desks_is_enough() -> None:
    desks = desk("one", opening(days=["fri"])), desk("two", opening("10:00", "11:00"))
    assert shown("09:00", *desks) == "07 10:00"
    assert shown("10:30", *desks) == "now"


@pytest.mark.parametrize(
    ("closed", "clock", "expected"),
    [
        (closure(f"{MONDAY}"), "09:30", "08 09:00"),
        (closure(f"{MONDAY}", start="09:00", end="10:00"), "09:30", "07 10:00"),
        (closure(f"{MONDAY}", start="10:00", end="10:30"), "09:30", "now"),
        (closure(f"{MONDAY}", start="10:00", end="11:00"), "10:30", "08 09:00"),
        (closure(f"{MONDAY}", f"{TUESDAY}"), "09:30", "09 09:00"),
    ],
)
def test_a_closure_is_taken_off(closed: dict[str, Any], clock: str, expected: str) -> None:
    assert shown(clock, desk(), closures=[closed]) == expected
    assert shown(clock, desk(closures=[closed])) == expected


@pytest.mark.parametrize(
    ("made", "clock", "expected"),
    [
        (DeskExceptions(closures=(SpecialHours(MONDAY, MONDAY),)), "09:30", "08 09:00"),
        (DeskExceptions(closures=(SpecialHours(MONDAY, TUESDAY),)), "09:30", "09 09:00"),
        (
            DeskExceptions(closures=(SpecialHours(MONDAY, MONDAY, time(9), time(10)),)),
            "09:30",
            "07 10:00",
        ),
        (
            DeskExceptions(openings=(SpecialHours(MONDAY, MONDAY, time(17), time(18)),)),
            "12:00",
            "07 17:00",
        ),
        (
            DeskExceptions(
                closures=(SpecialHours(MONDAY, MONDAY, time(17), time(17, 30)),),
                openings=(SpecialHours(MONDAY, MONDAY, time(17), time(18)),),
            ),
            "17:00",
            "07 17:30",
        ),
    ],
)
def test_what_staff_closed_is_taken_off_and_what_they_opened_counts(
    made: DeskExceptions, clock: str, expected: str
) -> None:
    assert shown(clock, desk(), made=made) == expected


@pytest.mark.parametrize(
    ("clock", "hours", "expected"),
    [
        ("08:00", 24, "08 09:00"),
        ("10:30", 24, "08 10:30"),
        ("11:00", 24, "12 09:00"),  # from Tuesday's opening, and, as Wednesday has none, Friday's
        ("10:30", 1, "08 10:00"),
        ("11:00", 12, "11 21:00"),
    ],
)
def test_a_wait_begins_while_the_office_is_open_and_once_more_where_it_would_end_later(
    clock: str, hours: int, expected: str
) -> None:
    body = small(desk("one", opening(days=["mon", "tue", "fri"])))
    loaded = LoadedMunicipality("", body, {("office", "one"): 1}, NOW)
    found = end_of_wait(loaded, at(clock), timedelta(hours=hours))
    assert f"{found.astimezone(ATHENS):%d %H:%M}" == expected
