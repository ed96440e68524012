"""Holding and confirming, on a real database: desks, holds that run out, caps."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.actor import Actor
from core.bookings import expiry, holds
from core.bookings.reference import is_code
from core.db.models import Booking
from core.errors import BookingRefused
from tests.core.booking_environment import EMAIL, PHONE, BookingEnvironment
from tests.core.small_municipality import (
    MONDAY,
    NOW,
    TUESDAY,
    at,
    closure,
    desk,
    opening,
    service,
    small,
    utc,
    words,
)

MakeEnv = Callable[..., BookingEnvironment]
CONSENT = {
    "id": "details",
    "version": "2",
    "title": words("Details"),
    "text": words("I agree"),
    "withdrawable": True,
}


def test_a_held_time_is_kept_from_others(env: BookingEnvironment) -> None:
    booking = env.hold("09:30")
    assert (booking.state, booking.starts_at, booking.ends_at) == (
        "held",
        utc(at("09:30")),
        utc(at("10:00")),
    )
    assert booking.held_until == env.now + timedelta(minutes=10)
    assert (booking.code, booking.details) == (None, {})
    assert env.free() == "09:00 10:00 10:30"
    with pytest.raises(BookingRefused, match="taken"):
        env.hold("09:30")


def test_a_confirmed_booking_has_a_code_details_and_language(env: BookingEnvironment) -> None:
    booking = env.hold("09:30")
    actor = Actor(booking.citizen_id, "viber", "en", "Australia/Melbourne")
    env.confirm(booking, actor)
    assert booking.state == "confirmed"
    assert is_code(booking.code or "")
    assert (booking.details["email"], booking.details["phone"]) == (EMAIL, PHONE)
    assert booking.phone_hash == env.registry.keyed_hash(PHONE)
    assert PHONE not in (booking.phone_hash or "")
    assert (booking.language, booking.timezone) == ("en", "Australia/Melbourne")
    assert (booking.consent_version, booking.consented_at) == (None, None)
    env.later(hours=2)
    assert env.free() == "09:00 10:00 10:30"


def test_a_consent_is_kept_with_its_version_and_time(make_env: MakeEnv) -> None:
    env = make_env(small(consents=[CONSENT]))
    booking = env.confirm(env.hold("09:30"), consent=env.body.consents[0])
    assert (booking.consent_version, booking.consented_at) == ("details 2", utc(env.now))


def test_a_code_that_is_in_use_is_drawn_again(env: BookingEnvironment) -> None:
    first, second = env.hold("09:00"), env.hold("09:30")
    drawn = iter("AEHK23" + "AEHK23" + "AEHK24")
    env.choose = lambda _signs: next(drawn)
    env.confirm(first)
    env.confirm(second, phone="+306900000000")
    assert (first.code, second.code) == ("AEHK23", "AEHK24")


@pytest.mark.parametrize(
    ("clock", "day"),
    [
        ("09:10", MONDAY),
        ("08:30", MONDAY),
        ("11:00", MONDAY),
        ("09:00", MONDAY - timedelta(days=7)),
        ("09:00", MONDAY + timedelta(days=61)),
    ],
    ids=["between two starts", "before opening", "at closing", "just now", "beyond the horizon"],
)
def test_a_time_that_is_not_offered_is_refused(
    env: BookingEnvironment, clock: str, day: Any
) -> None:
    env.later(seconds=1)
    with pytest.raises(BookingRefused, match="taken"):
        env.hold(clock, day=day)


# Desks


def test_the_least_busy_desk_of_the_day_serves_first(make_env: MakeEnv) -> None:
    env = make_env(small(desk("a"), desk("b"), desk("c")))
    a, b, c = (env.offer.desk_ids[name] for name in "abc")
    for clock in ("09:00", "09:30"):
        env.book(clock, day=TUESDAY)
    assert [env.hold(clock).desk_id for clock in ("09:00", "10:00", "10:30")] == [a, b, c]
    assert [env.hold("09:30").desk_id for _ in range(3)] == [a, b, c]
    with pytest.raises(BookingRefused, match="taken"):
        env.hold("09:30")


def test_a_busy_yesterday_makes_no_desk_busier_today(make_env: MakeEnv) -> None:
    env = make_env(small(desk("a"), desk("b")))
    env.book("10:30")
    assert env.hold("09:00", day=TUESDAY).desk_id == env.offer.desk_ids["a"]


def test_a_desk_serves_two_services_one_at_a_time(make_env: MakeEnv) -> None:
    both = (service(), service("long", duration=50))
    env = make_env(small(desk("d", opening("09:00", "12:00")), services=both))
    long = env.offer_of("long")
    env.hold("09:30", offer=long)
    assert env.free() == "09:00 10:30 11:00 11:30"
    with pytest.raises(BookingRefused, match="taken"):
        env.hold("10:00")
    with pytest.raises(BookingRefused, match="taken"):
        env.hold("09:00", offer=long)


# Holds that run out


def test_a_lapsed_hold_of_another_blocks_nobody(env: BookingEnvironment) -> None:
    lapsed = env.hold("09:30")
    env.later(minutes=9, seconds=59)
    assert env.free() == "09:00 10:00 10:30"
    env.later(seconds=1)
    assert env.free() == "09:00 09:30 10:00 10:30"
    mine = env.hold("09:30")
    env.session.refresh(lapsed)
    assert (lapsed.state, mine.state) == ("expired", "held")
    assert env.history(lapsed) == ["held", "expired"]


def test_a_longer_hold_that_lapsed_gives_way_wherever_it_overlaps(make_env: MakeEnv) -> None:
    long = service("long", duration=90)
    env = make_env(small(services=(service(), long)))
    lapsed = env.hold("09:00", offer=env.offer_of("long"))
    env.later(minutes=10)
    env.hold("10:00")
    env.session.refresh(lapsed)
    assert lapsed.state == "expired"


def test_ones_own_lapsed_hold_is_confirmed_while_its_time_is_free(
    env: BookingEnvironment,
) -> None:
    booking = env.hold("09:30")
    env.later(hours=1)
    assert env.confirm(booking).state == "confirmed"


def test_ones_own_expired_hold_is_confirmed_while_its_time_is_free(
    env: BookingEnvironment,
) -> None:
    booking = env.hold("09:30")
    env.later(hours=1)
    assert expiry.expire_lapsed(env.session, env.now) == 1
    env.session.refresh(booking)
    assert booking.state == "expired"
    assert env.confirm(booking).state == "confirmed"


@pytest.mark.parametrize("confirmed", [False, True], ids=["held", "confirmed"])
def test_a_lapsed_hold_that_another_took_is_refused(
    env: BookingEnvironment, confirmed: bool
) -> None:
    booking = env.hold("09:30")
    env.later(minutes=11)
    theirs = env.hold("09:30")
    if confirmed:
        env.confirm(theirs)
    env.session.refresh(booking)
    with pytest.raises(BookingRefused, match="taken"):
        env.confirm(booking)
    assert (booking.state, booking.code, booking.details) == ("expired", None, {})


def test_a_lapsed_hold_confirms_over_anothers_lapsed_hold(env: BookingEnvironment) -> None:
    booking = env.hold("09:30")
    env.later(minutes=11)
    theirs = env.hold("09:30")
    env.later(minutes=11)
    env.session.refresh(booking)
    env.confirm(booking)
    env.session.refresh(theirs)
    assert (booking.state, theirs.state) == ("confirmed", "expired")


def lasting(make_env: MakeEnv) -> BookingEnvironment:
    return make_env(small(services=(service(notice_hours=24),)))


def test_a_live_hold_is_confirmed_though_the_notice_has_meanwhile_begun(
    make_env: MakeEnv,
) -> None:
    env = lasting(make_env)
    env.now = at("09:25") - timedelta(days=1)
    booking = env.hold("09:30")
    env.later(minutes=9)
    assert env.confirm(booking).state == "confirmed"


def test_a_lapsed_hold_that_is_too_soon_by_now_is_refused(make_env: MakeEnv) -> None:
    env = lasting(make_env)
    env.now = at("09:25") - timedelta(days=1)
    booking = env.hold("09:30")
    env.later(minutes=11)
    with pytest.raises(BookingRefused, match="taken"):
        env.confirm(booking)


def test_a_hold_whose_time_has_come_is_refused(env: BookingEnvironment) -> None:
    booking = env.hold("09:30")
    env.now = at("09:30")
    with pytest.raises(BookingRefused, match="taken"):
        env.confirm(booking)


def test_a_hold_is_refused_once_its_desk_no_longer_works_then(env: BookingEnvironment) -> None:
    booking = env.hold("09:30")
    env.reload(small(desk("desk", closures=[closure("2026-12-07")])))
    env.session.refresh(booking)
    assert booking.state == "expired"
    with pytest.raises(BookingRefused, match="taken"):
        env.confirm(booking)


@pytest.mark.parametrize("end", ["confirmed", "cancelled"])
def test_only_a_hold_is_confirmed(env: BookingEnvironment, end: str) -> None:
    booking = env.book("09:30")
    if end == "cancelled":
        env.cancel(booking)
    code = booking.code
    with pytest.raises(BookingRefused, match="taken"):
        env.confirm(booking)
    assert (booking.state, booking.code) == (end, code)


@pytest.mark.parametrize(
    ("minutes", "until"),
    [
        ([], 10),
        ([4], 14),
        ([4, 9], 19),
        ([9, 18], 28),
        ([9, 18, 25], 30),
        ([9, 18, 27, 29.5], 30),
        ([0.5], 10.5),
    ],
)
def test_activity_keeps_a_hold_for_half_an_hour_at_most(
    env: BookingEnvironment, minutes: list[float], until: float
) -> None:
    booking = env.hold("09:30")
    for minute in minutes:
        assert holds.extend(booking, env.body.rules, NOW + timedelta(minutes=minute))
    assert booking.held_until == NOW + timedelta(minutes=until)


@pytest.mark.parametrize("minute", [10, 11, 600])
def test_a_hold_that_has_run_out_is_not_extended(env: BookingEnvironment, minute: int) -> None:
    booking = env.hold("09:30")
    assert not holds.extend(booking, env.body.rules, NOW + timedelta(minutes=minute))
    assert booking.held_until == NOW + timedelta(minutes=10)


def test_a_confirmed_booking_is_not_extended(env: BookingEnvironment) -> None:
    booking = env.book("09:30")
    assert not holds.extend(booking, env.body.rules, env.now)


def test_only_what_has_run_out_expires(env: BookingEnvironment) -> None:
    env.hold("09:00")
    kept = env.book("09:30")
    env.later(minutes=5)
    live = env.hold("10:00")
    env.later(minutes=5)
    assert expiry.expire_lapsed(env.session, env.now) == 1
    assert expiry.expire_lapsed(env.session, env.now) == 0
    states = {b.starts_at: b.state for b in env.session.scalars(select(Booking))}
    assert states == {
        utc(at("09:00")): "expired",
        kept.starts_at: "confirmed",
        live.starts_at: "held",
    }


# One hold in place of another


def test_a_new_hold_gives_up_the_old_one(env: BookingEnvironment) -> None:
    who = env.citizen()
    old = env.hold("09:30", who)
    new = env.hold("10:00", who, old)
    assert new is old
    assert env.history(old) == ["held", "held"]
    assert env.free() == "09:00 09:30 10:30"


def test_the_old_hold_stays_when_the_new_time_is_taken(env: BookingEnvironment) -> None:
    who = env.citizen()
    old = env.hold("09:30", who)
    env.hold("10:00")
    with pytest.raises(BookingRefused, match="taken"):
        env.hold("10:00", who, old)
    assert old.state == "held"
    assert env.history(old) == ["held"]
    assert env.confirm(old).state == "confirmed"


def test_the_same_time_kept_anew_is_no_new_hold(env: BookingEnvironment) -> None:
    who = env.citizen()
    booking = env.hold("09:30", who)
    for _ in range(4):
        env.later(minutes=6)
        booking = env.hold("09:30", who, booking)
    assert booking.held_until - booking.held_at == timedelta(minutes=30)
    env.later(minutes=7)
    assert "09:30" in env.free()
    anew = env.hold("09:30", who, booking)
    assert anew.held_at == env.now


def test_a_lapsed_hold_is_confirmed_at_another_desk(make_env: MakeEnv) -> None:
    env = make_env(small(desk("one"), desk("two")))
    slow = env.hold("09:30")
    env.later(minutes=11)
    quick = env.book("09:30")
    assert quick.desk_id == slow.desk_id
    assert env.confirm(slow).state == "confirmed"
    assert slow.desk_id != quick.desk_id


def test_a_hold_can_be_replaced_by_one_that_overlaps_it(make_env: MakeEnv) -> None:
    env = make_env(
        small(desk("d", opening("09:00", "11:00")), services=(service(duration=50, interval=30),))
    )
    who = env.citizen()
    old = env.hold("09:00", who)
    assert env.free(old) == "09:00 09:30 10:00"
    assert env.hold("09:30", who, old).starts_at == utc(at("09:30"))


def test_a_released_time_is_free_at_once(env: BookingEnvironment) -> None:
    booking = env.hold("09:30")
    holds.release(env.session, booking, env.now, env.citizen())
    assert env.free() == "09:00 09:30 10:00 10:30"
    holds.release(env.session, booking, env.now, env.citizen())
    assert env.history(booking) == ["held", "released"]


def test_a_confirmed_booking_is_not_released(env: BookingEnvironment) -> None:
    booking = env.book("09:30")
    holds.release(env.session, booking, env.now, env.citizen())
    assert booking.state == "confirmed"


def test_times_of_the_hour_that_comes_twice_are_told_apart(make_env: MakeEnv) -> None:
    """On Lord Howe Island the clocks go from 02:00 back to 01:30 on 4 April 2027."""
    zone = ZoneInfo("Australia/Lord_Howe")
    nightly = desk("desk", opening("00:30", "04:00"))
    env = make_env(small(nightly, timezone=zone.key, services=(service(interval=5),)))
    first = datetime(2027, 4, 4, 1, 50, tzinfo=zone)
    second = first.replace(fold=1)

    def hold(start: datetime) -> Booking:
        who = env.citizen()
        return holds.hold(env.session, env.offer, start, env.now, who)

    env.now = first - timedelta(minutes=10)
    held = hold(first)
    assert held.ends_at - held.starts_at == timedelta(minutes=30)
    env.now = first + timedelta(minutes=5)
    assert hold(second).starts_at == utc(second)
