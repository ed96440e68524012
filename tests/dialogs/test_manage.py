"""After booking: what a change must leave alone, and what is refused before anything is asked."""

import pytest

from tests.conftest import Town, on_both
from tests.core.small import service
from tests.dialogs.village import asks, screens, stored_bookings, village

pytestmark = on_both

CARD = asks("card", when={"member": "yes"})
NAME, PHONE = "Μαρία Παπαδοπούλου", "6912345678"


def test_editing_one_detail_keeps_another_that_was_asked_because_of_screening(town: Town) -> None:
    town.load(village(service(screening=[screens("member")], fields=[CARD])))
    town.talk("Γεια", "town", "yes", "7/12", "9:30", NAME, PHONE, "A 17", "ναι")
    town.talk("αλλαγή στοιχείων", "phone", "6987654321")
    (booking,) = stored_bookings(town)
    assert booking.details == {"name": NAME, "phone": "+306987654321", "card": "A 17"}


def test_a_detail_asked_because_of_screening_can_itself_be_edited(town: Town) -> None:
    town.load(village(service(screening=[screens("member")], fields=[CARD])))
    town.talk("Γεια", "town", "yes", "7/12", "9:30", NAME, PHONE, "A 17", "ναι")
    town.talk("αλλαγή στοιχείων", "card", "B 18")
    (booking,) = stored_bookings(town)
    assert booking.details == {"name": NAME, "phone": f"+30{PHONE}", "card": "B 18"}


def test_a_detail_that_screening_left_out_is_not_offered_for_editing(town: Town) -> None:
    town.load(village(service(screening=[screens("member")], fields=[CARD])))
    town.talk("Γεια", "town", "no", "7/12", "9:30", NAME, PHONE, "ναι", "αλλαγή στοιχείων")
    picks = [choice.label for choice in town.last[-1].choices if choice.number is not None]
    assert picks == ["name", "phone"]


@pytest.mark.parametrize("task", ["Αλλαγή ημέρας ή ώρας", "Ακύρωση ραντεβού"])
def test_what_the_deadline_does_not_allow_is_refused_before_anything_is_asked(
    town: Town, task: str
) -> None:
    town.load(village())
    town.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    (booking,) = stored_bookings(town)
    town.clock.now = booking.starts_at
    town.clock.forward(hours=-23)
    town.say("τα ραντεβού μου")
    said, asked = town.tap(task)
    assert "24 ώρες πριν" in said.text
    assert asked.step == "task"
    assert [booking.state for booking in stored_bookings(town)] == ["confirmed"]


@pytest.mark.parametrize("task", ["Αλλαγή στοιχείων", "Τίποτα"])
def test_what_has_no_deadline_is_still_allowed(town: Town, task: str) -> None:
    town.load(village())
    town.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    (booking,) = stored_bookings(town)
    town.clock.now = booking.starts_at
    town.clock.forward(hours=-1)
    town.say("τα ραντεβού μου")
    assert all("24 ώρες" not in reply.text for reply in town.tap(task))
