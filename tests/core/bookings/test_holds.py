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

Opener = Callable[..., BookingEnvironment]
CONSENT = {
    "id": "details",
    "version": "2",
    "title": words("Details"),
    "text": words("I agree"),
    "withdrawable": True,
}


def test_a_held_time_is_kept_from_others(counter: BookingEnvironment) -> None:
    booking = counter.hold("09:30")
    assert (booking.state, booking.starts_at, booking.ends_at) == (
        "held",
        utc(at("09:30")),
        utc(at("10:00")),
    )
    assert booking.held_until == counter.now + timedelta(minutes=10)
    assert (booking.code, booking.details) == (None, {})
    assert counter.free() == "09:00 10:00 10:30"
    with pytest.raises(BookingRefused, match="taken"):
        counter.hold("09:30")


def test_a_confirmed_booking_has_a_code_details_and_language(counter: BookingEnvironment) -> None:
    booking = counter.hold("09:30")
    actor = Actor(booking.citizen_id, "viber", "en", "Australia/Melbourne")
    counter.confirm(booking, actor)
    assert booking.state == "confirmed"
    assert is_code(booking.code or "")
    assert (booking.details["email"], booking.details["phone"]) == (EMAIL, PHONE)
    assert booking.phone_hash == counter.registry.keyed_hash(PHONE)
    assert PHONE not in (booking.phone_hash or "")
    assert (booking.language, booking.timezone) == ("en", "Australia/Melbourne")
    assert (booking.consent_version, booking.consented_at) == (None, None)
    counter.later(hours=2)
    assert counter.free() == "09:00 10:00 10:30"


def test_a_consent_is_kept_with_its_version_and_time(open_counter: Opener) -> None:
    counter = open_counter(small(consents=[CONSENT]))
    booking = counter.confirm(counter.hold("09:30"), consent=counter.body.consents[0])
    assert (booking.consent_version, booking.consented_at) == ("details 2", utc(counter.now))


def test_a_code_that_is_in_use_is_drawn_again(counter: BookingEnvironment) -> None:
    first, second = counter.hold("09:00"), counter.hold("09:30")
    drawn = iter("AEHK23" + "AEHK23" + "AEHK24")
    counter.choose = lambda _signs: next(drawn)
    counter.confirm(first)
    counter.confirm(second, phone="+306900000000")
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
    counter: BookingEnvironment, clock: str, day: Any
) -> None:
    counter.later(seconds=1)
    with pytest.raises(BookingRefused, match="taken"):
        counter.hold(clock, day=day)


# Desks


def test_the_least_busy_desk_of_the_day_serves_first(open_counter: Opener) -> None:
    counter = open_counter(small(desk("a"), desk("b"), desk("c")))
    a, b, c = (counter.offer.desk_ids[name] for name in "abc")
    for clock in ("09:00", "09:30"):
        counter.book(clock, day=TUESDAY)
    assert [counter.hold(clock).desk_id for clock in ("09:00", "10:00", "10:30")] == [a, b, c]
    assert [counter.hold("09:30").desk_id for _ in range(3)] == [a, b, c]
    with pytest.raises(BookingRefused, match="taken"):
        counter.hold("09:30")


def test_a_busy_yesterday_makes_no_desk_busier_today(open_counter: Opener) -> None:
    counter = open_counter(small(desk("a"), desk("b")))
    counter.book("10:30")
    assert counter.hold("09:00", day=TUESDAY).desk_id == counter.offer.desk_ids["a"]


def test_a_desk_serves_two_services_one_at_a_time(open_counter: Opener) -> None:
    both = (service(), service("long", duration=50))
    counter = open_counter(small(desk("d", opening("09:00", "12:00")), services=both))
    long = counter.offer_of("long")
    counter.hold("09:30", offer=long)
    assert counter.free() == "09:00 10:30 11:00 11:30"
    with pytest.raises(BookingRefused, match="taken"):
        counter.hold("10:00")
    with pytest.raises(BookingRefused, match="taken"):
        counter.hold("09:00", offer=long)


# Holds that run out


def test_a_lapsed_hold_of_another_blocks_nobody(counter: BookingEnvironment) -> None:
    lapsed = counter.hold("09:30")
    counter.later(minutes=9, seconds=59)
    assert counter.free() == "09:00 10:00 10:30"
    counter.later(seconds=1)
    assert counter.free() == "09:00 09:30 10:00 10:30"
    mine = counter.hold("09:30")
    counter.session.refresh(lapsed)
    assert (lapsed.state, mine.state) == ("expired", "held")
    assert counter.history(lapsed) == ["held", "expired"]


def test_a_longer_hold_that_lapsed_gives_way_wherever_it_overlaps(open_counter: Opener) -> None:
    long = service("long", duration=90)
    counter = open_counter(small(services=(service(), long)))
    lapsed = counter.hold("09:00", offer=counter.offer_of("long"))
    counter.later(minutes=10)
    counter.hold("10:00")
    counter.session.refresh(lapsed)
    assert lapsed.state == "expired"


def test_ones_own_lapsed_hold_is_confirmed_while_its_time_is_free(
    counter: BookingEnvironment,
) -> None:
    booking = counter.hold("09:30")
    counter.later(hours=1)
    assert counter.confirm(booking).state == "confirmed"


def test_ones_own_expired_hold_is_confirmed_while_its_time_is_free(
    counter: BookingEnvironment,
) -> None:
    booking = counter.hold("09:30")
    counter.later(hours=1)
    assert expiry.expire_lapsed(counter.session, counter.now) == 1
    counter.session.refresh(booking)
    assert booking.state == "expired"
    assert counter.confirm(booking).state == "confirmed"


@pytest.mark.parametrize("confirmed", [False, True], ids=["held", "confirmed"])
def test_a_lapsed_hold_that_another_took_is_refused(
    counter: BookingEnvironment, confirmed: bool
) -> None:
    booking = counter.hold("09:30")
    counter.later(minutes=11)
    theirs = counter.hold("09:30")
    if confirmed:
        counter.confirm(theirs)
    counter.session.refresh(booking)
    with pytest.raises(BookingRefused, match="taken"):
        counter.confirm(booking)
    assert (booking.state, booking.code, booking.details) == ("expired", None, {})


def test_a_lapsed_hold_confirms_over_anothers_lapsed_hold(counter: BookingEnvironment) -> None:
    booking = counter.hold("09:30")
    counter.later(minutes=11)
    theirs = counter.hold("09:30")
    counter.later(minutes=11)
    counter.session.refresh(booking)
    counter.confirm(booking)
    counter.session.refresh(theirs)
    assert (booking.state, theirs.state) == ("confirmed", "expired")


def lasting(open_counter: Opener) -> BookingEnvironment:
    return open_counter(small(services=(service(notice_hours=24),)))


def test_a_live_hold_is_confirmed_though_the_notice_has_meanwhile_begun(
    open_counter: Opener,
) -> None:
    counter = lasting(open_counter)
    counter.now = at("09:25") - timedelta(days=1)
    booking = counter.hold("09:30")
    counter.later(minutes=9)
    assert counter.confirm(booking).state == "confirmed"


def test_a_lapsed_hold_that_is_too_soon_by_now_is_refused(open_counter: Opener) -> None:
    counter = lasting(open_counter)
    counter.now = at("09:25") - timedelta(days=1)
    booking = counter.hold("09:30")
    counter.later(minutes=11)
    with pytest.raises(BookingRefused, match="taken"):
        counter.confirm(booking)


def test_a_hold_whose_time_has_come_is_refused(counter: BookingEnvironment) -> None:
    booking = counter.hold("09:30")
    counter.now = at("09:30")
    with pytest.raises(BookingRefused, match="taken"):
        counter.confirm(booking)


def test_a_hold_is_refused_once_its_desk_no_longer_works_then(counter: BookingEnvironment) -> None:
    booking = counter.hold("09:30")
    counter.reload(small(desk("desk", closures=[closure("2026-12-07")])))
    counter.session.refresh(booking)
    assert booking.state == "expired"
    with pytest.raises(BookingRefused, match="taken"):
        counter.confirm(booking)


@pytest.mark.parametrize("end", ["confirmed", "cancelled"])
def test_only_a_hold_is_confirmed(counter: BookingEnvironment, end: str) -> None:
    booking = counter.book("09:30")
    if end == "cancelled":
        counter.cancel(booking)
    code = booking.code
    with pytest.raises(BookingRefused, match="taken"):
        counter.confirm(booking)
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
    counter: BookingEnvironment, minutes: list[float], until: float
) -> None:
    booking = counter.hold("09:30")
    for minute in minutes:
        assert holds.extend(booking, counter.body.rules, NOW + timedelta(minutes=minute))
    assert booking.held_until == NOW + timedelta(minutes=until)


@pytest.mark.parametrize("minute", [10, 11, 600])
def test_a_hold_that_has_run_out_is_not_extended(counter: BookingEnvironment, minute: int) -> None:
    booking = counter.hold("09:30")
    assert not holds.extend(booking, counter.body.rules, NOW + timedelta(minutes=minute))
    assert booking.held_until == NOW + timedelta(minutes=10)


def test_a_confirmed_booking_is_not_extended(counter: BookingEnvironment) -> None:
    booking = counter.book("09:30")
    assert not holds.extend(booking, counter.body.rules, counter.now)


def test_only_what_has_run_out_expires(counter: BookingEnvironment) -> None:
    counter.hold("09:00")
    kept = counter.book("09:30")
    counter.later(minutes=5)
    live = counter.hold("10:00")
    counter.later(minutes=5)
    assert expiry.expire_lapsed(counter.session, counter.now) == 1
    assert expiry.expire_lapsed(counter.session, counter.now) == 0
    states = {b.starts_at: b.state for b in counter.session.scalars(select(Booking))}
    assert states == {
        utc(at("09:00")): "expired",
        kept.starts_at: "confirmed",
        live.starts_at: "held",
    }


# One hold in place of another


def test_a_new_hold_gives_up_the_old_one(counter: BookingEnvironment) -> None:
    who = counter.citizen()
    old = counter.hold("09:30", who)
    new = counter.hold("10:00", who, old)
    assert new is old
    assert counter.history(old) == ["held", "held"]
    assert counter.free() == "09:00 09:30 10:30"


def test_the_old_hold_stays_when_the_new_time_is_taken(counter: BookingEnvironment) -> None:
    who = counter.citizen()
    old = counter.hold("09:30", who)
    counter.hold("10:00")
    with pytest.raises(BookingRefused, match="taken"):
        counter.hold("10:00", who, old)
    assert old.state == "held"
    assert counter.history(old) == ["held"]
    assert counter.confirm(old).state == "confirmed"


def test_the_same_time_kept_anew_is_no_new_hold(counter: BookingEnvironment) -> None:
    who = counter.citizen()
    booking = counter.hold("09:30", who)
    for _ in range(4):
        counter.later(minutes=6)
        booking = counter.hold("09:30", who, booking)
    assert booking.held_until - booking.held_at == timedelta(minutes=30)
    counter.later(minutes=7)
    assert "09:30" in counter.free()
    anew = counter.hold("09:30", who, booking)
    assert anew.held_at == counter.now


def test_a_lapsed_hold_is_confirmed_at_another_desk(open_counter: Opener) -> None:
    counter = open_counter(small(desk("one"), desk("two")))
    slow = counter.hold("09:30")
    counter.later(minutes=11)
    quick = counter.book("09:30")
    assert quick.desk_id == slow.desk_id
    assert counter.confirm(slow).state == "confirmed"
    assert slow.desk_id != quick.desk_id


def test_a_hold_can_be_replaced_by_one_that_overlaps_it(open_counter: Opener) -> None:
    counter = open_counter(
        small(desk("d", opening("09:00", "11:00")), services=(service(duration=50, interval=30),))
    )
    who = counter.citizen()
    old = counter.hold("09:00", who)
    assert counter.free(old) == "09:00 09:30 10:00"
    assert counter.hold("09:30", who, old).starts_at == utc(at("09:30"))


def test_a_released_time_is_free_at_once(counter: BookingEnvironment) -> None:
    booking = counter.hold("09:30")
    holds.release(counter.session, booking, counter.now, counter.citizen())
    assert counter.free() == "09:00 09:30 10:00 10:30"
    holds.release(counter.session, booking, counter.now, counter.citizen())
    assert counter.history(booking) == ["held", "released"]


def test_a_confirmed_booking_is_not_released(counter: BookingEnvironment) -> None:
    booking = counter.book("09:30")
    holds.release(counter.session, booking, counter.now, counter.citizen())
    assert booking.state == "confirmed"


def test_times_of_the_hour_that_comes_twice_are_told_apart(open_counter: Opener) -> None:
    """On Lord Howe Island the clocks go from 02:00 back to 01:30 on 4 April 2027."""
    zone = ZoneInfo("Australia/Lord_Howe")
    nightly = desk("desk", opening("00:30", "04:00"))
    counter = open_counter(small(nightly, timezone=zone.key, services=(service(interval=5),)))
    first = datetime(2027, 4, 4, 1, 50, tzinfo=zone)
    second = first.replace(fold=1)

    def hold(start: datetime) -> Booking:
        who = counter.citizen()
        return holds.hold(counter.session, counter.offer, start, counter.now, who)

    counter.now = first - timedelta(minutes=10)
    held = hold(first)
    assert held.ends_at - held.starts_at == timedelta(minutes=30)
    counter.now = first + timedelta(minutes=5)
    assert hold(second).starts_at == utc(second)
