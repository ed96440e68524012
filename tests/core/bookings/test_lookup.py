"""A code and a phone number prove that a booking is one's own; guessing is stopped."""

from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from core.actor import Actor
from core.bookings import lookup
from core.bookings.lookup import (
    OF_ADDRESS,
    OF_NUMBER,
    check_unlocked,
    find_booking,
    find_by_name,
    forget_attempts,
)
from core.bookings.reference import CODES, DIGITS, LETTERS, is_code
from core.db.models import Booking, FailedAttempt
from core.errors import BookingRefused, StaffRefused
from tests.conftest import portable
from tests.core.booking_environment import PHONE, BookingEnvironment
from tests.core.bookings.test_limits import MakeEnv
from tests.core.conftest import mostly_on_sqlite
from tests.core.small_municipality import at, desk, small

OTHER_PHONE = "+306999999999"


def asker(contact: int = 1, network: str | None = "network") -> Actor:
    """Somebody in a conversation that booked nothing."""
    return Actor(0, "webchat", "el", "Europe/Athens", network, contact, "webchat")


@pytest.fixture
def booking(env: BookingEnvironment) -> Booking:
    return env.confirm(env.hold("09:30"))


def find(
    env: BookingEnvironment, code: str | None, phone: str = PHONE, who: Actor | None = None
) -> Booking | None:
    return find_booking(env.session, env.registry, code or "", phone, who or asker(), env.now)


def guess(
    env: BookingEnvironment, times: int, who: Actor | None = None, phone: str | None = None
) -> None:
    """Make wrong attempts, each for a number of its own where none is given."""
    for _ in range(times):
        with suppress(BookingRefused):
            assert find(env, "AA2222", phone or f"+3069{attempts(env):08}", who) is None


def attempts(env: BookingEnvironment) -> int:
    return env.session.scalar(select(func.count()).select_from(FailedAttempt)) or 0


def taken(env: BookingEnvironment, who: Actor, phone: str = PHONE) -> bool:
    """Make a wrong attempt; return whether it was taken, and so is counted."""
    before = attempts(env)
    guess(env, 1, who, phone)
    return attempts(env) > before


def test_code_and_phone_find_the_booking(env: BookingEnvironment, booking: Booking) -> None:
    assert find(env, booking.code) is booking
    assert find(env, (booking.code or "").lower()) is booking
    assert env.session.scalars(select(FailedAttempt)).all() == []


@pytest.mark.parametrize("wrong", ["code", "phone"])
def test_one_without_the_other_finds_nothing_and_counts(
    env: BookingEnvironment, booking: Booking, wrong: str
) -> None:
    code = "AA2222" if wrong == "code" else booking.code
    phone = OTHER_PHONE if wrong == "phone" else PHONE
    assert find(env, code, phone) is None
    contact, network, number = env.session.scalars(
        select(FailedAttempt.source).order_by(FailedAttempt.id)
    )
    assert (contact, network) == ("contact 1", "network")
    assert number.startswith("number ")
    assert phone[1:] not in number
    assert str(booking.phone_hash) not in number


@pytest.mark.parametrize("state", ["held", "cancelled", "expired", "completed", "no_show"])
def test_only_a_confirmed_booking_is_found(
    env: BookingEnvironment, booking: Booking, state: str
) -> None:
    booking.state = state
    assert find(env, booking.code) is None


def test_a_booking_is_found_until_it_ends(env: BookingEnvironment, booking: Booking) -> None:
    env.now = at("09:59")
    assert find(env, booking.code) is booking
    env.now = at("10:00")
    assert find(env, booking.code) is None


def test_five_wrong_tries_lock_the_conversation_wherever_it_is_from(
    env: BookingEnvironment, booking: Booking
) -> None:
    guess(env, 4)
    assert find(env, booking.code) is booking
    with pytest.raises(BookingRefused, match="locked"):
        find(env, "AA2222", OTHER_PHONE)
    for who in (asker(), asker(network=None), asker(network="home")):
        with pytest.raises(BookingRefused, match="locked"):
            find(env, booking.code, who=who)
        with pytest.raises(BookingRefused, match="locked"):
            check_unlocked(env.session, who, env.now)


@mostly_on_sqlite
def test_a_neighbour_locks_nobody_out(env: BookingEnvironment, booking: Booking) -> None:
    guess(env, 5, asker(1))
    for contact in range(2, 17):
        guess(env, 3, asker(contact), f"+3069{contact:08}")
    assert find(env, booking.code, who=asker(99)) is booking


@mostly_on_sqlite
def test_very_many_tries_from_an_address_make_it_pause(
    env: BookingEnvironment, booking: Booking
) -> None:
    for number in range(OF_ADDRESS.most):
        assert taken(env, asker(10 + number), f"+3069{number:08}")
    with pytest.raises(BookingRefused, match="locked") as refused:
        find(env, booking.code, who=asker(5))
    assert refused.value.text.args["count"] == 10
    assert find(env, booking.code, who=asker(5, "home")) is booking
    env.later(minutes=10)
    assert find(env, booking.code, who=asker(5)) is booking


@mostly_on_sqlite
def test_the_wrong_codes_for_a_number_are_twelve_a_day_from_all_addresses(
    env: BookingEnvironment, booking: Booking
) -> None:
    until, at_minute, contact = env.now + timedelta(days=3), list[datetime](), 0
    while env.now < until:
        contact += 1
        if taken(env, asker(contact, f"address {contact}")):
            at_minute.append(env.now)
        env.later(minutes=1 if len(at_minute) < 12 else 60)
    apart = [(later - earlier) // timedelta(minutes=1) for earlier, later in pairwise(at_minute)]
    assert apart[:12] == [1, 1, 1, 1, 2, 5, 10, 20, 40, 60, 120, 24 * 60]
    for start in at_minute:
        day = [when for when in at_minute if timedelta(0) <= when - start < timedelta(days=1)]
        assert len(day) <= 12


@mostly_on_sqlite
def test_a_pause_is_for_whoever_has_the_right_code_too(
    env: BookingEnvironment, booking: Booking
) -> None:
    for contact in range(4):
        guess(env, 1, asker(contact, f"address {contact}"), PHONE)
    with pytest.raises(BookingRefused, match="locked") as refused:
        find(env, booking.code, who=asker(9, "home"))
    assert refused.value.text.args["count"] == 1
    env.later(minutes=1)
    assert find(env, booking.code, who=asker(9, "home")) is booking


@portable
@pytest.mark.parametrize("phone", [PHONE, OTHER_PHONE])
def test_a_number_is_locked_whether_or_not_it_has_bookings(
    env: BookingEnvironment, booking: Booking, phone: str
) -> None:
    for contact in range(12):
        env.later(hours=2)
        guess(env, 1, asker(contact, f"address {contact}"), phone)
    with pytest.raises(BookingRefused, match="locked") as refused:
        find(env, "AA2222", phone, asker(99, "home"))
    assert refused.value.text.args["count"] == 24
    assert "hour" in refused.value.text.message


@portable
def test_who_booked_is_never_locked_out(env: BookingEnvironment, booking: Booking) -> None:
    owner = env.actor(booking.citizen_id)
    for contact in range(12):
        env.later(hours=2)
        guess(env, 1, asker(contact, f"address {contact}"), PHONE)
    guess(env, 5, owner)
    with pytest.raises(BookingRefused, match="locked"):
        check_unlocked(env.session, owner, env.now)
    for phone in (PHONE, OTHER_PHONE):
        assert find(env, booking.code, phone, owner) is booking
    with pytest.raises(BookingRefused, match="locked"):
        find(env, "AA2222", who=owner)


def test_codes_are_as_many_as_the_calculation_says() -> None:
    """docs/limits.md has these figures."""
    assert CODES == 25_984_000
    assert OF_NUMBER.most / CODES < 0.5e-6
    assert lookup.MAX_GUESSES / CODES < 1e-6 < (lookup.MAX_GUESSES + 1) / CODES
    signs = LETTERS + DIGITS
    whole = [f"{a}{b}{c}{d}A2" for a in signs for b in signs for c in signs for d in signs]
    one_kind = len(LETTERS) ** 4 + len(DIGITS) ** 4
    assert sum(map(is_code, whole)) == len(whole) - one_kind


@mostly_on_sqlite
@pytest.mark.parametrize(("bookings", "guesses"), [(1, 12), (2, 12), (3, 8), (5, 5), (13, 1)])
def test_a_number_with_several_bookings_is_as_hard_to_guess(
    make_env: MakeEnv, bookings: int, guesses: int
) -> None:
    """And it seems like any other: nobody can find out that it has several."""
    env = make_env(small(*(desk(f"desk-{number}") for number in range(bookings))))
    booked = [env.book("09:30") for _ in range(bookings)]
    for booking in booked:
        booking.phone_hash = env.registry.keyed_hash(PHONE)
    env.session.flush()
    assert guesses * bookings <= lookup.MAX_GUESSES
    for attempt in range(11):
        right, who = booked[attempt % bookings], asker(attempt, f"address {attempt}")
        found, before = None, attempts(env)
        with suppress(BookingRefused):
            found = find(env, right.code, who=who)
        assert found is (right if attempt < guesses else None)
        assert taken(env, who) if found else attempts(env) > before
        env.later(hours=2)
    with pytest.raises(BookingRefused, match="locked"):
        find(env, booked[0].code if guesses < 12 else "AA2222", who=asker(99, "home"))


@portable
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
    env: BookingEnvironment, booking: Booking, apart: int, after: int, locked: bool
) -> None:
    for number in range(5):
        guess(env, 1)
        env.later(minutes=apart if number < 4 else after)
    if locked:
        with pytest.raises(BookingRefused, match="locked"):
            find(env, booking.code)
    else:
        assert find(env, booking.code) is booking


def test_asking_while_locked_does_not_prolong_the_lock(
    env: BookingEnvironment, booking: Booking
) -> None:
    guess(env, 5)
    env.later(minutes=59)
    with pytest.raises(BookingRefused, match="locked"):
        find(env, "AA2222")
    env.now += timedelta(minutes=1)
    assert find(env, booking.code) is booking


@portable
@pytest.mark.parametrize(("after", "left"), [(0, 60), (1, 60), (60, 59), (3540, 1), (3599, 1)])
def test_it_is_said_how_many_minutes_the_lock_lasts(
    env: BookingEnvironment, after: int, left: int
) -> None:
    guess(env, 5)
    env.later(seconds=after)
    with pytest.raises(BookingRefused, match="locked") as refused:
        find(env, "AA2222")
    assert refused.value.text.args["count"] == left


def test_attempts_are_forgotten_once_they_can_lock_nobody(
    env: BookingEnvironment, booking: Booking
) -> None:
    def kept() -> int:
        forget_attempts(env.session, env.now)
        return attempts(env)

    guess(env, 1)
    assert kept() == 3
    env.later(minutes=121)
    assert kept() == 1
    env.later(hours=46)
    assert kept() == 0


@portable
def test_right_answers_never_lock(env: BookingEnvironment, booking: Booking) -> None:
    for _ in range(20):
        assert find(env, booking.code) is booking


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("παπαδοπούλου", ["09:00", "10:00"]),
        ("ΠΑΠΑΔΟΠΟΥΛΟΥ Μαρια", ["09:00"]),
        ("Παπαδ", ["09:00", "10:00"]),
        ("νικολάου", ["10:00"]),
        ("Κωστάς", ["09:30"]),
        ("δοπούλου", []),
        ("maria", []),
        ("", []),
        ("%", []),
    ],
)
@mostly_on_sqlite
def test_staff_find_a_name_whatever_its_accents_and_capitals(
    env: BookingEnvironment, asked: str, found: list[str]
) -> None:
    for clock, name in (
        ("10:00", "Άννα Παπαδοπούλου-Νικολάου"),
        ("09:00", "Μαρία Παπαδοπούλου"),
        ("09:30", "Νίκος ΚΩΣΤΑΣ"),
    ):
        env.confirm(env.hold(clock), name=name)
    env.hold("10:30")
    times = [b.starts_at for b in find_by_name(env.session, env.body.id, asked, env.now)]
    assert times == [at(clock) for clock in found]
    assert find_by_name(env.session, "elsewhere", asked, env.now) == []


def test_more_of_a_name_is_asked_for_where_too_many_have_it(
    env: BookingEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "MOST_NAMED", 2)
    for clock in ("09:00", "09:30", "10:00"):
        env.confirm(env.hold(clock), name=f"Μαρία Παπαδοπούλου {'Α' if clock == '09:00' else ''}")
    with pytest.raises(StaffRefused, match="invalid"):
        find_by_name(env.session, env.body.id, "Παπ", env.now)
    assert len(find_by_name(env.session, env.body.id, "Παπ α", env.now)) == 1


@pytest.mark.parametrize(("days", "found"), [(-121, 0), (-119, 1), (29, 1), (31, 0)])
def test_staff_find_names_from_30_days_ago_to_120_ahead(
    env: BookingEnvironment, days: int, found: int
) -> None:
    now = env.book("09:00").ends_at + timedelta(days=days)
    assert len(find_by_name(env.session, env.body.id, "Παπαδοπούλου", now)) == found
