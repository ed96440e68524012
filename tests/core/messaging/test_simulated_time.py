"""A month and a year of one municipality: every message is sent exactly when it is due."""

import random
from collections import Counter
from datetime import date, datetime, time, timedelta

import pytest

from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.test_service import MakeEnv
from tests.core.messaging.simulated_office import ACCOUNTS, SimulatedOffice
from tests.core.small_municipality import ATHENS, desk, opening, small
from tests.soak.tell import Tell

DESKS = [desk(name, opening("07:30", "22:30")) for name in ("one", "two")]


def outage(first: date, days: int, hour: int) -> tuple[datetime, datetime]:
    """Return three hours of a day, so many days after the first; they may last into the night."""
    begin = datetime.combine(first + timedelta(days=days), time(hour, 30), ATHENS)
    return begin, begin + timedelta(hours=3)


@pytest.mark.portable
@pytest.mark.parametrize(
    ("first", "days", "actions", "minutes"),
    [
        pytest.param(date(2026, 10, 12), 30, 4, 30, id="a month"),
        pytest.param(date(2026, 7, 1), 365, 10, 0, id="a year", marks=pytest.mark.soak),
    ],
)
def test_every_message_is_sent_when_it_is_due(
    make_env: MakeEnv, first: date, days: int, actions: int, minutes: int, tell: Tell
) -> None:
    env: BookingEnvironment = make_env(accounts=ACCOUNTS)
    env.now = datetime.combine(first, time(), ATHENS)
    # Loaded by that clock, too: closures that were over by then have no effect.
    rules = {"reminder_spread_minutes": minutes}
    env.reload(small(*DESKS, public_holidays=True, rules=rules))
    outages = [outage(first, day, (10, 19)[day % 2]) for day in range(5, days, 5)]
    office = SimulatedOffice(env, random.Random(24), outages)
    office.play(first, days, actions)
    tell(f"{days} days: {dict(office.counts)}")
    assert Counter(office.sent) == Counter(office.expected())
    done = ("booked", "moved", "cancelled", "days closed", "closed", "late", "failed once")
    answers = ("offers accepted", "offers declined", "offers expired")
    assert min(office.counts[what] for what in (*done, *answers, "refused by telegram")) > 0
    assert not office.offers.until
    assert max(Counter(office.sent).values()) == 1
    starts = {stay.booking_id: stay.starts_at for stay in office.stays.values()}
    assert all(at < starts[number] for number, _what, at in office.sent if number in starts)
    assert office.overlapping() == 0
