"""Deep links, and commands given by name."""

import pytest

from bot.messages import Inbound
from bot.platforms.telegram.updates import COMMANDS
from tests.conftest import Deployment
from tests.dialogs.custom_municipality import custom_municipality, stored_bookings

NAME, PHONE = "Μαρία Παπαδοπούλου", "6912345678"


def answer_to(deployment: Deployment, **what: str) -> str:
    """Return all replies to a message as one text."""
    deployment.sent += 1
    who = {"platform": "console", "account": "console", "address": "citizen"}
    inbound = Inbound.model_validate({**who, "message_id": f"its own {deployment.sent}", **what})
    return "\n".join(reply.text for reply in deployment.receive(inbound))


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("book_epidoma-stegasis", "Λαμβάνετε ήδη"),
        ("book_kalamata", "Ποια υπηρεσία;"),
        ("book_kalamata_epidoma-stegasis", "Λαμβάνετε ήδη"),
        ("book_nothing", "Σε ποιον δήμο"),
        ("manage_KX7M2P", "Και ποιο τηλέφωνο"),
        ("manage_x", "Σε ποιον δήμο"),
        ("_", "Σε ποιον δήμο"),
        ("α" * 300, "Σε ποιον δήμο"),
    ],
)
def test_a_link_begins_its_task(deployment: Deployment, link: str, asked: str) -> None:
    assert asked in answer_to(deployment, link=link)


@pytest.mark.parametrize("name", [name for name, _label in COMMANDS])
@pytest.mark.parametrize(
    "before",
    [("Γεια",), ("Γεια", "Χίος"), ("Γεια", "τα ραντεβού μου")],
    ids=["a list", "another list", "another task"],
)
def test_the_commands_of_telegrams_menu_are_understood_everywhere(
    deployment: Deployment, before: tuple[str, ...], name: str
) -> None:
    deployment.talk(*before)
    said = answer_to(deployment, command=name)
    for wrong in ("Δεν βρήκα", "Επιλέξτε ένα", "Δεν γνωρίζω"):
        assert wrong not in said


@pytest.mark.parametrize("name", ["foo", "set", "page", "month", "start_"])
def test_an_unknown_command_is_answered_so(deployment: Deployment, name: str) -> None:
    deployment.talk("Γεια")
    said = answer_to(deployment, command=name)
    assert "Δεν γνωρίζω αυτή την εντολή" in said
    assert "Σε ποιον δήμο" in said


def test_a_link_opens_the_conversations_own_booking_at_once(deployment: Deployment) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι")
    (booking,) = stored_bookings(deployment)
    answer_to(deployment, link=f"manage_{booking.code}")
    assert (deployment.last[-1].step, deployment.last[-1].booking) == ("action", booking.id)
    deployment.talk("μενού")
    for _time in range(5):
        answer_to(deployment, link="manage_KX7M2P")
        locked = deployment.talk(PHONE)
    assert "λάθος προσπάθειες" in locked[0].text
    answer_to(deployment, link=f"manage_{str(booking.code).lower()}")
    assert (deployment.last[-1].step, deployment.last[-1].booking) == ("action", booking.id)
    deployment.talk("νέο ραντεβού", "town")
    assert "Να το αφήσουμε" in answer_to(deployment, link=f"manage_{booking.code}")
    deployment.talk("ναι")
    assert deployment.last[-1].booking == booking.id


def test_the_link_of_anothers_booking_asks_for_the_telephone(deployment: Deployment) -> None:
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", NAME, PHONE, "ναι", who="another")
    (booking,) = stored_bookings(deployment)
    assert "Και ποιο τηλέφωνο" in answer_to(deployment, link=f"manage_{booking.code}")
