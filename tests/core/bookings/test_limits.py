"""How many appointments and holds one may have, on a real database."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.actor import Actor
from core.bookings import service as bookings
from core.errors import BookingRefused
from tests.core.booking_environment import PHONE, BookingEnvironment
from tests.core.small_municipality import MONDAY, at, service, small_municipality

MakeEnvironment = Callable[..., BookingEnvironment]
TUESDAY = MONDAY + timedelta(days=1)


def test_a_citizen_has_two_open_bookings_of_a_service(environment: BookingEnvironment) -> None:
    who = environment.citizen()
    environment.book("09:00", who)
    environment.book("09:30", who)
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        environment.hold("10:00", who)
    environment.hold("10:00")


def test_the_cap_is_looked_at_again_when_confirming(environment: BookingEnvironment) -> None:
    who = environment.citizen()
    held = [environment.hold(clock, who) for clock in ("09:00", "09:30", "10:00")]
    for booking in held[:2]:
        environment.confirm(booking, phone=f"+30690000000{booking.id}")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        environment.confirm(held[2], phone="+306900000009")
    assert held[2].state == "held"


def test_a_phone_number_has_the_same_cap_from_whatever_chat(
    environment: BookingEnvironment,
) -> None:
    for clock in ("09:00", "09:30"):
        environment.confirm(environment.hold(clock))
    third = environment.hold("10:00")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        environment.confirm(third)
    assert environment.confirm(third, phone="+306987654321").state == "confirmed"


def test_the_cap_of_a_phone_number_holds_for_edited_details_too(
    environment: BookingEnvironment,
) -> None:
    for clock in ("09:00", "09:30"):
        environment.confirm(environment.hold(clock))
    third = environment.book("10:00")
    who = Actor(third.citizen_id, "webchat", "el", "Europe/Athens")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        bookings.edit(
            environment.session, environment.registry, third, {"phone": PHONE}, environment.now, who
        )
    assert third.details["phone"] != PHONE


def test_bookings_that_ended_or_are_of_another_service_do_not_count(
    make_environment: MakeEnvironment,
) -> None:
    environment = make_environment(small_municipality(services=(service(), service("other"))))
    who = environment.citizen()
    environment.cancel(environment.book("09:00", who))
    environment.book("09:30", who)
    environment.confirm(
        environment.hold("10:00", who, offer=environment.offer_of("other")),
        offer=environment.offer_of("other"),
    )
    environment.book("10:30", who)
    environment.now = at("10:00")
    environment.hold("09:00", who, day=TUESDAY)


def test_a_network_keeps_only_so_many_times_at_once(make_environment: MakeEnvironment) -> None:
    environment = make_environment(small_municipality(rules={"holds_per_address": 2}))
    environment.hold("09:00", environment.citizen("net"))
    second = environment.citizen("net")
    old = environment.hold("09:30", second)
    with pytest.raises(BookingRefused, match="too_many_holds"):
        environment.hold("10:00", environment.citizen("net"))
    environment.hold("10:00", second, old)
    environment.hold("10:30", environment.citizen("elsewhere"))
    environment.later(minutes=10)
    environment.hold("09:00", environment.citizen("net"))


def test_a_lapsed_hold_makes_no_room_for_one_more(make_environment: MakeEnvironment) -> None:
    environment = make_environment(small_municipality(rules={"holds_per_address": 1}))
    who = environment.citizen("net")
    old = environment.hold("09:00", who)
    environment.later(minutes=11)
    environment.hold("09:30", environment.citizen("net"))
    with pytest.raises(BookingRefused, match="too_many_holds"):
        environment.hold("10:00", who, old)
