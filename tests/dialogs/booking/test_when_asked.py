"""Days and times in whole sentences, at the questions for them."""

import pytest

from tests.conftest import Deployment

TO_THE_DAY = ("Θέλω ραντεβού για επίδομα στέγασης στην Καλαμάτα", "όχι")


def offered(deployment: Deployment) -> list[str]:
    """Return the values that the open question offers."""
    choices = deployment.last[-1].choices
    return [choice.label for choice in choices if choice.number is not None]


def said(deployment: Deployment) -> str:
    """Return what was said last."""
    return "\n".join(reply.text for reply in deployment.last)


@pytest.mark.parametrize(
    ("text", "step", "labels"),
    [
        ("Πέμπτη ή Παρασκευή, ό,τι βολεύει", "day", ["Πέμ 3 Δεκ", "Παρ 4 Δεκ"]),
        ("την Πέμπτη το μεσημέρι", "time", ["12:30", "13:10", "13:50"]),
        ("μπορώ την Πέμπτη στις 12:30, όχι πρωί", "details.name", []),
        (
            "όχι την Τετάρτη, την Πέμπτη μετά τις 12 γιατί δουλεύω",
            "time",
            ["12:30", "13:10", "13:50"],
        ),
        ("Τρίτη 9 Δεκεμβρίου", "day", []),
        ("τον Γενάρη", "day", []),
        ("πρωί", "day", []),
        ("όσο πιο σύντομα γίνεται, επείγομαι", "time", []),
    ],
)
def test_a_sentence_is_taken_at_the_question_for_the_day(
    deployment: Deployment, text: str, step: str, labels: list[str]
) -> None:
    deployment.talk(*TO_THE_DAY, text)
    assert deployment.last[-1].step == step
    assert offered(deployment)[: len(labels)] == labels


def test_a_weekday_and_a_date_that_disagree_are_asked_about(deployment: Deployment) -> None:
    deployment.talk(*TO_THE_DAY, "Τρίτη 9 Δεκεμβρίου, πρωί")
    assert "Στις 9 Δεκεμβρίου είναι Τετάρτη. Ποια ημέρα εννοείτε;" in said(deployment)
    deployment.tap("Τρί 8 Δεκ")
    assert deployment.last[-1].step == "time"


@pytest.mark.parametrize(
    ("text", "step", "labels"),
    [
        ("από τη μία και μετά, αν γίνεται", "time", ["13:10", "13:50"]),
        ("το νωρίτερο, σας παρακαλώ πολύ", "details.name", []),
        ("στη μία και δέκα", "details.name", []),
        ("καλύτερα τη Δευτέρα ή την Τρίτη", "day", ["Δευ 7 Δεκ", "Τρί 1 Δεκ"]),
        ("Παρασκευή μετά τη μία", "time", ["13:10", "13:50"]),
        ("δεν ξέρω", "time", ["12:30", "13:10", "13:50"]),
    ],
)
def test_a_sentence_is_taken_at_the_question_for_the_time(
    deployment: Deployment, text: str, step: str, labels: list[str]
) -> None:
    deployment.talk(*TO_THE_DAY, "3/12", text)
    assert deployment.last[-1].step == step
    assert sorted(offered(deployment)[: len(labels)]) == sorted(labels)


def test_days_wished_early_are_shown_when_they_can_be(deployment: Deployment) -> None:
    deployment.talk(TO_THE_DAY[0] + " κάποιο πρωί την άλλη βδομάδα")
    assert "Σημείωσα: Δευτέρα 7 Δεκεμβρίου έως Παρασκευή 11 Δεκεμβρίου" in said(deployment)
    deployment.say("όχι")
    assert offered(deployment) == [
        *("Δευ 7 Δεκ", "Τρί 8 Δεκ", "Τετ 9 Δεκ", "Πέμ 10 Δεκ", "Παρ 11 Δεκ")
    ]
