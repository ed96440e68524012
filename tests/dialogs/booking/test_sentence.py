"""Sentences that name more than is asked: what is taken, kept until it can be, and said."""

import pytest

from tests.conftest import Deployment

HOUSING = "Θέλω ραντεβού για επίδομα στέγασης στην Καλαμάτα "


def texts(deployment: Deployment) -> str:
    """Return what was said last."""
    return "\n".join(reply.text for reply in deployment.last)


@pytest.mark.parametrize(
    ("when", "step", "said"),
    [
        ("την Πέμπτη στις 12:30", "details.name", "Πέμπτη 3 Δεκεμβρίου, 12:30"),
        ("την Πέμπτη στις 9", "time", "Η ώρα 09:00 δεν είναι ελεύθερη."),
        ("το Σάββατο στις 12:30", "day", "Η πλησιέστερη ελεύθερη ημέρα"),
        ("σήμερα το απόγευμα", "day", "Η πλησιέστερη ελεύθερη ημέρα"),
    ],
)
def test_what_is_kept_is_checked_when_it_can_be(
    deployment: Deployment, when: str, step: str, said: str
) -> None:
    replies = deployment.talk(HOUSING + when, "όχι")
    assert replies[-1].step == step
    assert said in texts(deployment)


def test_what_was_kept_is_taken_once(deployment: Deployment) -> None:
    deployment.talk(HOUSING + "την Πέμπτη στις 12:30", "όχι")
    assert deployment.say("πίσω")[-1].step == "time"
    assert deployment.say("πίσω")[-1].step == "day"
    assert deployment.say("4/12")[-1].step == "time"


def test_another_service_keeps_what_was_not_taken_yet(deployment: Deployment) -> None:
    deployment.talk(HOUSING + "την Πέμπτη στις 12:30")
    deployment.talk("αλλαγή υπηρεσία", "ΕΕΕ")
    assert "Πέμπτη 3 Δεκεμβρίου" in texts(deployment)


def test_nothing_is_kept_of_what_is_not_understood(deployment: Deployment) -> None:
    deployment.talk("Γεια", "Χάλασε η βρύση μου την Πέμπτη στις 12:30", "Καλαμάτα", "στέγασης")
    assert deployment.say("όχι")[-1].step == "day"


@pytest.mark.parametrize(
    "text",
    [
        "I am in Chios",  # "am" is no part of the day
        "Καλημέρα κυρία, Καλαμάτα",  # nor that a weekday
        "τηλέφωνο",  # which may be asked for
    ],
)
def test_a_word_that_only_looks_like_a_wish_is_none(deployment: Deployment, text: str) -> None:
    deployment.say(text)
    assert "Σημείωσα" not in texts(deployment)
    assert "noted" not in texts(deployment)


def test_a_text_of_many_words_is_no_sentence(deployment: Deployment) -> None:
    deployment.talk("Γεια", HOUSING + "την Πέμπτη " + "παρακαλώ " * 40)
    assert deployment.last[-1].step == "municipality"


def test_an_hour_is_said_as_an_office_has_it(deployment: Deployment) -> None:
    deployment.say(HOUSING + "την Πέμπτη στις 1:10")
    assert "Σημείωσα: Πέμπτη 3 Δεκεμβρίου, 13:10." in texts(deployment)
