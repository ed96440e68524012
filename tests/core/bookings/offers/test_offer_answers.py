"""Offers of another time that are accepted, declined, not answered, or end with a change."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.actor import OPERATOR
from core.bookings import by_staff
from core.bookings import service as bookings
from core.bookings.expiry import expire_lapsed
from core.bookings.offers import service as time_offers
from core.errors import BookingRefused
from tests.conftest import portable
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.offers.acting import (
    accept,
    ask,
    decline,
    held_for_offers,
    hold_of,
    latest,
    make,
    offer,
    room,
    told,
)
from tests.core.small_municipality import TUESDAY, at, desk, small, utc

MakeEnv = Callable[..., BookingEnvironment]


def test_accepting_turns_desk_and_time_into_the_bookings(make_env: MakeEnv) -> None:
    env = make_env(small(desk("a"), desk("b")))
    booking = env.book("10:00")
    env.hold("10:00")
    made = offer(env, booking)
    hold = hold_of(env, made)
    env.later(hours=1)
    assert accept(env, made)
    assert (booking.desk_id, booking.starts_at) == (hold.desk_id, hold.starts_at)
    assert (booking.state, hold.state, made.state) == ("confirmed", "expired", "accepted")
    assert env.history(booking) == ["held", "confirmed", "moved"]
    assert env.history(hold) == ["held", "released"]
    assert told(env) == [("email", "time_offered"), ("email", "moved")]


def test_accepting_twice_changes_nothing_more(env: BookingEnvironment) -> None:
    made = offer(env, env.book("10:00"))
    assert accept(env, made)
    before = env.outbox()
    assert accept(env, made)
    assert env.outbox() == before


def test_an_offer_is_accepted_after_the_deadline_for_changes(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"change_deadline_hours": 24}))
    booking = env.book("10:30")
    env.now = at("05:00")
    with pytest.raises(BookingRefused, match="too_late"):
        env.move(booking, "10:30", day=TUESDAY)
    made = offer(env, booking)
    assert accept(env, made)
    assert booking.starts_at == utc(at("10:30", TUESDAY))


def test_while_another_time_is_offered_the_citizen_may_pick_another_after_the_deadline(
    env: BookingEnvironment,
) -> None:
    booking = env.book("10:30")
    env.now = at("05:00")
    made = offer(env, booking)
    env.move(booking, "09:30", day=TUESDAY)
    assert made.state == "withdrawn"
    assert held_for_offers(env) == []
    with pytest.raises(BookingRefused, match="offer_ended"):
        accept(env, made)


@pytest.mark.parametrize("late", [timedelta(hours=24), timedelta(days=3 * 365)])
def test_an_offer_is_accepted_in_time_only(env: BookingEnvironment, late: timedelta) -> None:
    booking = env.book("10:00")
    made = offer(env, booking)
    env.now += late
    with pytest.raises(BookingRefused, match="offer_ended"):
        accept(env, made)
    with pytest.raises(BookingRefused, match="offer_ended"):
        decline(env, made)
    assert booking.starts_at == utc(at("10:00"))


def test_declining_frees_the_time_and_tells_the_room(make_env: MakeEnv) -> None:
    env = make_env(accounts=("email", "telegram"))
    room(env)
    booking = env.book("10:00")
    made = offer(env, booking)
    decline(env, made)
    decline(env, made)
    assert (made.state, booking.state, hold_of(env, made).state) == (
        "declined",
        "confirmed",
        "expired",
    )
    assert env.free() == "09:00 09:30 10:30"
    assert [kind for _, kind in told(env)].count("offer_alert") == 1
    with pytest.raises(BookingRefused, match="offer_ended"):
        accept(env, made)


def test_an_offer_that_nobody_answers_expires(make_env: MakeEnv) -> None:
    env = make_env(accounts=("email", "telegram"))
    room(env)
    booking = env.book("10:00")
    made = offer(env, booking)
    assert not time_offers.has_overdue(env.session, env.now)
    env.later(hours=24)
    expire_lapsed(env.session, env.now)  # the clean-up may come first
    assert time_offers.end_overdue(env.session, env.registry, env.now) == 1
    assert (made.state, booking.state) == ("expired", "confirmed")
    assert held_for_offers(env) == []
    kinds = [kind for _, kind in told(env)]
    assert kinds.count("offer_expired") == 1
    assert kinds.count("offer_alert") == 1
    assert not time_offers.has_overdue(env.session, env.now)


@portable
@pytest.mark.parametrize("change", ["cancel", "move", "withdraw", "by staff"])
def test_a_booking_that_is_changed_otherwise_ends_its_offer(
    env: BookingEnvironment, change: str
) -> None:
    booking = env.book("10:00")
    made = offer(env, booking)
    if change == "cancel":
        env.cancel(booking)
    elif change == "move":
        env.move(booking, "09:00")
    elif change == "withdraw":
        who = env.actor(booking.citizen_id)
        bookings.withdraw_consent(env.session, env.registry, booking, env.now, who)
    else:
        to = at("09:00")
        by_staff.move(env.session, env.registry, OPERATOR, booking, to, env.now)
    assert made.state == "withdrawn"
    assert held_for_offers(env) == []
    with pytest.raises(BookingRefused, match="offer_ended"):
        accept(env, made)


def test_a_pending_offer_of_a_cancelled_booking_is_never_made(env: BookingEnvironment) -> None:
    booking = env.book("10:00")
    ask(env, booking)
    env.cancel(booking)
    assert make(env) == 0
    assert latest(env, booking).state == "withdrawn"
