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
    small_municipality,
    utc,
    words,
)

MakeEnvironment = Callable[..., BookingEnvironment]
CONSENT = {
    "id": "details",
    "version": "2",
    "title": words("Details"),
    "text": words("I agree"),
    "withdrawable": True,
}


def test_a_held_time_is_kept_from_others(environment: BookingEnvironment) -> None:
    booking = environment.hold("09:30")
    assert (booking.state, booking.starts_at, booking.ends_at) == (
        "held",
        utc(at("09:30")),
        utc(at("10:00")),
    )
    assert booking.held_until == environment.now + timedelta(minutes=10)
    assert (booking.code, booking.details) == (None, {})
    assert environment.free() == "09:00 10:00 10:30"
    with pytest.raises(BookingRefused, match="taken"):
        environment.hold("09:30")


def test_a_confirmed_booking_has_a_code_details_and_language(
    environment: BookingEnvironment,
) -> None:
    booking = environment.hold("09:30")
    actor = Actor(booking.citizen_id, "viber", "en", "Australia/Melbourne")
    environment.confirm(booking, actor)
    assert booking.state == "confirmed"
    assert is_code(booking.code or "")
    assert (booking.details["email"], booking.details["phone"]) == (EMAIL, PHONE)
    assert booking.phone_hash == environment.registry.keyed_hash(PHONE)
    assert PHONE not in (booking.phone_hash or "")
    assert (booking.language, booking.timezone) == ("en", "Australia/Melbourne")
    assert (booking.consent_version, booking.consented_at) == (None, None)
    environment.later(hours=2)
    assert environment.free() == "09:00 10:00 10:30"


def test_a_consent_is_kept_with_its_version_and_time(make_environment: MakeEnvironment) -> None:
    environment = make_environment(small_municipality(consents=[CONSENT]))
    booking = environment.confirm(environment.hold("09:30"), consent=environment.body.consents[0])
    assert (booking.consent_version, booking.consented_at) == ("details 2", utc(environment.now))


def test_a_code_that_is_in_use_is_drawn_again(environment: BookingEnvironment) -> None:
    first, second = environment.hold("09:00"), environment.hold("09:30")
    drawn = iter("AEHK23" + "AEHK23" + "AEHK24")
    environment.choose = lambda _signs: next(drawn)
    environment.confirm(first)
    environment.confirm(second, phone="+306900000000")
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
    environment: BookingEnvironment, clock: str, day: Any
) -> None:
    environment.later(seconds=1)
    with pytest.raises(BookingRefused, match="taken"):
        environment.hold(clock, day=day)


# Desks


def test_the_least_busy_desk_of_the_day_serves_first(make_environment: MakeEnvironment) -> None:
    environment = make_environment(small_municipality(desk("a"), desk("b"), desk("c")))
    a, b, c = (environment.offer.desk_ids[name] for name in "abc")
    for clock in ("09:00", "09:30"):
        environment.book(clock, day=TUESDAY)
    assert [environment.hold(clock).desk_id for clock in ("09:00", "10:00", "10:30")] == [a, b, c]
    assert [environment.hold("09:30").desk_id for _ in range(3)] == [a, b, c]
    with pytest.raises(BookingRefused, match="taken"):
        environment.hold("09:30")


def test_a_busy_yesterday_makes_no_desk_busier_today(make_environment: MakeEnvironment) -> None:
    environment = make_environment(small_municipality(desk("a"), desk("b")))
    environment.book("10:30")
    assert environment.hold("09:00", day=TUESDAY).desk_id == environment.offer.desk_ids["a"]


def test_a_desk_serves_two_services_one_at_a_time(make_environment: MakeEnvironment) -> None:
    both = (service(), service("long", duration=50))
    environment = make_environment(
        small_municipality(desk("d", opening("09:00", "12:00")), services=both)
    )
    long = environment.offer_of("long")
    environment.hold("09:30", offer=long)
    assert environment.free() == "09:00 10:30 11:00 11:30"
    with pytest.raises(BookingRefused, match="taken"):
        environment.hold("10:00")
    with pytest.raises(BookingRefused, match="taken"):
        environment.hold("09:00", offer=long)


# Holds that run out


def test_a_lapsed_hold_of_another_blocks_nobody(environment: BookingEnvironment) -> None:
    lapsed = environment.hold("09:30")
    environment.later(minutes=9, seconds=59)
    assert environment.free() == "09:00 10:00 10:30"
    environment.later(seconds=1)
    assert environment.free() == "09:00 09:30 10:00 10:30"
    mine = environment.hold("09:30")
    environment.session.refresh(lapsed)
    assert (lapsed.state, mine.state) == ("expired", "held")
    assert environment.history(lapsed) == ["held", "expired"]


def test_a_longer_hold_that_lapsed_gives_way_wherever_it_overlaps(
    make_environment: MakeEnvironment,
) -> None:
    long = service("long", duration=90)
    environment = make_environment(small_municipality(services=(service(), long)))
    lapsed = environment.hold("09:00", offer=environment.offer_of("long"))
    environment.later(minutes=10)
    environment.hold("10:00")
    environment.session.refresh(lapsed)
    assert lapsed.state == "expired"


def test_ones_own_lapsed_hold_is_confirmed_while_its_time_is_free(
    environment: BookingEnvironment,
) -> None:
    booking = environment.hold("09:30")
    environment.later(hours=1)
    assert environment.confirm(booking).state == "confirmed"


def test_ones_own_expired_hold_is_confirmed_while_its_time_is_free(
    environment: BookingEnvironment,
) -> None:
    booking = environment.hold("09:30")
    environment.later(hours=1)
    assert expiry.expire_lapsed(environment.session, environment.now) == 1
    environment.session.refresh(booking)
    assert booking.state == "expired"
    assert environment.confirm(booking).state == "confirmed"


@pytest.mark.parametrize("confirmed", [False, True], ids=["held", "confirmed"])
def test_a_lapsed_hold_that_another_took_is_refused(
    environment: BookingEnvironment, confirmed: bool
) -> None:
    booking = environment.hold("09:30")
    environment.later(minutes=11)
    theirs = environment.hold("09:30")
    if confirmed:
        environment.confirm(theirs)
    environment.session.refresh(booking)
    with pytest.raises(BookingRefused, match="taken"):
        environment.confirm(booking)
    assert (booking.state, booking.code, booking.details) == ("expired", None, {})


def test_a_lapsed_hold_confirms_over_anothers_lapsed_hold(environment: BookingEnvironment) -> None:
    booking = environment.hold("09:30")
    environment.later(minutes=11)
    theirs = environment.hold("09:30")
    environment.later(minutes=11)
    environment.session.refresh(booking)
    environment.confirm(booking)
    environment.session.refresh(theirs)
    assert (booking.state, theirs.state) == ("confirmed", "expired")


def lasting(make_environment: MakeEnvironment) -> BookingEnvironment:
    return make_environment(small_municipality(services=(service(notice_hours=24),)))


def test_a_live_hold_is_confirmed_though_the_notice_has_meanwhile_begun(
    make_environment: MakeEnvironment,
) -> None:
    environment = lasting(make_environment)
    environment.now = at("09:25") - timedelta(days=1)
    booking = environment.hold("09:30")
    environment.later(minutes=9)
    assert environment.confirm(booking).state == "confirmed"


def test_a_lapsed_hold_that_is_too_soon_by_now_is_refused(
    make_environment: MakeEnvironment,
) -> None:
    environment = lasting(make_environment)
    environment.now = at("09:25") - timedelta(days=1)
    booking = environment.hold("09:30")
    environment.later(minutes=11)
    with pytest.raises(BookingRefused, match="taken"):
        environment.confirm(booking)


def test_a_hold_whose_time_has_come_is_refused(environment: BookingEnvironment) -> None:
    booking = environment.hold("09:30")
    environment.now = at("09:30")
    with pytest.raises(BookingRefused, match="taken"):
        environment.confirm(booking)


def test_a_hold_is_refused_once_its_desk_no_longer_works_then(
    environment: BookingEnvironment,
) -> None:
    booking = environment.hold("09:30")
    environment.reload(small_municipality(desk("desk", closures=[closure("2026-12-07")])))
    environment.session.refresh(booking)
    assert booking.state == "expired"
    with pytest.raises(BookingRefused, match="taken"):
        environment.confirm(booking)


@pytest.mark.parametrize("end", ["confirmed", "cancelled"])
def test_only_a_hold_is_confirmed(environment: BookingEnvironment, end: str) -> None:
    booking = environment.book("09:30")
    if end == "cancelled":
        environment.cancel(booking)
    code = booking.code
    with pytest.raises(BookingRefused, match="taken"):
        environment.confirm(booking)
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
    environment: BookingEnvironment, minutes: list[float], until: float
) -> None:
    booking = environment.hold("09:30")
    for minute in minutes:
        assert holds.extend(booking, environment.body.rules, NOW + timedelta(minutes=minute))
    assert booking.held_until == NOW + timedelta(minutes=until)


@pytest.mark.parametrize("minute", [10, 11, 600])
def test_a_hold_that_has_run_out_is_not_extended(
    environment: BookingEnvironment, minute: int
) -> None:
    booking = environment.hold("09:30")
    assert not holds.extend(booking, environment.body.rules, NOW + timedelta(minutes=minute))
    assert booking.held_until == NOW + timedelta(minutes=10)


def test_a_confirmed_booking_is_not_extended(environment: BookingEnvironment) -> None:
    booking = environment.book("09:30")
    assert not holds.extend(booking, environment.body.rules, environment.now)


def test_only_what_has_run_out_expires(environment: BookingEnvironment) -> None:
    environment.hold("09:00")
    kept = environment.book("09:30")
    environment.later(minutes=5)
    live = environment.hold("10:00")
    environment.later(minutes=5)
    assert expiry.expire_lapsed(environment.session, environment.now) == 1
    assert expiry.expire_lapsed(environment.session, environment.now) == 0
    states = {b.starts_at: b.state for b in environment.session.scalars(select(Booking))}
    assert states == {
        utc(at("09:00")): "expired",
        kept.starts_at: "confirmed",
        live.starts_at: "held",
    }


# One hold in place of another


def test_a_new_hold_gives_up_the_old_one(environment: BookingEnvironment) -> None:
    who = environment.citizen()
    old = environment.hold("09:30", who)
    new = environment.hold("10:00", who, old)
    assert new is old
    assert environment.history(old) == ["held", "held"]
    assert environment.free() == "09:00 09:30 10:30"


def test_the_old_hold_stays_when_the_new_time_is_taken(environment: BookingEnvironment) -> None:
    who = environment.citizen()
    old = environment.hold("09:30", who)
    environment.hold("10:00")
    with pytest.raises(BookingRefused, match="taken"):
        environment.hold("10:00", who, old)
    assert old.state == "held"
    assert environment.history(old) == ["held"]
    assert environment.confirm(old).state == "confirmed"


def test_the_same_time_kept_anew_is_no_new_hold(environment: BookingEnvironment) -> None:
    who = environment.citizen()
    booking = environment.hold("09:30", who)
    for _ in range(4):
        environment.later(minutes=6)
        booking = environment.hold("09:30", who, booking)
    assert booking.held_until - booking.held_at == timedelta(minutes=30)
    environment.later(minutes=7)
    assert "09:30" in environment.free()
    anew = environment.hold("09:30", who, booking)
    assert anew.held_at == environment.now


def test_a_lapsed_hold_is_confirmed_at_another_desk(make_environment: MakeEnvironment) -> None:
    environment = make_environment(small_municipality(desk("one"), desk("two")))
    slow = environment.hold("09:30")
    environment.later(minutes=11)
    quick = environment.book("09:30")
    assert quick.desk_id == slow.desk_id
    assert environment.confirm(slow).state == "confirmed"
    assert slow.desk_id != quick.desk_id


def test_a_hold_can_be_replaced_by_one_that_overlaps_it(make_environment: MakeEnvironment) -> None:
    environment = make_environment(
        small_municipality(
            desk("d", opening("09:00", "11:00")), services=(service(duration=50, interval=30),)
        )
    )
    who = environment.citizen()
    old = environment.hold("09:00", who)
    assert environment.free(old) == "09:00 09:30 10:00"
    assert environment.hold("09:30", who, old).starts_at == utc(at("09:30"))


def test_a_released_time_is_free_at_once(environment: BookingEnvironment) -> None:
    booking = environment.hold("09:30")
    holds.release(environment.session, booking, environment.now, environment.citizen())
    assert environment.free() == "09:00 09:30 10:00 10:30"
    holds.release(environment.session, booking, environment.now, environment.citizen())
    assert environment.history(booking) == ["held", "released"]


def test_a_confirmed_booking_is_not_released(environment: BookingEnvironment) -> None:
    booking = environment.book("09:30")
    holds.release(environment.session, booking, environment.now, environment.citizen())
    assert booking.state == "confirmed"


def test_times_of_the_hour_that_comes_twice_are_told_apart(
    make_environment: MakeEnvironment,
) -> None:
    """On Lord Howe Island the clocks go from 02:00 back to 01:30 on 4 April 2027."""
    zone = ZoneInfo("Australia/Lord_Howe")
    nightly = desk("desk", opening("00:30", "04:00"))
    environment = make_environment(
        small_municipality(nightly, timezone=zone.key, services=(service(interval=5),))
    )
    first = datetime(2027, 4, 4, 1, 50, tzinfo=zone)
    second = first.replace(fold=1)

    def hold(start: datetime) -> Booking:
        who = environment.citizen()
        return holds.hold(environment.session, environment.offer, start, environment.now, who)

    environment.now = first - timedelta(minutes=10)
    held = hold(first)
    assert held.ends_at - held.starts_at == timedelta(minutes=30)
    environment.now = first + timedelta(minutes=5)
    assert hold(second).starts_at == utc(second)
