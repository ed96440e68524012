"""A time zone by the name of a city or a country: none rather than a guess."""

import pytest

from bot.i18n.translator import Translator


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Μελβούρνη", "Australia/Melbourne"),
        ("μελβουρνη", "Australia/Melbourne"),
        ("Melbourne", "Australia/Melbourne"),
        ("Melburne", "Australia/Melbourne"),
        ("New York", "America/New_York"),
        ("Νέα Υόρκη", "America/New_York"),
        ("Κύπρος", "Asia/Nicosia"),
        ("Cyprus", "Asia/Nicosia"),
        ("Γερμανία", "Europe/Berlin"),
        ("Germany", "Europe/Berlin"),
        ("Μόναχο", "Europe/Berlin"),
        ("Ελλάδα", "Europe/Athens"),
    ],
)
def test_a_city_or_a_country_of_one_zone_is_found(texts: Translator, name: str, zone: str) -> None:
    assert texts.zone_called(name) == zone


@pytest.mark.parametrize(
    "name", ["Αυστραλία", "Australia", "Αμερική", "America", "ΗΠΑ", "USA", "Brazil", "Καναδάς"]
)
def test_a_country_that_the_clocks_do_not_agree_in_is_no_answer(
    texts: Translator, name: str
) -> None:
    assert texts.zone_called(name) is None


@pytest.mark.parametrize("name", ["LA", "NY", "Romi", "Όσλα", "αα", "xyzzy", "", "1"])
def test_too_few_letters_or_none_that_are_known_are_no_answer(texts: Translator, name: str) -> None:
    """With a slip forgiven among so few letters, many a city could be meant."""
    assert texts.zone_called(name) is None
