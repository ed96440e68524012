"""Deep links, and commands by their names."""

import pytest

from bot.messages import Inbound
from bot.platforms.telegram.updates import COMMANDS
from tests.conftest import Deployment


def replies_to(deployment: Deployment, **what: str) -> str:
    """Send a message; return the replies as one text."""
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
def test_a_link_leads_where_it_says(deployment: Deployment, link: str, asked: str) -> None:
    assert asked in replies_to(deployment, link=link)


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
    said = replies_to(deployment, command=name)
    for wrong in ("Δεν βρήκα", "Επιλέξτε ένα", "Δεν γνωρίζω"):
        assert wrong not in said


@pytest.mark.parametrize("name", ["foo", "set", "page", "month", "start_"])
def test_a_command_that_nobody_knows_says_so(deployment: Deployment, name: str) -> None:
    deployment.talk("Γεια")
    said = replies_to(deployment, command=name)
    assert "Δεν γνωρίζω αυτή την εντολή" in said
    assert "Σε ποιον δήμο" in said
