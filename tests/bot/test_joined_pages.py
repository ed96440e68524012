"""Several pages of one citizen: each is told what is its own, once."""

import pytest

from bot.browsers import unite
from bot.messages import Sender
from bot.views.inbox import fetch
from tests.bot.chats import PAGE, TELEGRAM, Chats
from tests.bot.delivery.test_emails import offer
from tests.bot.delivery.test_office_changes import change, move
from tests.conftest import Deployment


@pytest.fixture
def chats(deployment: Deployment) -> Chats:
    """Return chats of which the one in Telegram, joined with its owner's page, booked."""
    chats = Chats(deployment)
    chats.book(TELEGRAM, "12:30")
    chats.join(TELEGRAM, PAGE)
    return chats


def page_of(who: str) -> Sender:
    return Sender(platform=PAGE, account=PAGE, address=f"{who} at {PAGE}")


def fetched(chats: Chats, who: str) -> str:
    """Have a page fetch what is due to it; return the texts."""
    services = chats.deployment.services
    replies = chats.deployment.database.write_sync(lambda s: fetch(s, services, page_of(who)))
    return "\n".join(reply.text for reply in replies)


def join_computer(chats: Chats) -> None:
    """Join the chat in Telegram with a second page."""
    token = chats.link(TELEGRAM, "συνέχεια στη σελίδα")
    chats.say(TELEGRAM, chats.number(PAGE, token, who="computer"))


def test_each_of_two_pages_is_told_once(chats: Chats) -> None:
    join_computer(chats)
    change(chats.deployment, move)
    told = {who: fetched(chats, who).count("μετέφερε") for who in ("computer", "maria")}
    assert told == {"computer": 1, "maria": 1}


def test_a_page_answers_no_offer_that_another_page_was_made(chats: Chats) -> None:
    change(chats.deployment, offer)
    join_computer(chats)
    chats.deployment.clock.forward(seconds=5)
    assert "μεταφέρω" not in fetched(chats, "computer")
    chats.deployment.clock.forward(seconds=5)
    assert chats.say(PAGE, "ναι", who="computer")
    assert "12:30" in fetched(chats, "maria")


@pytest.mark.parametrize("also_joined", [False, True])
def test_a_page_is_told_what_waited_for_another_of_its_browser(
    deployment: Deployment, *, also_joined: bool
) -> None:
    chats = Chats(deployment)
    chats.book(PAGE, "12:30")
    if also_joined:  # as a second page of the same citizen, which is told in any case
        chats.join(TELEGRAM, PAGE)
        join_computer(chats)
    change(deployment, move)
    deployment.clock.forward(minutes=1)
    chats.say(PAGE, "γεια", who="computer")
    services = deployment.services
    both = [page_of("computer"), page_of("maria")]
    assert deployment.database.write_sync(lambda session: unite(session, services, both))
    assert fetched(chats, "computer").count("μετέφερε") == 1
    deployment.clock.forward(days=8, hours=12)
    assert fetched(chats, "computer").count("Σας θυμίζω") == 1
