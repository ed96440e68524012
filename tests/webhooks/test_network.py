"""Limits are counted by network address, for a new chat can be opened at will."""

import httpx

from core.catalogue.model import Municipality, Rules
from tests.conftest import Deployment
from tests.webhooks.chat_client import GREEK, ChatClient
from tests.webhooks.conftest import Serve

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.1"


def at(address: str, client: httpx.Client) -> ChatClient:
    """A new conversation from that address: the server believes a proxy on its own machine."""
    client.headers["X-Forwarded-For"] = address
    talker = ChatClient(client)
    talker.say("Γεια")
    return talker


def keep(address: str, client: httpx.Client, time: str) -> ChatClient:
    """Try to have that time kept, in a new conversation."""
    talker = at(address, client)
    answers = {**GREEK, "time": time}
    talker.answer(answers, taps=False, until="time")
    talker.say(time)
    return talker


def test_one_address_keeps_only_so_many_times_however_many_chats_it_opens(
    deployment: Deployment, serve: Serve, shipped: dict[str, Municipality]
) -> None:
    two = {"rules": Rules(holds_per_address=2)}
    deployment.load(shipped["kalamata"].model_copy(update=two))
    client = serve()
    assert keep(HERE, client, "12:30").step == "details.name"
    assert keep(HERE, client, "13:10").step == "details.name"
    refused = keep(HERE, client, "13:50")
    assert refused.step == "time"
    said = refused.replies[0]["text"]
    assert "Από το δίκτυό σας" in said
    assert "καλέστε την υπηρεσία στο 2721000000" in said
    assert keep(ELSEWHERE, client, "13:50").step == "details.name"


def guess(address: str, client: httpx.Client) -> str:
    """Try a code and a telephone number in a new conversation; what is said to it."""
    talker = at(address, client)
    talker.say("τα ραντεβού μου")
    said = talker.say("KX7M2P")
    return talker.say("6912345678") if talker.step == "phone" else said


def test_five_wrong_tries_lock_an_address_whatever_chats_they_were_made_in(
    deployment: Deployment, serve: Serve
) -> None:
    client = serve()
    for _ in range(4):
        assert "Δεν βρήκα" in guess(HERE, client)
    for _ in range(2):
        assert "πολλές λάθος" in guess(HERE, client)
    assert "Δεν βρήκα" in guess(ELSEWHERE, client)
    deployment.clock.forward(hours=1)
    assert "Δεν βρήκα" in guess(HERE, client)
