"""Existing bookings: details that a change must keep, and tasks refused at once."""

import pytest

from tests.conftest import Deployment, on_both, portable
from tests.core.small_municipality import service
from tests.dialogs.custom_municipality import (
    custom_municipality,
    form_field,
    screening_question,
    stored_bookings,
)

pytestmark = on_both

CARD = form_field("card", when={"member": "yes"})
NAME, PHONE = "Μαρία Παπαδοπούλου", "6912345678"


@portable
def test_editing_one_detail_keeps_another_that_was_asked_because_of_screening(
    deployment: Deployment,
) -> None:
    deployment.load(
        custom_municipality(service(screening=[screening_question("member")], fields=[CARD]))
    )
    deployment.talk("Γεια", "town", "yes", "7/12", "9:30", NAME, PHONE, "A 17", "ναι")
    deployment.talk("αλλαγή στοιχείων", "phone", "6987654321")
    (booking,) = stored_bookings(deployment)
    assert booking.details == {"name": NAME, "phone": "+306987654321", "card": "A 17"}


@portable
def test_a_detail_asked_because_of_screening_can_itself_be_edited(deployment: Deployment) -> None:
    deployment.load(
        custom_municipality(service(screening=[screening_question("member")], fields=[CARD]))
    )
    deployment.talk("Γεια", "town", "yes", "7/12", "9:30", NAME, PHONE, "A 17", "ναι")
    deployment.talk("αλλαγή στοιχείων", "card", "B 18")
    (booking,) = stored_bookings(deployment)
    assert booking.details == {"name": NAME, "phone": f"+30{PHONE}", "card": "B 18"}


@portable
def test_a_detail_that_screening_left_out_is_not_offered_for_editing(
    deployment: Deployment,
) -> None:
    deployment.load(
        custom_municipality(service(screening=[screening_question("member")], fields=[CARD]))
    )
    deployment.talk("Γεια", "town", "no", "7/12", "9:30", NAME, PHONE, "ναι", "αλλαγή στοιχείων")
    picks = [choice.label for choice in deployment.last[-1].choices if choice.number is not None]
    assert picks == ["name", "phone"]


def test_whoever_booked_here_finds_it_by_its_code_also_when_others_are_locked_out(
    deployment: Deployment,
) -> None:
    deployment.load(custom_municipality())
    for time in ("9:30", "10:00"):
        deployment.talk("νέο ραντεβού", "town", "7/12", time, NAME, PHONE, "ναι")
    _first, booking = stored_bookings(deployment)

    def type_code(*said: str) -> str:
        deployment.talk("τα ραντεβού μου")
        deployment.tap("Άλλο ραντεβού, με κωδικό")
        return deployment.talk(*said)[0].text

    for number in range(5):
        type_code("KX7M2P", f"691234567{number}")
    assert "λάθος προσπάθειες" in type_code("KX7M2P")
    type_code(str(booking.code))
    assert deployment.last[-1].booking == booking.id


@portable
@pytest.mark.parametrize("task", ["Αλλαγή ημέρας ή ώρας", "Ακύρωση ραντεβού"])
def test_a_task_past_its_deadline_is_refused_before_anything_is_asked(
    deployment: Deployment, task: str
) -> None:
    deployment.load(custom_municipality(rules={"change_deadline_hours": 24}))
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    (booking,) = stored_bookings(deployment)
    deployment.clock.now = booking.starts_at
    deployment.clock.forward(hours=-23)
    deployment.say("τα ραντεβού μου")
    said, asked = deployment.tap(task)
    assert said.text == (
        "Το ραντεβού αλλάζει ή ακυρώνεται έως 24 ώρες πριν. Παρακαλώ καλέστε την υπηρεσία στο "
        "2100000000."
    )
    assert asked.step == "task"
    assert [booking.state for booking in stored_bookings(deployment)] == ["confirmed"]


@portable
@pytest.mark.parametrize("task", ["Αλλαγή στοιχείων", "Τίποτα"])
def test_a_task_without_a_deadline_is_still_allowed(deployment: Deployment, task: str) -> None:
    deployment.load(custom_municipality(rules={"change_deadline_hours": 24}))
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    (booking,) = stored_bookings(deployment)
    deployment.clock.now = booking.starts_at
    deployment.clock.forward(hours=-1)
    deployment.say("τα ραντεβού μου")
    assert all("24 ώρες" not in reply.text for reply in deployment.tap(task))
