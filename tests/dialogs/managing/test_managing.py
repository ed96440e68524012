"""After booking: what a change must leave alone, and what is refused before anything is asked."""

import pytest

from tests.conftest import Deployment, on_both
from tests.core.small_municipality import service
from tests.dialogs.custom_municipality import asks, custom_municipality, screens, stored_bookings

pytestmark = on_both

CARD = asks("card", when={"member": "yes"})
NAME, PHONE = "Μαρία Παπαδοπούλου", "6912345678"


def test_editing_one_detail_keeps_another_that_was_asked_because_of_screening(
    deployment: Deployment,
) -> None:
    deployment.load(custom_municipality(service(screening=[screens("member")], fields=[CARD])))
    deployment.talk("Γεια", "town", "yes", "7/12", "9:30", NAME, PHONE, "A 17", "ναι")
    deployment.talk("αλλαγή στοιχείων", "phone", "6987654321")
    (booking,) = stored_bookings(deployment)
    assert booking.details == {"name": NAME, "phone": "+306987654321", "card": "A 17"}


def test_a_detail_asked_because_of_screening_can_itself_be_edited(deployment: Deployment) -> None:
    deployment.load(custom_municipality(service(screening=[screens("member")], fields=[CARD])))
    deployment.talk("Γεια", "town", "yes", "7/12", "9:30", NAME, PHONE, "A 17", "ναι")
    deployment.talk("αλλαγή στοιχείων", "card", "B 18")
    (booking,) = stored_bookings(deployment)
    assert booking.details == {"name": NAME, "phone": f"+30{PHONE}", "card": "B 18"}


def test_a_detail_that_screening_left_out_is_not_offered_for_editing(
    deployment: Deployment,
) -> None:
    deployment.load(custom_municipality(service(screening=[screens("member")], fields=[CARD])))
    deployment.talk("Γεια", "town", "no", "7/12", "9:30", NAME, PHONE, "ναι", "αλλαγή στοιχείων")
    picks = [choice.label for choice in deployment.last[-1].choices if choice.number is not None]
    assert picks == ["name", "phone"]


@pytest.mark.parametrize("task", ["Αλλαγή ημέρας ή ώρας", "Ακύρωση ραντεβού"])
def test_what_the_deadline_does_not_allow_is_refused_before_anything_is_asked(
    deployment: Deployment, task: str
) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    (booking,) = stored_bookings(deployment)
    deployment.clock.now = booking.starts_at
    deployment.clock.forward(hours=-23)
    deployment.say("τα ραντεβού μου")
    said, asked = deployment.tap(task)
    assert "24 ώρες πριν" in said.text
    assert asked.step == "task"
    assert [booking.state for booking in stored_bookings(deployment)] == ["confirmed"]


@pytest.mark.parametrize("task", ["Αλλαγή στοιχείων", "Τίποτα"])
def test_what_has_no_deadline_is_still_allowed(deployment: Deployment, task: str) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    (booking,) = stored_bookings(deployment)
    deployment.clock.now = booking.starts_at
    deployment.clock.forward(hours=-1)
    deployment.say("τα ραντεβού μου")
    assert all("24 ώρες" not in reply.text for reply in deployment.tap(task))
