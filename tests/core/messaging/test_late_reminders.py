"""Reminders that are late: one at a time, and none in quiet hours."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.db.models import OutboxRow
from core.messaging.reminder_ways import choose_ways, is_obsolete
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.test_service import MakeEnv
from tests.core.conftest import mostly_on_sqlite
from tests.core.messaging.test_notifications import before, fail
from tests.core.small_municipality import ATHENS, MONDAY, at, desk, opening, small

pytestmark = mostly_on_sqlite

AFTERNOON = small(desk("desk", opening("07:00", "19:00")))


def reminded_at(env: BookingEnvironment, now: datetime) -> list[str]:
    """Choose the ways of what is due; return, for each reminder, when it is sent, or its status."""
    env.now = now
    choose_ways(env.session, env.registry, now, 10, fail)
    rows = select(OutboxRow).where(OutboxRow.kind == "reminder").order_by(OutboxRow.id)
    return [
        f"{row.account} {row.try_at.astimezone(ATHENS):%d %H:%M}"
        if row.status == "pending"
        else row.status
        for row in env.session.scalars(rows)
    ]


@pytest.mark.parametrize(
    ("starts", "now", "expected"),
    [
        pytest.param("14:00", "06 13:00", ["email 05 14:00", "reminder 07 11:00"], id="a day"),
        pytest.param("14:00", "07 12:00", ["cancelled", "email 07 11:00"], id="over both"),
        pytest.param("14:00", "07 10:30", ["cancelled", "reminder 07 11:00"], id="over one, long"),
        pytest.param("14:00", "06 20:59", ["email 05 14:00", "reminder 07 11:00"], id="20:59"),
        pytest.param("14:00", "06 21:00", ["reminder 07 08:00", "reminder 07 11:00"], id="21:00"),
        pytest.param("14:00", "07 03:00", ["reminder 07 08:00", "reminder 07 11:00"], id="03:00"),
        pytest.param("14:00", "07 08:00", ["email 05 14:00", "reminder 07 11:00"], id="08:00"),
        pytest.param("08:30", "06 23:00", ["cancelled", "reminder 07 08:00"], id="before it opens"),
        pytest.param("08:00", "06 23:00", ["cancelled", "cancelled"], id="begins at their end"),
        pytest.param("07:30", "07 07:00", ["cancelled", "cancelled"], id="begins within them"),
    ],
)
def test_after_an_outage_one_is_sent_and_none_at_night(
    make_env: MakeEnv, starts: str, now: str, expected: list[str]
) -> None:
    env = make_env(AFTERNOON)
    env.now = before(starts, 60)
    env.book(starts)
    day, clock = now.split()
    assert reminded_at(env, at(clock, MONDAY.replace(day=int(day)))) == expected


def test_one_that_waits_for_the_morning_is_sent_then_by_itself(make_env: MakeEnv) -> None:
    """Where the next is due by then, that alone is sent."""
    env = make_env(
        small(desk("desk", opening("07:00", "19:00")), rules={"reminder_hours": [48, 4]})
    )
    for starts in ("12:30", "14:00"):
        env.now = before(starts, 60)
        env.book(starts)
    env.later(hours=40)
    reminded_at(env, at("03:00"))
    assert reminded_at(env, at("08:30")) == [
        *("cancelled", "email 07 08:30"),
        *("email 07 08:00", "reminder 07 10:00"),
    ]


def test_one_is_overtaken_once_the_next_is_due(make_env: MakeEnv) -> None:
    env = make_env(AFTERNOON)
    env.now = before("14:00", 60)
    booking = env.book("14:00")
    query = select(OutboxRow).where(OutboxRow.kind == "reminder").order_by(OutboxRow.id)
    first, second = env.session.scalars(query).all()

    def overtaken(now: datetime) -> tuple[bool, bool]:
        found = [is_obsolete(env.session, each, booking, now) for each in (first, second)]
        return found[0], found[1]

    soon = before("14:00", 3) - timedelta(minutes=61)
    assert overtaken(soon) == (False, False)
    assert overtaken(before("14:00", 3)) == (True, False)
    second.status = "cancelled"
    assert overtaken(before("14:00", 3)) == (False, False)
