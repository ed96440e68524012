"""Offers of another time: what is held, for how long, and who is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.bookings import by_staff
from core.bookings import service as bookings
from core.bookings.limits import check_citizen
from core.bookings.offers.making import has_pending, make_offers, plan_offers
from core.db.models import OutboxRow
from core.errors import StaffRefused
from tests.conftest import portable
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.offers.acting import (
    ask,
    decline,
    held_for_offers,
    hold_of,
    latest,
    make,
    manager,
    offer,
    room,
    told,
)
from tests.core.small_municipality import MONDAY, NOW, TUESDAY, at, desk, small, utc

MakeEnv = Callable[..., BookingEnvironment]


def test_the_nearest_time_is_held_until_the_municipalitys_hours_are_over(
    env: BookingEnvironment,
) -> None:
    booking = env.book("10:00")
    made = offer(env, booking)
    hold = hold_of(env, made)
    assert (made.state, made.expires_at) == ("made", utc(NOW + timedelta(hours=24)))
    assert hold.starts_at == utc(at("10:30"))
    assert (hold.state, hold.held_until, hold.offered_for_id) == (
        "held",
        made.expires_at,
        booking.id,
    )
    assert env.free() == "09:00 09:30"
    assert told(env) == [("email", "time_offered")]


def test_on_another_day_the_same_time_of_day_is_preferred(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    for clock in ("09:00", "09:30", "10:30"):
        env.book(clock)
    assert hold_of(env, offer(env, booking)).starts_at == utc(at("10:00", TUESDAY))


@pytest.mark.parametrize("hours", [3, 300])
def test_the_hold_ends_with_the_old_appointment_at_the_latest(
    make_env: MakeEnv, hours: int
) -> None:
    env = make_env(small(rules={"offer_hours": hours}))
    made = offer(env, env.book("10:30"))
    assert made.expires_at == utc(min(NOW + timedelta(hours=hours), at("10:30")))


def test_nothing_is_offered_that_begins_before_the_answer_is_due(env: BookingEnvironment) -> None:
    env.now = at("08:00")
    booking = env.book("10:30")
    assert hold_of(env, offer(env, booking)).starts_at == utc(at("10:30", TUESDAY))


@portable
def test_a_time_that_was_declined_is_not_offered_again(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    times = []
    for _time in range(2):
        made = offer(env, booking)
        times.append(hold_of(env, made).starts_at)
        decline(env, made)
    assert times == [utc(at("10:30")), utc(at("09:30"))]


def test_where_no_time_is_free_the_citizen_and_the_room_are_told(make_env: MakeEnv) -> None:
    body = small(desk("a", {"days": ["mon"], "start": "09:00", "end": "09:30"}))
    env = make_env(body, ("email", "telegram"))
    room(env)
    booking = env.book("09:00")
    for week in range(1, 8):
        env.book("09:00", day=MONDAY + timedelta(weeks=week))
    made = offer(env, booking)
    assert (made.state, made.hold_id) == ("none_free", None)
    assert told(env)[-2:] == [("email", "no_time_free"), ("telegram", "offer_alert")]


def test_too_late_for_an_answer_the_room_is_told_to_call(make_env: MakeEnv) -> None:
    env = make_env(accounts=("email", "telegram"))
    room(env)
    env.now = at("08:31")
    booking = env.book("10:30")
    assert offer(env, booking).state == "none_free"
    assert ("telegram", "offer_alert") in told(env)


def test_an_offer_is_asked_for_once(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    first = offer(env, booking)
    assert offer(env, booking) is first
    assert not has_pending(env.session)


def test_a_hold_of_an_offer_counts_toward_no_limit_and_stays(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"open_bookings": 1, "open_bookings_per_citizen": 2}))
    booking = env.book("10:00")
    hold = hold_of(env, offer(env, booking))
    who = env.actor(booking.citizen_id)
    assert list(check_citizen(env.session, env.body, "papers", env.now, who.citizen_id)) == []
    env.hold("09:00", who)
    assert hold.state == "held"
    assert len(bookings.upcoming(env.session, who.citizen_id, env.now)) == 1


def test_many_offers_of_one_time_take_different_times(make_env: MakeEnv) -> None:
    env = make_env(small(desk("a"), desk("b")))
    booked = [env.book(clock) for clock in ("09:00", "09:00", "09:30", "09:30", "10:00")]
    for each in booked:
        ask(env, each)
    assert make(env, limit=3) == 3
    while has_pending(env.session):
        make(env, limit=3)
    taken = [(hold.desk_id, hold.starts_at) for hold in held_for_offers(env)]
    assert len(set(taken)) == 5


def test_a_portion_ends_when_it_has_taken_long_enough(env: BookingEnvironment) -> None:
    for clock in ("09:00", "09:30", "10:00"):
        ask(env, env.book(clock))
    planned = plan_offers(env.session, env.registry, env.now, 10)
    assert make_offers(env.session, env.registry, planned, env.now, lambda: True) == 1
    assert make(env) == 2


def test_whom_only_a_page_reaches_the_room_is_told_to_call(make_env: MakeEnv) -> None:
    env = make_env(accounts=("webchat", "telegram"))
    room(env)
    offer(env, env.book("10:00"))
    assert told(env)[-2:] == [("webchat", "time_offered"), ("telegram", "offer_alert")]


def test_staff_have_a_time_offered_once(env: BookingEnvironment) -> None:
    booking, helen = env.book("10:00"), manager(env)
    by_staff.offer(env.session, env.registry, helen, booking, env.now)
    with pytest.raises(StaffRefused, match="changed"):
        by_staff.offer(env.session, env.registry, helen, booking, env.now)
    make(env)
    assert hold_of(env, latest(env, booking)).starts_at != booking.starts_at


def test_an_unsent_offer_is_in_the_outbox_until_it_ends(env: BookingEnvironment) -> None:
    made = offer(env, env.book("10:00"))
    row = env.session.scalars(select(OutboxRow).where(OutboxRow.kind == "time_offered")).one()
    assert row.expires_at == made.expires_at
