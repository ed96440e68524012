"""The clock changes twice a year, and days are those of the citizen's zone."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.availability.schedule import day_bounds, free_days
from tests.core.small_municipality import (
    ATHENS,
    MONDAY,
    NOW,
    closure,
    desk,
    offer_of,
    opening,
    service,
    small_municipality,
    starts,
)

MELBOURNE, LOS_ANGELES = ZoneInfo("Australia/Melbourne"), ZoneInfo("America/Los_Angeles")
MARCH, OCTOBER = date(2027, 3, 28), date(2027, 10, 31)


@pytest.mark.parametrize(
    ("day", "hours", "shut", "free"),
    [
        (MARCH, ("02:00", "06:00"), None, "02:00+0200 04:00+0300 05:00+0300"),
        (
            OCTOBER,
            ("02:00", "06:00"),
            None,
            "02:00+0300 03:00+0300 03:00+0200 04:00+0200 05:00+0200",
        ),
        (MARCH, ("03:00", "05:00"), None, "04:00+0300"),
        (OCTOBER, ("04:00", "06:00"), None, "04:00+0200 05:00+0200"),
        (MARCH, ("03:30", "05:30"), None, "04:30+0300"),
        (OCTOBER, ("03:30", "05:30"), None, "03:30+0200 04:30+0200"),
        (MARCH, ("01:00", "03:30"), None, "01:00+0200"),
        (OCTOBER, ("01:00", "03:30"), None, "01:00+0300 02:00+0300"),
        (MARCH, ("03:15", "03:45"), None, ""),
        (OCTOBER, ("03:15", "03:45"), None, ""),
        (MARCH, ("02:00", "06:00"), ("03:15", "04:30"), "05:00+0300"),
        (OCTOBER, ("02:00", "06:00"), ("03:00", "03:30"), "02:00+0300 04:00+0200 05:00+0200"),
        (MARCH, ("09:00", "11:00"), None, "09:00+0300 10:00+0300"),
        (OCTOBER, ("09:00", "11:00"), None, "09:00+0200 10:00+0200"),
        (MARCH - timedelta(days=1), ("09:00", "11:00"), None, "09:00+0200 10:00+0200"),
        (OCTOBER - timedelta(days=1), ("09:00", "11:00"), None, "09:00+0300 10:00+0300"),
    ],
    ids=[
        "March: an hour less",
        "October: an hour more",
        "March: opens with the missing hour",
        "October: opens after the double hour",
        "March: opens in the missing hour, so after it",
        "October: opens in the double hour, so in the second",
        "March: closes in the missing hour, so before it",
        "October: closes in the double hour, so in the first",
        "March: only in the missing hour, so never",
        "October: only in the double hour, so never",
        "March: a closure from the missing hour",
        "October: a closure in the double hour shuts both",
        "March, the morning after",
        "October, the morning after",
        "March, the day before",
        "October, the day before",
    ],
)
def test_the_clock_changes_twice_a_year(
    day: date, hours: tuple[str, str], shut: tuple[str, str] | None, free: str
) -> None:
    closures = [closure(str(day), start=shut[0], end=shut[1])] if shut else []
    body = small_municipality(
        desk("desk", opening(*hours), closures=closures),
        services=(service(duration=60, interval=60, horizon_days=366),),
    )
    assert starts(offer_of(body), day, pattern="%H:%M%z") == free


@pytest.mark.parametrize(
    ("hours", "zone", "days"),
    [
        (("09:00", "11:00"), LOS_ANGELES, ["2026-12-06", "2026-12-07"]),
        (("10:00", "11:00"), LOS_ANGELES, ["2026-12-07"]),
        (("09:00", "10:00"), LOS_ANGELES, ["2026-12-06"]),
        (("14:30", "15:30"), MELBOURNE, ["2026-12-07", "2026-12-08"]),
        (("14:00", "15:00"), MELBOURNE, ["2026-12-07"]),
        (("15:00", "16:00"), MELBOURNE, ["2026-12-08"]),
        (("09:00", "16:00"), ATHENS, ["2026-12-07"]),
    ],
)
def test_days_are_those_of_the_citizens_zone(
    hours: tuple[str, str], zone: ZoneInfo, days: list[str]
) -> None:
    offer = offer_of(small_municipality(desk("desk", opening(*hours, days=["mon"]))))
    since, until = day_bounds(date(2026, 12, 4), zone)[0], day_bounds(date(2026, 12, 10), zone)[1]
    assert [str(day) for day in free_days(offer, {}, since, until, NOW, zone)] == days


@pytest.mark.parametrize(
    ("day", "begin", "end"),
    [
        (MONDAY, "2026-12-06T22:00", "2026-12-07T22:00"),
        (MARCH, "2027-03-27T22:00", "2027-03-28T21:00"),
        (OCTOBER, "2027-10-30T21:00", "2027-10-31T22:00"),
    ],
    ids=["24 hours", "23 hours", "25 hours"],
)
def test_a_day_lasts_from_midnight_to_midnight(day: date, begin: str, end: str) -> None:
    assert [f"{moment:%Y-%m-%dT%H:%M}" for moment in day_bounds(day, ATHENS)] == [begin, end]
