"""The word "menu", wherever it is written while no employee is written to."""

import pytest

from tests.conftest import Deployment, mostly_on
from tests.dialogs.scripted_citizen import ANSWERS, confirmed, picks

WORDS = (
    "μενού",
    "ΜΕΝΟΥ",
    "menou",
    "menu",
    "/menu",
    "κεντρικό μενού",
    "kentriko menou",
    "Main menu",
)
HELP = "Πατήστε μια απάντηση ή γράψτε"


def shows_what_there_is(deployment: Deployment) -> None:
    """Check that each of the words shows the commands, and that the question stays open."""
    for word in WORDS:
        step = deployment.last[-1].step
        help_, *_between, asked = deployment.say(word)
        assert help_.text.startswith(HELP), f"{step}: {word}"
        assert asked.step == step
        assert "Τα ραντεβού μου" in [choice.label for choice in asked.choices]


@mostly_on("sqlite")
def test_it_is_understood_at_each_question_of_a_booking_and_after_it(
    deployment: Deployment,
) -> None:
    deployment.talk("Γεια", "καλαματα", "στέγασης", "όχι")
    shows_what_there_is(deployment)
    deployment.say("Πέμπτη 3 Δεκεμβρίου στις 12:30")
    while not confirmed(deployment.last):
        shows_what_there_is(deployment)
        asked = deployment.last[-1]
        deployment.say(ANSWERS.get(asked.step or "") or picks(asked)[0].label)
    shows_what_there_is(deployment)
    for question in ("τα ραντεβού μου", "ακύρωση ραντεβού", "ζώνη ώρας"):
        deployment.say(question)
        shows_what_there_is(deployment)


@pytest.mark.parametrize("name", ["Μένου Μαρία", "Menou Maria", "Μενούνος Κώστας"])
def test_a_name_like_it_is_a_name(deployment: Deployment, name: str) -> None:
    deployment.talk("Γεια", "καλαματα", "στέγασης", "όχι", "Πέμπτη 3 Δεκεμβρίου στις 12:30")
    assert deployment.last[-1].step == "details.name"
    deployment.say(name)
    assert deployment.last[-1].step != "details.name"
