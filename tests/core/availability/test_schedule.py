"""openings − closures − bookings → free starts, case by case."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.availability.schedule import (
    Spans,
    day_bounds,
    desks_for,
    free_days,
    free_starts,
    is_open_through,
    unavailable_reason,
)
from core.catalogue.model import Municipality
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
    small_municipality,
    span,
    starts,
)

MORNING = "09:00 09:30 10:00 10:30"
MELBOURNE, LOS_ANGELES = ZoneInfo("Australia/Melbourne"), ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("openings", "day", "free"),
    [
        pytest.param([opening(days=["mon"])], MONDAY, MORNING, id="its weekday"),
        pytest.param([opening(days=["tue", "sun"])], MONDAY, "", id="another weekday"),
        pytest.param([opening(**{"from": "2026-12-07"})], MONDAY, MORNING, id="from that day"),
        pytest.param([opening(**{"from": "2026-12-08"})], MONDAY, "", id="from the next day"),
        pytest.param([opening(to="2026-12-07")], MONDAY, MORNING, id="to that day"),
        pytest.param([opening(to="2026-12-06")], MONDAY, "", id="to the day before"),
        pytest.param([opening(services=["papers"])], MONDAY, MORNING, id="its service"),
        pytest.param([opening(services=["other"])], MONDAY, "", id="another service"),
        pytest.param([opening(channels=["in_person"])], MONDAY, MORNING, id="its channel"),
        pytest.param([opening(channels=["video"])], MONDAY, "", id="another channel"),
        pytest.param([opening("09:00", "09:29")], MONDAY, "", id="a minute too short"),
        pytest.param([opening("09:00", "09:30")], MONDAY, "09:00", id="room for one"),
        pytest.param(
            [opening("09:10", "09:40"), opening("17:00", "18:00")],
            MONDAY,
            "09:10 17:00 17:30",
            id="twice a day, each with a grid of its own",
        ),
        pytest.param(
            [opening("09:00", "10:00"), opening("09:15", "10:15")],
            MONDAY,
            "09:00 09:15 09:30 09:45",
            id="openings that overlap",
        ),
    ],
)
def test_a_desk_opens_by_weekday_date_service_and_channel(
    openings: list[dict[str, Any]], day: date, free: str
) -> None:
    body = small_municipality(
        desk("desk", *openings, channels=["in_person", "video"]),
        services=(service(channels=["in_person", "video"]), service("other")),
    )
    assert starts(offer_of(body), day) == free


@pytest.mark.parametrize(
    ("hours", "duration", "interval", "free"),
    [
        (("09:00", "13:00"), 50, 30, "09:00 09:30 10:00 10:30 11:00 11:30 12:00"),
        (("12:30", "14:20"), 30, 40, "12:30 13:10 13:50"),
        (("08:00", "09:00"), 15, 30, "08:00 08:30"),
        (("09:00", "10:00"), 20, 20, "09:00 09:20 09:40"),
        (("09:00", "10:00"), 60, 5, "09:00"),
    ],
    ids=["Chios: 50 every 30", "Kalamata: 30 every 40", "Larissa: 15 every 30", "KEP", "one only"],
)
def test_starts_follow_the_interval_and_end_within_the_opening(
    hours: tuple[str, str], duration: int, interval: int, free: str
) -> None:
    body = small_municipality(
        desk("desk", opening(*hours)), services=(service(duration=duration, interval=interval),)
    )
    assert starts(offer_of(body)) == free


@pytest.mark.parametrize("where", ["municipality", "branch", "desk"])
@pytest.mark.parametrize(
    ("shut", "free"),
    [
        pytest.param(closure("2026-12-07"), "", id="the day"),
        pytest.param(closure("2026-12-01", "2026-12-07"), "", id="to the day"),
        pytest.param(closure("2026-12-07", "2027-12-07"), "", id="from the day"),
        pytest.param(closure("2026-12-01", "2026-12-06"), MORNING, id="up to the day before"),
        pytest.param(closure("2026-12-08", "2026-12-09"), MORNING, id="from the day after"),
        pytest.param(
            closure("2026-12-07", start="09:30", end="10:00"), "09:00 10:00 10:30", id="one slot"
        ),
        pytest.param(
            closure("2026-12-07", start="09:50", end="10:10"), "09:00 10:30", id="across two slots"
        ),
        pytest.param(
            closure("2026-12-07", start="09:05", end="09:10"),
            "09:30 10:00 10:30",
            id="five minutes, the grid staying as it was",
        ),
        pytest.param(closure("2026-12-07", start="08:00", end="12:00"), "", id="all its hours"),
        pytest.param(closure("2026-12-07", start="11:00", end="12:00"), MORNING, id="after it"),
        pytest.param(
            closure("2026-12-08", start="09:00", end="11:00"), MORNING, id="hours of next"
        ),
    ],
)
def test_a_closure_shuts_its_days_or_hours(where: str, shut: dict[str, Any], free: str) -> None:
    at_desk = [shut] if where == "desk" else []
    at_branch = {"closures": [shut]} if where == "branch" else {}
    of_all: dict[str, Any] = {"closures": [shut]} if where == "municipality" else {}
    body = small_municipality(desk("desk", closures=at_desk), branch=at_branch, **of_all)
    assert starts(offer_of(body)) == free


def test_a_closed_desk_leaves_the_other_one_open() -> None:
    body = small_municipality(desk("ill", closures=[closure("2026-12-07")]), desk("well"))
    offer = offer_of(body)
    assert starts(offer) == MORNING
    assert desks_for(offer, at("09:00")) == [2]


@pytest.mark.parametrize(("kept", "free"), [(True, ""), (False, MORNING)], ids=["kept", "not kept"])
@pytest.mark.parametrize(
    "day", [date(2026, 12, 25), date(2027, 3, 25), date(2027, 5, 3), date(2027, 6, 21)], ids=str
)
def test_public_holidays_close_every_desk_where_they_are_kept(
    day: date, kept: bool, free: str
) -> None:
    offer = offer_of(
        small_municipality(public_holidays=kept, services=(service(horizon_days=366),))
    )
    assert starts(offer, day) == free
    assert starts(offer, day + timedelta(days=2)) == MORNING


@pytest.mark.parametrize(
    ("notice", "now", "free"),
    [
        (0, "08:59", MORNING),
        (0, "09:00", MORNING),
        (0, "09:01", "09:30 10:00 10:30"),
        (1, "08:30", "09:30 10:00 10:30"),
        (24, "10:30", ""),
    ],
)
def test_a_start_needs_its_notice(notice: int, now: str, free: str) -> None:
    offer = offer_of(small_municipality(services=(service(notice_hours=notice),)))
    assert starts(offer, now=at(now)) == free


@pytest.mark.parametrize(
    ("day", "free"),
    [(date(2026, 12, 6), MORNING), (date(2026, 12, 7), MORNING), (date(2026, 12, 8), "")],
    ids=["before", "the last day, whole", "after"],
)
def test_booking_opens_so_many_days_ahead(day: date, free: str) -> None:
    offer = offer_of(small_municipality(services=(service(horizon_days=7),)))
    assert starts(offer, day) == free


def test_capacity_is_the_number_of_desks_that_serve_it_over_that_channel() -> None:
    body = small_municipality(
        desk("a"),
        desk("b", channels=["in_person", "video"]),
        desk("c", services=["other"]),
        desk("d", opening(services=["other"])),
        desk("e", opening(channels=["video"]), channels=["in_person", "video"]),
        services=(service(channels=["in_person", "video"]), service("other")),
    )
    offer = offer_of(body)
    assert desks_for(offer, at("09:00")) == [1, 2]
    assert desks_for(offer_of(body, channel="video"), at("09:00")) == [2, 5]
    one_taken = {1: [span("09:00", 30)], 3: [span("09:30", 30)], 4: [span("10:00", 30)]}
    assert starts(offer, busy=one_taken) == MORNING
    assert starts(offer, busy=one_taken | {2: [span("09:00", 30)]}) == "09:30 10:00 10:30"


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ([], "09:00 09:30 10:00 10:30 11:00 11:30 12:00"),
        ([span("10:00", 50)], "09:00 11:00 11:30 12:00"),
        ([span("09:00", 50), span("12:00", 50)], "10:00 10:30 11:00"),
        ([span("09:50", 10)], "09:00 10:00 10:30 11:00 11:30 12:00"),
        ([span("08:00", 600)], ""),
        ([span("09:00", 50), span("09:50", 5), span("09:55", 65)], "11:00 11:30 12:00"),
    ],
    ids=["nothing", "the middle", "both ends", "between two", "all day", "one after the other"],
)
def test_fifty_minutes_every_thirty_never_overlap_what_is_taken(taken: Spans, free: str) -> None:
    body = small_municipality(
        desk("desk", opening("09:00", "13:00")), services=(service(duration=50, interval=30),)
    )
    assert starts(offer_of(body), busy={1: taken}) == free


STRIKE: dict[str, Any] = {"closures": [closure("2026-12-07")]}


@pytest.mark.parametrize(
    ("body", "day", "zone", "kind", "reason"),
    [
        (small_municipality(), date(2026, 11, 29), ATHENS, "past", None),
        (small_municipality(desk("d", opening(days=["tue"]))), MONDAY, ATHENS, "closed", None),
        (small_municipality(services=(service(notice_hours=500),)), MONDAY, ATHENS, "notice", None),
        (small_municipality(services=(service(horizon_days=6),)), MONDAY, ATHENS, "horizon", None),
        (small_municipality(), MONDAY, ATHENS, "full", None),
        (
            small_municipality(public_holidays=True),
            date(2026, 12, 25),
            ATHENS,
            "holiday",
            "Christmas Day",
        ),
        (small_municipality(**STRIKE), MONDAY, ATHENS, "closure", "strike"),
        (small_municipality(branch=STRIKE), MONDAY, ATHENS, "closure", "strike"),
        (small_municipality(desk(**STRIKE)), MONDAY, ATHENS, "closure", "strike"),
        (
            small_municipality(closures=[closure("2026-12-07", start="08:00", end="12:00")]),
            MONDAY,
            ATHENS,
            "closure",
            "strike",
        ),
        (
            small_municipality(
                desk("d", opening(days=["tue"])),
                closures=[closure("2026-12-01", "2026-12-09", start="12:00", end="13:00")],
            ),
            MONDAY,
            ATHENS,
            "closed",
            None,
        ),
        (
            small_municipality(
                desk("d", opening("09:00", "11:00", days=["tue"])),
                services=(service(horizon_days=7),),
            ),
            MONDAY,
            LOS_ANGELES,
            "horizon",
            None,
        ),
        (
            small_municipality(desk("d", opening("09:00", "09:30"))),
            MONDAY,
            LOS_ANGELES,
            "full",
            None,
        ),
        (
            small_municipality(
                desk("d", opening("09:00", "09:30", days=["tue"]), closures=STRIKE["closures"])
            ),
            MONDAY,
            MELBOURNE,
            "closed",
            None,
        ),
    ],
    ids=[
        "it has passed",
        "the desk is closed on Mondays",
        "too soon",
        "too far ahead",
        "all taken",
        "a public holiday",
        "the municipality is closed",
        "the branch is closed",
        "the desk is closed",
        "closed for all its hours",
        "a closure of hours is not why a closed day is closed",
        "the part of the foreign day that is open lies beyond the horizon",
        "full on a foreign day",
        "closed on a foreign day",
    ],
)
def test_it_is_said_why_a_day_has_no_free_time(
    body: Municipality, day: date, zone: ZoneInfo, kind: str, reason: str | None
) -> None:
    found = unavailable_reason(offer_of(body), day, NOW, zone)
    assert (found.kind, found.reason and found.reason.in_language("en")) == (kind, reason)


@pytest.mark.parametrize(
    ("begin", "end", "works"),
    [
        ("09:00", "09:50", True),
        ("09:05", "09:10", True),
        ("10:10", "11:00", True),
        ("10:30", "11:30", True),
        ("12:30", "13:00", True),
        ("08:55", "09:05", False),
        ("12:55", "13:05", False),
        ("09:50", "10:05", False),
        ("09:30", "11:00", False),
    ],
    ids=[
        "on the grid",
        "off the grid",
        "right after a closure",
        "across openings that meet",
        "to the end",
        "before",
        "after",
        "into a closure",
        "around a closure",
    ],
)
def test_a_desk_covers_what_lies_in_its_hours(begin: str, end: str, works: bool) -> None:
    shut = closure("2026-12-07", start="10:00", end="10:10")
    body = small_municipality(
        desk("d", opening("09:00", "11:00"), opening("11:00", "13:00"), closures=[shut])
    )
    offer = offer_of(body)
    assert is_open_through(offer, body.branches[0].desks[0], at(begin), at(end)) is works


def test_the_reason_of_a_holiday_has_both_languages() -> None:
    found = unavailable_reason(
        offer_of(small_municipality(public_holidays=True)), date(2026, 12, 25), NOW, ATHENS
    )
    assert found.reason is not None
    assert (found.reason.in_language("el"), found.reason.in_language("en")) == (
        "Χριστούγεννα",
        "Christmas Day",
    )


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [("09:00", "11:00", 4), ("09:30", "10:30", 2), ("09:01", "09:31", 1), ("11:00", "23:00", 0)],
)
def test_only_starts_from_since_and_before_until_are_given(
    since: str, until: str, count: int
) -> None:
    offer = offer_of(small_municipality())
    assert len(free_starts(offer, {}, at(since), at(until), NOW)) == count
    assert bool(free_days(offer, {}, at(since), at(until), NOW, ATHENS)) is (count > 0)


def test_moments_are_whole_seconds_in_utc() -> None:
    since, until = day_bounds(MONDAY, ATHENS)
    found = free_starts(offer_of(small_municipality()), {}, since, until, NOW)
    assert found[0] == int(datetime(2026, 12, 7, 7, 0, tzinfo=UTC).timestamp())
