"""Closures and extra openings that staff made, case by case."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from core.availability.schedule import (
    UnavailableKind,
    UnavailableReason,
    is_open_through,
    last_open_day,
    unavailable_reason,
)
from core.catalogue.schedule_exceptions import DeskExceptions, SpecialHours
from core.catalogue.service_offer import ServiceOffer
from core.i18n import LocalizedText
from tests.core.small_municipality import (
    ATHENS,
    MONDAY,
    NOW,
    at,
    closure,
    desk,
    offer_of,
    opening,
    service,
    small,
    starts,
)

CHRISTMAS = date(2026, 12, 25)
ILL = LocalizedText(el="ασθένεια")


def hours(start: str = "00:00", end: str = "", day: date = MONDAY, **more: Any) -> SpecialHours:
    until = time.fromisoformat(end) if end else time.max
    return SpecialHours(day, day, time.fromisoformat(start), until, **more)


def offer(
    *openings: SpecialHours,
    closures: tuple[SpecialHours, ...] = (),
    at_desk: dict[str, Any] | None = None,
    **body: Any,
) -> ServiceOffer:
    one = offer_of(small(at_desk or desk(), services=(service(horizon_days=30),), **body))
    return replace(one, exceptions={"desk": DeskExceptions(closures, openings)})


@pytest.mark.parametrize(
    ("found", "free"),
    [
        pytest.param(offer(closures=(hours(),)), "", id="closed all day"),
        pytest.param(offer(closures=(hours("09:30", "10:00"),)), "09:00 10:00 10:30", id="hours"),
        pytest.param(
            offer(hours("17:00", "18:00")), "09:00 09:30 10:00 10:30 17:00 17:30", id="opened"
        ),
        pytest.param(
            offer(hours("10:30", "11:45")),
            "09:00 09:30 10:00 10:30 11:00",
            id="opened beyond its opening, on a grid of its own",
        ),
        pytest.param(
            offer(hours("10:00", "11:00"), at_desk=desk(closures=[closure(str(MONDAY))])),
            "10:00 10:30",
            id="opened within a closure of the catalogue",
        ),
        pytest.param(
            offer(hours("10:00", "11:00"), at_desk=desk("desk", opening(days=["tue"]))),
            "10:00 10:30",
            id="opened on another weekday",
        ),
        pytest.param(
            offer(hours("17:00", "18:00"), closures=(hours("17:30"),)),
            "09:00 09:30 10:00 10:30 17:00",
            id="opened, and partly closed",
        ),
    ],
)
def test_staff_close_and_open_a_desk(found: ServiceOffer, free: str) -> None:
    assert starts(found) == free


def test_an_extra_opening_is_also_on_a_public_holiday() -> None:
    found = offer(hours("10:00", "11:00", CHRISTMAS), public_holidays=True)
    assert starts(found, CHRISTMAS) == "10:00 10:30"


def test_other_days_and_other_desks_stay_as_they_are() -> None:
    one = offer(closures=(hours(),))
    assert starts(one, date(2026, 12, 8)) == "09:00 09:30 10:00 10:30"
    two = offer_of(small(desk("desk"), desk("other")))
    closed = replace(two, exceptions={"desk": DeskExceptions((hours(),))})
    assert starts(closed) == "09:00 09:30 10:00 10:30"


@pytest.mark.parametrize(
    ("begin", "end", "works"),
    [("10:30", "11:30", True), ("10:50", "11:50", False), ("09:30", "10:30", False)],
    ids=["across both openings", "beyond both", "into a closure"],
)
def test_an_appointment_may_lie_across_openings_and_in_no_closure(
    begin: str, end: str, works: bool
) -> None:
    found = offer(hours("11:00", "11:45"), closures=(hours("09:00", "09:45"),))
    one = found.branch.desks[0]
    assert is_open_through(found, one, at(begin), at(end)) is works


CLOSED = UnavailableReason(UnavailableKind.CLOSURE, ILL)


@pytest.mark.parametrize(
    ("found", "day", "reason"),
    [
        pytest.param(offer(closures=(hours(reason=ILL),)), MONDAY, CLOSED, id="closed"),
        pytest.param(
            offer(closures=(hours(),)),
            MONDAY,
            UnavailableReason(UnavailableKind.CLOSURE),
            id="closed without a reason",
        ),
        pytest.param(
            offer(
                hours("10:00", "11:00", CHRISTMAS),
                closures=(hours("09:00", "12:00", CHRISTMAS, reason=ILL),),
                public_holidays=True,
            ),
            CHRISTMAS,
            CLOSED,
            id="opened on a public holiday, and closed",
        ),
        pytest.param(
            offer(closures=(hours(reason=ILL),), at_desk=desk("desk", opening(days=["tue"]))),
            MONDAY,
            UnavailableReason(UnavailableKind.CLOSED),
            id="closed when it didn't open anyway",
        ),
        pytest.param(
            offer(hours("17:00", "18:00")),
            MONDAY,
            UnavailableReason(UnavailableKind.FULL),
            id="open, so that all must be taken",
        ),
    ],
)
def test_citizens_are_told_why_a_day_is_closed(
    found: ServiceOffer, day: date, reason: UnavailableReason
) -> None:
    assert unavailable_reason(found, day, NOW, ATHENS) == reason


def test_a_public_holiday_is_told_where_staff_only_closed_it_as_well() -> None:
    found = offer(closures=(hours(day=CHRISTMAS, reason=ILL),), public_holidays=True)
    assert unavailable_reason(found, CHRISTMAS, NOW, ATHENS).kind is UnavailableKind.HOLIDAY


def test_the_last_open_day_may_be_an_extra_one() -> None:
    weekly = desk("desk", opening(days=["mon"]))
    assert last_open_day(offer(at_desk=weekly), NOW) == date(2026, 12, 28)
    extra = date(2026, 12, 30)
    assert last_open_day(offer(hours("10:00", "11:00", extra), at_desk=weekly), NOW) == extra
