"""Links that were followed, and commands by their names."""

import pytest

from bot.messages import Inbound
from bot.platforms.telegram.adapter import COMMANDS
from tests.conftest import Town


def told(town: Town, **what: str) -> str:
    """All that is answered to it."""
    town.sent += 1
    who = {"platform": "console", "account": "console", "address": "citizen"}
    inbound = Inbound.model_validate({**who, "message_id": f"its own {town.sent}", **what})
    return "\n".join(reply.text for reply in town.receive(inbound))


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
def test_a_link_leads_where_it_says(town: Town, link: str, asked: str) -> None:
    assert asked in told(town, link=link)


@pytest.mark.parametrize("name", [name for name, _label in COMMANDS])
@pytest.mark.parametrize(
    "before",
    [("Γεια",), ("Γεια", "Χίος"), ("Γεια", "τα ραντεβού μου")],
    ids=["a list", "another list", "another task"],
)
def test_the_commands_of_telegrams_menu_are_understood_everywhere(
    town: Town, before: tuple[str, ...], name: str
) -> None:
    town.talk(*before)
    said = told(town, command=name)
    for wrong in ("Δεν βρήκα", "Επιλέξτε ένα", "Δεν γνωρίζω"):
        assert wrong not in said


@pytest.mark.parametrize("name", ["foo", "set", "page", "month", "start_"])
def test_a_command_that_nobody_knows_says_so(town: Town, name: str) -> None:
    town.talk("Γεια")
    said = told(town, command=name)
    assert "Δεν γνωρίζω αυτή την εντολή" in said
    assert "Σε ποιον δήμο" in said
