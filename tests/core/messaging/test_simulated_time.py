"""A month and a year of one municipality: every reminder is sent exactly when it is due."""

import random
from collections import Counter
from datetime import date, datetime, time

import pytest

from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.test_service import MakeEnv
from tests.core.messaging.simulated_office import ACCOUNTS, SimulatedOffice
from tests.core.small_municipality import ATHENS, desk, opening, small
from tests.soak.tell import Tell

DESKS = [desk(name, opening("07:30", "22:30")) for name in ("one", "two")]


@pytest.mark.portable
@pytest.mark.parametrize(
    ("first", "days", "actions", "minutes"),
    [
        pytest.param(date(2026, 10, 12), 30, 6, 30, id="a month"),
        pytest.param(date(2026, 7, 1), 365, 10, 0, id="a year", marks=pytest.mark.soak),
    ],
)
def test_every_reminder_is_sent_when_it_is_due(
    make_env: MakeEnv, first: date, days: int, actions: int, minutes: int, tell: Tell
) -> None:
    env: BookingEnvironment = make_env(
        small(*DESKS, public_holidays=True, rules={"reminder_spread_minutes": minutes}),
        accounts=ACCOUNTS,
    )
    env.now = datetime.combine(first, time(), ATHENS)
    office = SimulatedOffice(env, random.Random(18))
    office.play(first, days, actions)
    tell(f"{days} days: {dict(office.counts)}")
    assert min(office.counts[what] for what in ("booked", "moved", "cancelled", "days closed")) > 2
    assert Counter(office.sent) == Counter(office.expected())
    assert max(Counter(office.sent).values()) == 1
    starts = {stay.booking_id: stay.starts_at for stay in office.stays.values()}
    assert all(at < starts[number] for number, _hours, at in office.sent if number in starts)
    assert office.overlapping() == 0
