"""A code and a phone number prove that a booking is one's own; guessing is stopped."""

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.bookings.lookup import check_unlocked, find_booking
from core.db.models import Booking, FailedAttempt
from core.errors import BookingRefused
from tests.core.booking_environment import PHONE, BookingEnvironment
from tests.core.small_municipality import at

HERE, OTHER = ["contact", "network"], ["owner", "home"]


@pytest.fixture
def booking(environment: BookingEnvironment) -> Booking:
    return environment.confirm(environment.hold("09:30"))


def find(
    environment: BookingEnvironment,
    code: str | None,
    phone: str = PHONE,
    sources: list[str] | None = None,
) -> Booking | None:
    where = sources or HERE
    return find_booking(
        environment.session, environment.registry, code or "", phone, where, environment.now
    )


def guess(environment: BookingEnvironment, times: int, sources: list[str] | None = None) -> None:
    for _ in range(times):
        with suppress(BookingRefused):
            assert find(environment, "AA2222", sources=sources) is None


def test_code_and_phone_find_the_booking(environment: BookingEnvironment, booking: Booking) -> None:
    assert find(environment, booking.code) is booking
    assert find(environment, (booking.code or "").lower()) is booking
    assert environment.session.scalars(select(FailedAttempt)).all() == []


@pytest.mark.parametrize("wrong", ["code", "phone"])
def test_one_without_the_other_finds_nothing_and_counts(
    environment: BookingEnvironment, booking: Booking, wrong: str
) -> None:
    code = "AA2222" if wrong == "code" else booking.code
    phone = "+306999999999" if wrong == "phone" else PHONE
    assert find(environment, code, phone) is None
    tries = environment.session.scalars(select(FailedAttempt.source)).all()
    assert sorted(tries) == HERE


@pytest.mark.parametrize("state", ["held", "cancelled", "expired", "completed", "no_show"])
def test_only_a_confirmed_booking_is_found(
    environment: BookingEnvironment, booking: Booking, state: str
) -> None:
    booking.state = state
    assert find(environment, booking.code) is None


def test_a_booking_is_found_until_it_ends(
    environment: BookingEnvironment, booking: Booking
) -> None:
    environment.now = at("09:59")
    assert find(environment, booking.code) is booking
    environment.now = at("10:00")
    assert find(environment, booking.code) is None


def test_five_wrong_tries_lock_the_contact_and_the_network(
    environment: BookingEnvironment, booking: Booking
) -> None:
    for _ in range(4):
        assert find(environment, "AA2222") is None
    assert find(environment, booking.code) is booking
    with pytest.raises(BookingRefused, match="locked"):
        find(environment, "AA2222")
    for sources in (HERE, ["contact"], ["network"], ["contact", "home"], ["owner", "network"]):
        with pytest.raises(BookingRefused, match="locked"):
            find(environment, booking.code, sources=sources)
        with pytest.raises(BookingRefused, match="locked"):
            check_unlocked(environment.session, sources, environment.now)


def test_the_booking_itself_is_never_locked(
    environment: BookingEnvironment, booking: Booking
) -> None:
    for _ in range(4):
        assert find(environment, booking.code, "+306999999999") is None
    with pytest.raises(BookingRefused, match="locked"):
        find(environment, booking.code, "+306999999999")
    with pytest.raises(BookingRefused, match="locked"):
        find(environment, booking.code)
    assert find(environment, booking.code, sources=OTHER) is booking


def test_tries_from_many_contacts_lock_their_common_network(
    environment: BookingEnvironment, booking: Booking
) -> None:
    for number in range(5):
        guess(environment, 1, [f"contact {number}", "network"])
    with pytest.raises(BookingRefused, match="locked"):
        find(environment, booking.code, sources=["contact 9", "network"])
    assert find(environment, booking.code, sources=["contact 0", "home"]) is booking


@pytest.mark.parametrize(
    ("apart", "after", "locked"),
    [
        (0, 0, True),
        (0, 59, True),
        (0, 60, False),
        (14, 59, True),
        (14, 60, False),
        (15, 0, False),
    ],
    ids=[
        "at once",
        "nearly an hour later",
        "an hour later",
        "made in 56 minutes: for an hour from the last",
        "made in 56 minutes: over",
        "made in an hour: no five within one",
    ],
)
def test_the_lock_lasts_an_hour_from_the_fifth_try(
    environment: BookingEnvironment, booking: Booking, apart: int, after: int, locked: bool
) -> None:
    for number in range(5):
        guess(environment, 1)
        environment.later(minutes=apart if number < 4 else after)
    if locked:
        with pytest.raises(BookingRefused, match="locked"):
            find(environment, booking.code)
    else:
        assert find(environment, booking.code) is booking


def test_asking_while_locked_does_not_prolong_the_lock(
    environment: BookingEnvironment, booking: Booking
) -> None:
    guess(environment, 5)
    environment.later(minutes=59)
    with pytest.raises(BookingRefused, match="locked"):
        find(environment, "AA2222")
    environment.now += timedelta(minutes=1)
    assert find(environment, booking.code) is booking


@pytest.mark.parametrize(("after", "left"), [(0, 60), (1, 60), (60, 59), (3540, 1), (3599, 1)])
def test_it_is_said_how_many_minutes_the_lock_lasts(
    environment: BookingEnvironment, after: int, left: int
) -> None:
    guess(environment, 5)
    environment.later(seconds=after)
    with pytest.raises(BookingRefused, match="locked") as refused:
        find(environment, "AA2222")
    assert refused.value.text.args["count"] == left


def test_right_answers_never_lock(environment: BookingEnvironment, booking: Booking) -> None:
    for _ in range(20):
        assert find(environment, booking.code) is booking
