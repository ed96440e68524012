"""A code as it is keyed on a telephone, the day and the number; three wrong tries end it."""

from datetime import date, timedelta
from itertools import product
from math import prod

import pytest

from core.actor import Actor
from core.bookings.keyed_codes import KEYS, find_booking, is_keyed, matches
from core.bookings.lookup import forget_attempts
from core.bookings.reference import CODES, DIGITS, LEAST, LENGTH, LETTERS
from core.db.models import Booking
from core.errors import BookingRefused
from tests.core.booking_environment import PHONE, BookingEnvironment


def caller(contact: int = 1) -> Actor:
    """Who calls from a number that booked nothing."""
    return Actor(0, "voice", "el", "Europe/Athens", None, contact, "voice:town", calls_from=PHONE)


def keyed(code: str, keypad: int = 0) -> str:
    """Return a code as a Latin (0) or a Greek keypad (-1) has it."""
    latin_last = {"M": "65", "Y": "98"}
    return "".join((latin_last.get(each) or KEYS.get(each, each))[keypad] for each in code)


def find(
    env: BookingEnvironment, code: str, day: date, phone: str = PHONE, contact: int = 1
) -> Booking | None:
    given = (env.session, env.registry, code, phone, day, caller(contact), env.now)
    return find_booking(*given)


@pytest.fixture
def booking(env: BookingEnvironment) -> Booking:
    return env.confirm(env.hold("09:30"))


def test_a_booking_is_found_by_keys_or_words_day_and_number(
    env: BookingEnvironment, booking: Booking
) -> None:
    code, day = booking.code or "", booking.starts_at.date()
    for given in (keyed(code), keyed(code, -1), code, code.lower()):
        assert find(env, given, day) is booking


def test_without_the_right_day_number_or_code_nothing_is_found_and_three_tries_end_it(
    env: BookingEnvironment, booking: Booking
) -> None:
    code, day = keyed(booking.code or ""), booking.starts_at.date()
    assert find(env, code, day, "+306999999999") is None
    assert find(env, code, day + timedelta(days=1), contact=2) is None
    assert find(env, "222222", day, contact=3) is None
    with pytest.raises(BookingRefused):  # the third for that number, whoever calls
        find(env, "333333", day, contact=4)
    with pytest.raises(BookingRefused):
        find(env, code, day, contact=5)
    env.now += timedelta(hours=23)
    forget_attempts(env.session, env.now)
    with pytest.raises(BookingRefused):
        find(env, code, day, contact=6)


def test_the_likeliest_keys_fit_so_many_codes_as_the_documentation_says() -> None:
    signs = {key: [s for s in LETTERS + DIGITS if key in KEYS.get(s, s)] for key in "23456789"}
    letters = {key: sum(sign in LETTERS for sign in found) for key, found in signs.items()}
    assert {len(found) for found in signs.values()} == {2, 3}

    def fitting(keys: tuple[str, ...]) -> int:
        """The number of codes that were keyed so."""
        return sum(
            prod(letters[k] if is_letter else 1 for k, is_letter in zip(keys, kinds, strict=True))
            for kinds in product((True, False), repeat=LENGTH)
            if LEAST <= sum(kinds) <= LENGTH - LEAST
        )

    most = max(fitting((key,) * LENGTH) for key in signs)
    assert (most, round(CODES / most), round(CODES / most / 3)) == (460, 56_487, 18_829)


def test_only_six_keys_with_signs_are_a_keyed_code() -> None:
    assert is_keyed("649576")
    assert not any(map(is_keyed, ("64957", "6495760", "649570", "KX7M2P", "")))
    assert matches("MHXK76", "649576")
    assert matches("MHXK76", "549576")
    assert not matches("MHXK76", "749576")
