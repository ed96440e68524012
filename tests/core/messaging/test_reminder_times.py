"""The times of reminders: quiet hours, the one before, both clock changes."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messaging.reminder_times import DueTime, QuietHours, due_times, spread
from tests.core.small_municipality import ATHENS

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def local(moment: str, zone: ZoneInfo = ATHENS) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=zone)


def shown(due: DueTime, zone: ZoneInfo = ATHENS) -> str | None:
    return None if due.is_dropped else f"{due.at.astimezone(zone):%d/%m %H:%M}"


@pytest.mark.parametrize(
    ("hours", "starts_at", "booked_at", "expected"),
    [
        pytest.param(
            (48, 3),
            "2026-12-10 12:00",
            "2026-12-01 12:00",
            ["08/12 12:00", "10/12 09:00"],
            id="day",
        ),
        pytest.param(
            (48, 3), "2026-12-10 11:00", "2026-12-01 12:00", ["08/12 11:00", "10/12 08:00"], id="08"
        ),
        pytest.param(
            (48, 3), "2026-12-10 09:30", "2026-12-01 12:00", ["08/12 09:30", "09/12 20:55"], id="06"
        ),
        pytest.param((3,), "2026-12-11 00:00", "2026-12-01 12:00", ["10/12 20:55"], id="21:00"),
        pytest.param((3,), "2026-12-10 23:59", "2026-12-01 12:00", ["10/12 20:59"], id="20:59"),
        pytest.param(
            (12, 3),
            "2026-12-10 08:00",
            "2026-12-01 12:00",
            ["09/12 20:00", None],
            id="less than an hour after the former",
        ),
        pytest.param(
            (13, 3),
            "2026-12-10 08:55",
            "2026-12-01 12:00",
            ["09/12 19:55", "09/12 20:55"],
            id="an hour after the former",
        ),
        pytest.param(
            (9, 3), "2026-12-10 07:00", "2026-12-01 12:00", ["09/12 20:55", None], id="one evening"
        ),
        pytest.param(
            (48, 3), "2026-12-10 12:00", "2026-12-08 12:00", [None, "10/12 09:00"], id="at the hour"
        ),
        pytest.param((48, 3), "2026-12-10 12:00", "2026-12-10 09:01", [None, None], id="too late"),
        pytest.param(
            (48, 3), "2026-12-10 09:30", "2026-12-09 21:30", [None, None], id="in quiet hours"
        ),
        pytest.param(
            (48, 3), "2026-12-10 09:30", "2026-12-09 20:30", [None, None], id="soon after booking"
        ),
        # On 25 October the clock goes from 04:00 to 03:00, on 28 March from 03:00 to 04:00.
        pytest.param(
            (48, 3),
            "2026-10-26 12:00",
            "2026-10-01 12:00",
            ["24/10 13:00", "26/10 09:00"],
            id="25h",
        ),
        pytest.param(
            (48, 3),
            "2026-10-25 10:30",
            "2026-10-01 12:00",
            ["23/10 11:30", "24/10 20:55"],
            id="Oct",
        ),
        pytest.param(
            (48, 3),
            "2027-03-29 12:00",
            "2027-03-01 12:00",
            ["27/03 11:00", "29/03 09:00"],
            id="23h",
        ),
        pytest.param(
            (24, 6),
            "2027-03-28 13:00",
            "2027-03-01 12:00",
            ["27/03 12:00", "27/03 20:55"],
            id="Mar",
        ),
        pytest.param(
            (24,), "2027-03-28 08:30", "2027-03-01 12:00", ["26/03 20:55"], id="quiet by an hour"
        ),
        pytest.param(
            (24,), "2026-10-25 07:30", "2026-10-01 12:00", ["24/10 08:30"], id="not quiet"
        ),
    ],
)
def test_due_times(
    hours: tuple[int, ...], starts_at: str, booked_at: str, expected: list[str | None]
) -> None:
    due = due_times(hours, ATHENS, local(starts_at), local(booked_at))
    assert [shown(due[each]) for each in hours] == expected


@pytest.mark.parametrize(
    ("since", "until", "zone", "starts_at", "expected"),
    [
        pytest.param("22:00", "09:00", ATHENS, "2026-12-10 11:30", "09/12 21:55", id="08:30"),
        pytest.param("22:00", "09:00", ATHENS, "2026-12-11 00:30", "10/12 21:30", id="21:30"),
        pytest.param("14:00", "17:00", ATHENS, "2026-12-10 18:00", "10/12 13:55", id="afternoon"),
        pytest.param("14:00", "17:00", ATHENS, "2026-12-10 20:00", "10/12 17:00", id="its end"),
        pytest.param("00:00", "07:00", ATHENS, "2026-12-10 09:59", "09/12 23:55", id="midnight"),
        pytest.param("00:00", "07:00", ATHENS, "2026-12-10 10:00", "10/12 07:00", id="07:00"),
        pytest.param(
            "21:00",
            "08:00",
            ZoneInfo("Europe/London"),
            "2026-12-10 12:30",
            "09/12 22:55",
            id="abroad",
        ),
        # On 25 October the clock goes from 04:00 to 03:00.
        pytest.param("22:00", "09:00", ATHENS, "2026-10-25 10:30", "24/10 21:55", id="October"),
    ],
)
def test_the_citizen_s_own_quiet_hours_replace_the_usual_ones(
    since: str, until: str, zone: ZoneInfo, starts_at: str, expected: str
) -> None:
    quiet = QuietHours(time.fromisoformat(since), time.fromisoformat(until), zone)
    due = due_times((3,), ATHENS, local(starts_at), LONG_AGO, quiet=quiet)
    assert shown(due[3]) == expected


@pytest.mark.parametrize(
    ("minutes", "starts_at", "booked_at", "expected"),
    [
        (45, "2026-12-10 12:00", "2026-12-01 12:00", ["08/12 11:15", "10/12 08:15"]),
        pytest.param(
            45,
            "2026-12-10 11:30",
            "2026-12-01 12:00",
            ["08/12 10:45", "10/12 08:30"],
            id="not into quiet hours",
        ),
        pytest.param(
            45,
            "2026-12-10 09:30",
            "2026-12-01 12:00",
            ["08/12 08:45", "09/12 20:10"],
            id="those before quiet hours, too",
        ),
        pytest.param(
            60,
            "2026-12-10 12:00",
            "2026-12-08 10:30",
            ["08/12 12:00", "10/12 08:00"],
            id="not soon after it was booked",
        ),
    ],
)
def test_a_municipality_may_have_them_sent_earlier(
    minutes: int, starts_at: str, booked_at: str, expected: list[str | None]
) -> None:
    due = due_times(
        (48, 3), ATHENS, local(starts_at), local(booked_at), earlier=timedelta(minutes=minutes)
    )
    assert list(map(shown, due.values())) == expected


def test_what_is_due_in_one_minute_is_spread_evenly_and_always_the_same() -> None:
    assert {spread(each, 0) for each in range(100)} == {timedelta()}
    found = [spread(each, 60) for each in range(10_000)]
    assert found == [spread(each, 60) for each in range(10_000)]
    by_minute = Counter(each // timedelta(minutes=1) for each in found)
    assert max(found) <= timedelta(hours=1)
    assert all(120 < by_minute[minute] < 220 for minute in range(60))


@given(
    hours=st.lists(st.integers(1, 336), max_size=5, unique=True),
    starts_at=st.integers(0, 2 * 365 * 24 * 60).map(
        lambda each: LONG_AGO + timedelta(minutes=each)
    ),
    ahead=st.integers(0, 400 * 60),
    zone=st.sampled_from(["Europe/Athens", "UTC", "Pacific/Auckland", "America/St_Johns"]),
    earlier=st.integers(0, 60).map(lambda each: timedelta(minutes=each)),
)
def test_none_is_quiet_late_or_for_less_than_its_hours(
    hours: list[int], starts_at: datetime, ahead: int, zone: str, earlier: timedelta
) -> None:
    booked_at = starts_at - timedelta(minutes=ahead)
    due = due_times(
        sorted(hours, reverse=True), ZoneInfo(zone), starts_at, booked_at, earlier=earlier
    )
    sent = [each.at for each in due.values() if not each.is_dropped]
    assert sorted(set(sent)) == sent
    for each, (at, is_dropped) in due.items():
        lead = timedelta(hours=each)
        if is_dropped:
            continue
        assert booked_at < at <= starts_at - lead
        assert starts_at - booked_at > lead
        assert 8 <= at.astimezone(ZoneInfo(zone)).hour < 21
