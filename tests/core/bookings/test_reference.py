"""Booking codes: drawn, typed back, read aloud."""

import random

import pytest

from core.bookings.reference import (
    DIGITS,
    LENGTH,
    LETTERS,
    fold_code,
    format_code,
    is_code,
    new_code,
)


def test_a_new_code_has_six_signs_two_letters_and_two_digits_at_least() -> None:
    choose = random.Random(7).choice
    codes = {new_code(choose) for _ in range(2000)}
    assert len(codes) > 1990
    for code in codes:
        assert len(code) == LENGTH
        assert sum(sign in LETTERS for sign in code) >= 2
        assert sum(sign in DIGITS for sign in code) >= 2
        assert set(code) <= set(LETTERS + DIGITS)
        assert is_code(code)


@pytest.mark.parametrize("first", ["AEHKMN", "234567", "AEHKM2", "23456A"])
def test_a_word_or_a_number_is_drawn_again(first: str) -> None:
    drawn = iter(first + "KX72M3")
    assert new_code(lambda _signs: next(drawn)) == "KX72M3"


@pytest.mark.parametrize(
    "typed",
    [
        "KX7M2P",
        "kx7m2p",
        "KX7 M2P",
        " kx7-m2p ",
        "κχ7μ2ρ",
        "ΚΧ7Μ2Ρ",
        "κχ7 μ2π",
        "Κx7Μ2p",
        "K.X.7.M.2.P",
        "ｋｘ７ｍ２ｐ",
        "«KX7M2P»",
        "KX7\u200bM2P",
    ],
)
def test_a_code_is_known_however_it_is_typed(typed: str) -> None:
    assert fold_code(typed) == "KX7M2P"
    assert is_code(typed)


def test_every_letter_of_a_code_has_its_greek_look_alike() -> None:
    for latin, greek in zip("AEHKMNPTXY", "ΑΕΗΚΜΝΡΤΧΥ", strict=True):
        assert fold_code(greek) == fold_code(greek.lower()) == latin
    assert fold_code("ή") == fold_code("Ή") == "H"


@pytest.mark.parametrize(
    "typed",
    ["", "KX7M2", "KX7M2PA", "KX7M2O", "KX7M2B", "ΠΑΤΗΜΑ", "234567", "23456A", "my code", "🙂"],
)
def test_what_has_another_form_is_no_code(typed: str) -> None:
    assert not is_code(typed)


def test_a_code_is_shown_in_two_groups() -> None:
    assert format_code("KX7M2P") == "KX7 M2P"
    assert is_code(format_code("KX7M2P"))
