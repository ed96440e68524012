"""The hours in which citizens don't want to be reminded, as they write them."""

from datetime import time
from time import process_time

import pytest

from bot.i18n.translator import Translator
from dialogs.nlu.quiet_hours import Hours, is_doubtful, parse_quiet_hours

USUAL = Hours(time(21), time(8))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("22-9", "22:00-09:00"),
        ("22:30 - 7:15", "22:30-07:15"),
        ("από 10 το βράδυ ως 8 το πρωί", "22:00-08:00"),
        ("από τις 10 το βράδυ μέχρι τις 8 το πρωί", "22:00-08:00"),
        ("10 το βράδυ με 8 το πρωί", "22:00-08:00"),
        ("μεταξύ 10 και 8", "22:00-08:00"),
        ("apo 10 to vradi mexri 8 to proi", "22:00-08:00"),
        ("from 10 pm to 8 am", "22:00-08:00"),
        ("between 10 in the evening and 7:30 in the morning", "22:00-07:30"),
        ("2 με 5 το μεσημέρι", "14:00-17:00"),
        ("11-8", "23:00-08:00"),
        ("00:00-07:00", "00:00-07:00"),
        ("μετά τις 8 το βράδυ", "20:00-08:00"),
        ("meta tis 8 to vradi", "20:00-08:00"),
        ("after 8 in the evening", "20:00-08:00"),
        ("after 8", "20:00-08:00"),
        ("από τις 10 το βράδυ", "22:00-08:00"),
        ("πριν τις 10 το πρωί", "21:00-10:00"),
        ("before 9", "21:00-09:00"),
        ("έως τις 9", "21:00-09:00"),
        ("9-9", "21:00-09:00"),
        ("το πρωί πριν τις 10", "21:00-10:00"),
        ("in the evening after 8", "20:00-08:00"),
        ("το βράδυ 10 με 8", "22:00-08:00"),
        ("το βράδυ από 10 ως 8", "22:00-08:00"),
        ("το βράδυ 22-8", "22:00-08:00"),
        ("το βράδυ από τις 10 μέχρι τις 8 το πρωί", "22:00-08:00"),
        ("22:00-22:00", None),
        ("25-9", None),
        ("μετά την Τρίτη", None),
        ("", None),
        ("μετά", None),
        ("8 το βράδυ", None),
        ("από τις δέκα και μισή το βράδυ μέχρι τις οκτώ και μισή το πρωί", "22:30-08:30"),
        ("from half past ten in the evening until half past seven in the morning", "22:30-07:30"),
    ],
)
def test_hours(typed: str, found: str | None, texts: Translator) -> None:
    hours = parse_quiet_hours(typed, texts, USUAL)
    assert (f"{hours.since:%H:%M}-{hours.until:%H:%M}" if hours else None) == found


@pytest.mark.parametrize("typed", ["1-" * 490 + "1", "από " + "1 και " * 16 + "1"])
def test_a_text_with_many_places_to_divide_it_is_read_at_once(
    typed: str, texts: Translator
) -> None:
    """The only writer waits for it, and so do all others."""
    began = process_time()
    assert parse_quiet_hours(typed, texts, USUAL) is None
    assert process_time() - began < 0.1


def test_hours_that_may_be_others_are_doubtful(texts: Translator) -> None:
    doubtful = ("8-22", "08:00-22:00", "9-9", "από τις 8 ως τις 22", "20-10")
    sure = (
        *("22-8", "22-9", "10-8", "22-7:30", "9 το πρωί με 9 το βράδυ", "14:00-16:00"),
        *("2 με 5 το μεσημέρι", "μετά τις 8", "8 το πρωί με 10 το βράδυ"),
    )
    assert [each for each in doubtful if not is_doubtful(each, texts)] == []
    assert [each for each in sure if is_doubtful(each, texts)] == []
