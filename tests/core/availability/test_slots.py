"""Free times as they are found in the database."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import pytest

from core.availability import slots
from core.errors import BookingRefused
from tests.conftest import portable
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import ATHENS, desk, opening, service, small


@portable
@pytest.mark.parametrize("zone", [ATHENS, UTC], ids=["local", "UTC"])
@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        ("2027-03-28T00:30Z", "02:30+0200 02:00+0200 04:00+0300 01:30+0200 04:30+0300"),
        ("2027-10-31T00:30Z", "03:30+0300 03:00+0300 03:00+0200 02:30+0300 03:30+0200"),
        ("2027-10-31T01:30Z", "03:30+0200 03:00+0200 04:00+0200 03:30+0300 04:30+0200"),
    ],
    ids=["March", "October, the first 03:30", "October, the second 03:30"],
)
def test_the_nearest_times_are_nearest_in_elapsed_time(
    make_env: Callable[..., BookingEnvironment],
    wanted: str,
    nearest: str,
    zone: tzinfo,
) -> None:
    env = make_env(
        small(desk("desk", opening("01:00", "06:00")), services=(service(horizon_days=366),))
    )
    moment = datetime.fromisoformat(wanted).astimezone(zone)
    found = slots.nearest_times(env.session, env.offer, moment, env.now, None, 5)
    assert " ".join(f"{start:%H:%M%z}" for start in found) == nearest


@pytest.mark.parametrize("state", ["completed", "no_show"])
def test_a_desk_stays_taken_until_the_end_of_what_it_served(
    env: BookingEnvironment, state: str
) -> None:
    booking = env.book("09:30")
    env.now = booking.starts_at
    booking.state = state
    assert env.free() == "10:00 10:30"
    assert env.free(booking) == "09:30 10:00 10:30"
    with pytest.raises(BookingRefused, match="taken"):
        env.book("09:30")
