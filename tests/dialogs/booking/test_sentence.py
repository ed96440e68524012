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


@pytest.mark.parametrize(
    ("before", "text", "step", "said"),
    [
        ((), "γεια σας, για το νοίκι θέλω βοήθεια, Καλαμάτα", "screening.receives", "Στέγασης"),
        ((), "thelw na kanw metadhmoteysh sth larisa", "channel", "Μεταδημότευση"),
        ((), "merge two electricity meters in Larissa please", "channel", "merge"),
        (("Χίος",), "μίσθωση ακινήτων", "channel", "μίσθωση δημοτικών ακινήτων"),
        (("Χίος",), "όχι, μεταδημότευση στη Λάρισα", "channel", "Δήμος Λαρισαίων"),
        ((), "ΚΕΠ Χανίων, πιστοποιητικό γέννησης", "day", "Χανίων"),
        ((), "ραντεβού με το ληξιαρχείο της Λάρισας", "service", "Λαρισαίων"),
        ((), "θέλω βεβαίωση ΤΑΠ, Λάρισα", "meant", "Τι από αυτά εννοείτε;"),
        ((), "μεταδημότευση", "municipality", "Σημείωσα: Αίτηση για Μεταδημότευση."),
        ((), "μεταδημότευση στον Βόλο", "municipality", "Σε ποιον δήμο"),
        (("Χίος",), "μεταδημότευση στον Βόλο", "group", "Εδώ δεν κλείνονται ραντεβού για: Βόλο."),
    ],
)
def test_a_sentence_answers_what_it_says_surely(
    deployment: Deployment, before: tuple[str, ...], text: str, step: str, said: str
) -> None:
    deployment.talk(*(("Γεια", *before) if before else ()), text)
    assert (deployment.last[-1].step, said in texts(deployment)) == (step, True), texts(deployment)


def test_what_is_in_doubt_is_asked_and_may_be_something_else(deployment: Deployment) -> None:
    assert deployment.say("βεβαίωση, Λάρισα")[-1].step == "meant"
    assert deployment.say("κάτι άλλο")[-1].step == "group"
    deployment.say("πάλι για ΤΑΠ")
    assert deployment.last[-1].step == "meant"
    assert "οικοπέδου" in deployment.last[-1].choices[1].label
    deployment.tap(deployment.last[-1].choices[1].label)
    assert deployment.last[-1].step == "channel"


def test_a_service_that_was_noted_is_asked_about_where_it_is_not_offered(
    deployment: Deployment,
) -> None:
    deployment.talk("θέλω μεταδημότευση", "Καλαμάτα")
    assert deployment.last[-1].step == "service"
