"""Offers of another time that are withdrawn or replaced, and who is told that it stands."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.bookings.history import record_change
from core.bookings.offers import service as time_offers
from core.bookings.offers.making import has_pending, make_offers, plan_offers
from core.bookings.offers.withdrawal import plan_withdrawals, withdraw_planned
from core.db.models import HistoryAction, ScheduleException
from tests.conftest import portable
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.offers.acting import (
    accept,
    ask,
    decline,
    end_closure,
    exception_of,
    held_for_offers,
    hold_of,
    latest,
    make,
    offer,
    told,
    work_off,
)
from tests.core.small_municipality import MONDAY, TUESDAY, at, desk, small

MakeEnv = Callable[..., BookingEnvironment]


def test_what_was_left_over_of_an_ended_closure_keeps_nobody_waiting(
    env: BookingEnvironment,
) -> None:
    """After an outage of days, in which nothing was withdrawn."""
    booking, closure = env.book("09:30"), exception_of(env)
    ask(env, booking)
    end_closure(env, closure)
    env.now = at("09:00", MONDAY + timedelta(days=3))
    work_off(env)
    make(env)
    assert not has_pending(env.session)
    assert latest(env, booking).state == "withdrawn"
    assert told(env) == []


def test_withdrawn_offers_release_their_holds_and_the_citizens_are_told(
    make_env: MakeEnv,
) -> None:
    env = make_env(accounts=("email",))
    booking, pending = env.book("10:00"), env.book("09:00")
    exception = exception_of(env)
    made = offer(env, booking)
    ask(env, pending)
    end_closure(env, exception)
    assert work_off(env) == 2
    assert {made.state, latest(env, pending).state} == {"withdrawn"}
    assert held_for_offers(env) == []
    assert [kind for _, kind in told(env)] == ["time_offered", "offer_withdrawn"]


def test_what_a_kill_left_is_withdrawn_later_and_told_once(env: BookingEnvironment) -> None:
    booked = [env.book(clock) for clock in ("09:00", "09:30", "10:00")]
    exception = exception_of(env)
    made = [offer(env, each) for each in booked]
    end_closure(env, exception)
    planned = plan_withdrawals(env.session, env.registry, env.now, 10, {})
    assert planned == [each.id for each in made]
    given = env.session, env.registry, planned, env.now
    assert withdraw_planned(*given, lambda: True) == 1
    assert [each.state for each in made] == ["withdrawn", "made", "made"]
    withdraw_planned(*given, lambda: False)  # by a process that planned the same
    assert work_off(env) == 0
    assert {each.state for each in made} == {"withdrawn"}
    assert [kind for _, kind in told(env)].count("offer_withdrawn") == 3


def test_nothing_is_offered_any_more_whose_closure_has_ended(env: BookingEnvironment) -> None:
    booking, exception = env.book("10:00"), exception_of(env)
    ask(env, booking)
    planned = plan_offers(env.session, env.registry, env.now, 10)
    end_closure(env, exception)
    make_offers(env.session, env.registry, planned, env.now, lambda: False)
    assert held_for_offers(env) == []
    assert (latest(env, booking).state, told(env)) == ("withdrawn", [])


@portable
@pytest.mark.parametrize("ended", ["declined", "expired", "none_free"])
@pytest.mark.parametrize("since", ["nothing", "moved", "cancelled"])
def test_who_was_told_that_it_cannot_take_place_is_told_that_it_stands_after_all(
    make_env: MakeEnv, ended: str, since: str
) -> None:
    weekly = small(desk("a", {"days": ["mon"], "start": "09:00", "end": "09:30"}))
    env = make_env(weekly if ended == "none_free" else small(), accounts=("email",))
    booking = env.book("09:00")
    for week in range(1, 8) if ended == "none_free" else ():
        env.book("09:00", day=MONDAY + timedelta(weeks=week))
    exception = exception_of(env)
    made = offer(env, booking)
    if ended == "declined":
        decline(env, made)
    elif ended == "expired":
        env.later(hours=24)
        time_offers.end_overdue(env.session, env.registry, env.now)
    assert made.state == ended
    if since == "moved":
        who = env.actor(booking.citizen_id)
        record_change(env.session, booking, HistoryAction.MOVED, env.now, who)
    elif since == "cancelled":
        env.cancel(booking)
    end_closure(env, exception)
    count = work_off(env)
    said = [kind for _, kind in told(env)].count("offer_withdrawn")
    assert (count, said) == ((1, 1) if since == "nothing" else (0, 0))


@pytest.mark.parametrize("hold", ["stands", "lost"])
def test_an_offer_whose_closure_ended_in_another_one_stands_with_its_time(
    env: BookingEnvironment, hold: str
) -> None:
    booking, first = env.book("10:00"), exception_of(env)
    made = offer(env, booking)
    second = exception_of(env)
    if hold == "lost":
        hold_of(env, made).state = "expired"
    end_closure(env, first)
    env.later(minutes=1)
    assert work_off(env) == 1
    assert work_off(env) == 0
    make(env)
    if hold == "lost":
        assert (made.state, latest(env, booking).exception_id) == ("replaced", second)
        return
    assert (latest(env, booking).id, made.state, made.exception_id) == (made.id, "made", second)
    assert [kind for _, kind in told(env)] == ["time_offered"]
    end_closure(env, second)
    assert work_off(env) == 1
    assert [kind for _, kind in told(env)] == ["time_offered", "offer_withdrawn"]


@portable
@pytest.mark.parametrize("times", [1, 2])
def test_whose_offer_is_being_replaced_is_told_that_the_appointment_stands(
    env: BookingEnvironment, times: int
) -> None:
    booking, exception = env.book("10:00"), exception_of(env)
    for _time in range(times):
        made = offer(env, booking)
        hold_of(env, made).state = "expired"  # its time was closed too
        env.later(minutes=1)
        assert time_offers.end_overdue(env.session, env.registry, env.now) == 1
    assert latest(env, booking).state == "pending"
    end_closure(env, exception)
    env.later(minutes=1)
    work_off(env)
    said = [kind for _, kind in told(env)]
    assert said == ["time_offered"] * times + ["offer_withdrawn"]


def test_whom_only_an_old_offer_told_otherwise_is_told_nothing(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    exception_of(env)
    assert accept(env, offer(env, booking))
    env.later(hours=1)
    exception = exception_of(env, TUESDAY)
    ask(env, booking)
    end_closure(env, exception)
    assert work_off(env) == 1
    assert "offer_withdrawn" not in [kind for _, kind in told(env)]


def test_who_declined_and_is_offered_nothing_new_is_told_that_it_stands(
    env: BookingEnvironment,
) -> None:
    booking = env.book("10:00")
    exception_of(env)
    decline(env, offer(env, booking))
    ask(env, booking)
    for each in env.session.scalars(select(ScheduleException)):
        end_closure(env, each.id)
    assert work_off(env) == 1
    assert [kind for _, kind in told(env)] == ["time_offered", "offer_withdrawn"]


def test_a_time_that_was_closed_since_is_replaced_by_another(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    made = offer(env, booking)
    hold = hold_of(env, made)
    hold.state = "expired"  # as loading a catalogue leaves a hold in its way
    env.session.flush()
    assert not accept(env, made)
    assert has_pending(env.session)
    make(env)
    assert latest(env, booking).state == "made"


def test_a_lost_time_is_replaced_before_anybody_accepts_it(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    hold_of(env, offer(env, booking)).state = "expired"
    env.session.flush()
    assert time_offers.end_overdue(env.session, env.registry, env.now) == 1
    make(env)
    assert latest(env, booking).state == "made"
    assert len(held_for_offers(env)) == 1
