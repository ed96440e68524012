"""Answers to form fields within a sentence."""

from collections.abc import Mapping

import pytest

from tests.conftest import Deployment
from tests.dialogs.custom_municipality import stored_state


def answers(deployment: Deployment) -> Mapping[str, str]:
    return stored_state(deployment).values


BEGIN = ("Χίος", "εργασιακή", "βίντεο", "4/12", "10:30")
KEP = ("κεπ", "Πληροφόρηση", "4/12", "10:00", "Μαρία Παπά", "maria@example.gr", "6912345678")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Μαρία Παπαδοπούλου", "Μαρία Παπαδοπούλου"),
        ("με λένε Μαρία Παπαδοπούλου", "Μαρία Παπαδοπούλου"),
        ("Το όνομά μου είναι Μαρία Παπά", "Μαρία Παπά"),
        ("Είμαι η Μαρία Παπά", "Μαρία Παπά"),
        ("My name is Maria Papa", "Maria Papa"),
        ("Jean Am Is Le Roux", "Jean Am Is Le Roux"),
        ("Is Marou", "Is Marou"),
        ("Na Li", "Na Li"),
        ("Δε Λα Κρουζ", "Δε Λα Κρουζ"),
        ("Maria Papa is my name", None),
        ("θέλω να πω κάτι", None),
        ("γύρνα πίσω", None),
    ],
)
def test_a_name_is_found_within_its_sentence(
    deployment: Deployment, typed: str, kept: str | None
) -> None:
    deployment.talk(*BEGIN, typed)
    assert answers(deployment).get("details.name") == kept


@pytest.mark.parametrize("typed", ["AM 123456", "η ταυτότητά μου είναι ΑΜ 123456"])
def test_the_letters_of_an_identity_card_are_not_read_as_a_verb(
    deployment: Deployment, typed: str
) -> None:
    deployment.talk(*KEP, "Ερμού 1, Αθήνα", "Ελληνική", typed)
    assert answers(deployment).get("details.identity_card") == "AM123456"
