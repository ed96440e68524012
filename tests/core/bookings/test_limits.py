"""The limits of appointments and holds, on a real database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.actor import Actor
from core.bookings import service as bookings
from core.bookings.limits import forget_confirmations
from core.db.models import Confirmation
from core.errors import BookingRefused
from core.i18n import _
from tests.core.booking_environment import DETAILS, PHONE, BookingEnvironment
from tests.core.conftest import mostly_on_sqlite
from tests.core.small_municipality import MONDAY, at, desk, service, small

MakeEnv = Callable[..., BookingEnvironment]
TUESDAY = MONDAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("ΜΑΡΙΑ  ΠΑΠΑΔΟΠΟΥΛΟΥ", True),
        ("Παπαδοπούλου Μαρία", True),
        ("Γιώργος Παπαδόπουλος", False),
    ],
)
def test_each_attendee_has_two_open_bookings_of_a_service(
    env: BookingEnvironment, name: str, same: bool
) -> None:
    """A citizen may book for a family, also with one telephone."""
    who = env.citizen()
    for clock in ("09:00", "09:30"):
        env.confirm(env.hold(clock, who), who)
    third = env.hold("10:00", who)
    if same:
        with pytest.raises(BookingRefused, match="too_many_bookings"):
            env.confirm(third, who, name=name)
    else:
        assert env.confirm(third, who, name=name).state == "confirmed"


def test_a_citizen_has_a_maximum_of_bookings_for_all_attendees(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"open_bookings_per_citizen": 3}))
    who = env.citizen()
    waiting = env.hold("10:30", who)
    for clock, name in (("09:00", "Α Β"), ("09:30", "Γ Δ"), ("10:00", "Ε Ζ")):
        env.confirm(env.hold(clock, who), who, name=name)
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        env.hold("10:30", who)
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        env.confirm(waiting, who, name="Η Θ")


def test_the_maximum_of_a_citizen_is_that_of_an_attendee_at_least(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"open_bookings": 3, "open_bookings_per_citizen": 2}))
    who = env.citizen()
    for clock in ("09:00", "09:30", "10:00"):
        env.confirm(env.hold(clock, who), who)
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        env.hold("10:30", who)


def test_the_limit_of_an_attendee_holds_for_a_name_edited_later(env: BookingEnvironment) -> None:
    who, name = env.citizen(), DETAILS["name"]
    for clock in ("09:00", "09:30"):
        first = env.confirm(env.hold(clock, who), who)
    third = env.confirm(env.hold("10:00", who), who, name="Γιώργος Παπαδόπουλος")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        bookings.edit(env.session, env.registry, third, {"name": name}, env.now, who)
    assert third.details["name"] == "Γιώργος Παπαδόπουλος"
    bookings.edit(env.session, env.registry, third, {"name": "Ελένη Γ"}, env.now, who)
    # The same person's name may be corrected, whatever there is.
    bookings.edit(env.session, env.registry, first, {"name": name.upper()}, env.now, who)
    assert first.details["name"] == name.upper()


def test_a_name_edited_later_counts_for_a_proven_number_too(env: BookingEnvironment) -> None:
    for clock in ("09:00", "09:30"):
        who = owner(env)
        env.confirm(env.hold(clock, who), who)
    who = owner(env)
    third = env.confirm(env.hold("10:00", who), who, name="Γιώργος Παπαδόπουλος")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        changed = {"name": DETAILS["name"]}
        bookings.edit(env.session, env.registry, third, changed, env.now, who)


def test_the_cap_is_looked_at_again_when_confirming(env: BookingEnvironment) -> None:
    who = env.citizen()
    held = [env.hold(clock, who) for clock in ("09:00", "09:30", "10:00")]
    for booking in held[:2]:
        env.confirm(booking, phone=f"+30690000000{booking.id}")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        env.confirm(held[2], phone="+306900000009")
    assert held[2].state == "held"


def owner(env: BookingEnvironment, phone: str = PHONE) -> Actor:
    """A citizen, in a conversation of their own, who has proven that the number is theirs."""
    return replace(env.citizen(), proven_phone=env.registry.keyed_hash(phone))


def test_strangers_who_give_a_number_stop_nobody(env: BookingEnvironment) -> None:
    """Neither who owns it nor others, who would learn that bookings exist."""
    for clock in ("09:00", "09:30"):
        env.confirm(env.hold(clock))
    assert env.confirm(env.hold("10:00")).phone_proven is False
    who = owner(env)
    assert env.confirm(env.hold("10:30", who), who).phone_proven is True


def test_a_proven_number_has_the_same_cap_from_whatever_chat(env: BookingEnvironment) -> None:
    for clock in ("09:00", "09:30"):
        who = owner(env)
        env.confirm(env.hold(clock, who), who)
    third = owner(env)
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        env.confirm(env.hold("10:00", third), third)
    # A neighbour who gives that number learns nothing of its owner's bookings.
    assert env.confirm(env.hold("10:30")).state == "confirmed"


def test_a_number_that_is_not_the_proven_one_is_no_owner_s(env: BookingEnvironment) -> None:
    for clock in ("09:00", "09:30"):
        who = owner(env)
        env.confirm(env.hold(clock, who), who)
    other = owner(env, "+306999999999")
    assert env.confirm(env.hold("10:00", other), other).phone_proven is False


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("ΜΑΡΙΑ  ΠΑΠΑΔΟΠΟΥΛΟΥ", True),
        ("Παπαδοπούλου Μαρία", True),
        ("Γιώργος Παπαδόπουλος", False),
    ],
)
def test_a_family_on_one_telephone_is_counted_by_attendee(
    env: BookingEnvironment, name: str, same: bool
) -> None:
    for clock in ("09:00", "09:30"):
        who = owner(env)
        env.confirm(env.hold(clock, who), who)
    who = owner(env)
    third = env.hold("10:00", who)
    if same:
        with pytest.raises(BookingRefused, match="too_many_bookings"):
            env.confirm(third, who, name=name)
    else:
        assert env.confirm(third, who, name=name).state == "confirmed"


def test_the_cap_of_a_proven_number_holds_for_edited_details_too(
    env: BookingEnvironment,
) -> None:
    for clock in ("09:00", "09:30"):
        who = owner(env)
        env.confirm(env.hold(clock, who), who)
    who = owner(env)
    third = env.confirm(env.hold("10:00", who), who, phone="+306900000003")
    with pytest.raises(BookingRefused, match="too_many_bookings"):
        bookings.edit(env.session, env.registry, third, {"phone": PHONE}, env.now, who)
    assert third.details["phone"] != PHONE
    bookings.edit(env.session, env.registry, third, {"phone": PHONE, "name": "Β Γ"}, env.now, who)
    assert third.phone_proven is True


@mostly_on_sqlite
def test_an_address_confirms_thirty_bookings_a_day(make_env: MakeEnv) -> None:
    desks = [desk(f"desk-{number}") for number in range(32)]
    env = make_env(small(*desks))
    waiting = env.citizen("net")
    last = env.hold("09:30", waiting)
    for number in range(30):
        who = env.citizen("net")
        booked = env.confirm(env.hold("09:00", who), who, phone=f"+3069{number:08}")
        if number % 2:
            env.cancel(booked)
    with pytest.raises(BookingRefused, match="too_many_confirmations"):
        env.hold("09:30", env.citizen("net"))
    with pytest.raises(BookingRefused, match="too_many_confirmations") as refused:
        env.confirm(last, waiting)
    office = _("call the office at {phone}", phone="2100000000")
    assert refused.value.text.args["call_the_office"] == office
    for other in ("elsewhere", None):
        env.hold("10:00", env.citizen(other))
    proven = replace(owner(env), network="net")
    assert env.confirm(env.hold("10:00", proven), proven).state == "confirmed"
    env.later(hours=23, minutes=59)
    with pytest.raises(BookingRefused, match="too_many_confirmations"):
        env.hold("09:30", env.citizen("net"))
    env.later(minutes=1)
    forget_confirmations(env.session, env.now)
    assert env.session.scalars(select(Confirmation)).all() == []
    assert env.confirm(last, waiting).state == "confirmed"


def test_a_municipality_says_how_many_an_address_confirms(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"confirmations_per_address": 1}))
    for _town in range(2):
        who = env.citizen("net")
        env.confirm(env.hold("09:00", who), who)
        with pytest.raises(BookingRefused, match="too_many_confirmations"):
            env.hold("09:30", env.citizen("net"))
        env.reload(small(id="village", rules={"confirmations_per_address": 1}))


def test_bookings_that_ended_or_are_of_another_service_do_not_count(make_env: MakeEnv) -> None:
    env = make_env(small(services=(service(), service("other"))))
    who = env.citizen()
    env.cancel(env.book("09:00", who))
    env.book("09:30", who)
    env.confirm(env.hold("10:00", who, offer=env.offer_of("other")), offer=env.offer_of("other"))
    env.book("10:30", who)
    env.now = at("10:00")
    env.hold("09:00", who, day=TUESDAY)


def test_a_citizen_holds_one_time_only(make_env: MakeEnv) -> None:
    env = make_env(small(desk("one"), desk("two")))
    who, other = env.citizen("net"), env.citizen("net")
    first, neighbour, second = (
        env.hold("09:00", who),
        env.hold("09:00", other),
        env.hold("09:30", who),
    )
    assert [first.state, neighbour.state, second.state] == ["expired", "held", "held"]
    assert env.history(first) == ["held", "released"]
    env.confirm(second, who)
    env.hold("10:00", who)
    assert second.state == "confirmed"


def test_a_refused_time_leaves_the_one_that_is_held(env: BookingEnvironment) -> None:
    who = env.citizen()
    held = env.hold("09:00", who)
    env.hold("09:30")
    with pytest.raises(BookingRefused, match="taken"):
        env.hold("09:30", who)
    assert held.state == "held"


@mostly_on_sqlite
def test_many_may_keep_a_time_from_one_address(make_env: MakeEnv) -> None:
    desks = [desk(f"desk-{number}") for number in range(25)]
    env = make_env(small(*desks))
    held = [env.hold(clock, env.citizen("net")) for clock in ("09:00", "09:30") * 25]
    assert {booking.state for booking in held} == {"held"}


def test_an_address_keeps_only_so_many_times_at_once(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"holds_per_address": 2}))
    env.hold("09:00", env.citizen("net"))
    second = env.citizen("net")
    old = env.hold("09:30", second)
    with pytest.raises(BookingRefused, match="too_many_holds") as refused:
        env.hold("10:00", env.citizen("net"))
    assert refused.value.text.args["call_the_office"] == _(
        "call the office at {phone}", phone="2100000000"
    )
    env.hold("10:00", second, old)
    env.hold("10:30", env.citizen("elsewhere"))
    env.later(minutes=10)
    env.hold("09:00", env.citizen("net"))


def test_an_address_that_reached_a_limit_keeps_times_elsewhere(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"holds_per_address": 1}))
    env.hold("09:00", env.citizen("net"))
    env.reload(small(id="village", rules={"holds_per_address": 1}))
    env.hold("09:00", env.citizen("net"))
    with pytest.raises(BookingRefused, match="too_many_holds"):
        env.hold("09:30", env.citizen("net"))


def test_a_lapsed_hold_makes_no_room_for_one_more(make_env: MakeEnv) -> None:
    env = make_env(small(rules={"holds_per_address": 1}))
    who = env.citizen("net")
    old = env.hold("09:00", who)
    env.later(minutes=11)
    env.hold("09:30", env.citizen("net"))
    with pytest.raises(BookingRefused, match="too_many_holds"):
        env.hold("10:00", who, old)
