"""How many appointments and holds one may have, on a real database."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.actor import Actor
from core.bookings import service as bookings
from core.errors import BookingRefused
from tests.core.booking_environment import PHONE, BookingEnvironment
from tests.core.small_municipality import MONDAY, at, service, small

Opener = Callable[..., BookingEnvironment]
TUESDAY = MONDAY + timedelta(days=1)


def test_a_citizen_has_two_open_bookings_of_a_service(counter: BookingEnvironment) -> None:
    who = counter.citizen()
    counter.book("09:00", who)
    counter.book("09:30", who)
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        counter.hold("10:00", who)
    counter.hold("10:00")


def test_the_cap_is_looked_at_again_when_confirming(counter: BookingEnvironment) -> None:
    who = counter.citizen()
    held = [counter.hold(clock, who) for clock in ("09:00", "09:30", "10:00")]
    for booking in held[:2]:
        counter.confirm(booking, phone=f"+30690000000{booking.id}")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        counter.confirm(held[2], phone="+306900000009")
    assert held[2].state == "held"


def test_a_phone_number_has_the_same_cap_from_whatever_chat(counter: BookingEnvironment) -> None:
    for clock in ("09:00", "09:30"):
        counter.confirm(counter.hold(clock))
    third = counter.hold("10:00")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        counter.confirm(third)
    assert counter.confirm(third, phone="+306987654321").state == "confirmed"


def test_the_cap_of_a_phone_number_holds_for_edited_details_too(
    counter: BookingEnvironment,
) -> None:
    for clock in ("09:00", "09:30"):
        counter.confirm(counter.hold(clock))
    third = counter.book("10:00")
    who = Actor(third.citizen_id, "webchat", "el", "Europe/Athens")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        bookings.edit(counter.session, counter.registry, third, {"phone": PHONE}, counter.now, who)
    assert third.details["phone"] != PHONE


def test_bookings_that_ended_or_are_of_another_service_do_not_count(open_counter: Opener) -> None:
    counter = open_counter(small(services=(service(), service("other"))))
    who = counter.citizen()
    counter.cancel(counter.book("09:00", who))
    counter.book("09:30", who)
    counter.confirm(
        counter.hold("10:00", who, offer=counter.offer_of("other")), offer=counter.offer_of("other")
    )
    counter.book("10:30", who)
    counter.now = at("10:00")
    counter.hold("09:00", who, day=TUESDAY)


def test_a_network_keeps_only_so_many_times_at_once(open_counter: Opener) -> None:
    counter = open_counter(small(rules={"holds_per_address": 2}))
    counter.hold("09:00", counter.citizen("net"))
    second = counter.citizen("net")
    old = counter.hold("09:30", second)
    with pytest.raises(BookingRefused, match="too_many_holds"):
        counter.hold("10:00", counter.citizen("net"))
    counter.hold("10:00", second, old)
    counter.hold("10:30", counter.citizen("elsewhere"))
    counter.later(minutes=10)
    counter.hold("09:00", counter.citizen("net"))


def test_a_lapsed_hold_makes_no_room_for_one_more(open_counter: Opener) -> None:
    counter = open_counter(small(rules={"holds_per_address": 1}))
    who = counter.citizen("net")
    old = counter.hold("09:00", who)
    counter.later(minutes=11)
    counter.hold("09:30", counter.citizen("net"))
    with pytest.raises(BookingRefused, match="too_many_holds"):
        counter.hold("10:00", who, old)
