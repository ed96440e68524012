"""Limits are counted by network address, for a new chat can be opened at will."""

import re

import httpx

from core.catalogue.model import Municipality
from core.catalogue.rules import Rules
from tests.conftest import Deployment
from tests.webhooks.chat_client import GREEK, ChatClient
from tests.webhooks.conftest import Serve

HERE, ELSEWHERE, EXEMPT = "192.0.2.1", "198.51.100.1", "203.0.113.1"


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


def test_an_address_confirms_only_so_many_bookings_unless_it_is_exempt(
    deployment: Deployment, serve: Serve, shipped: dict[str, Municipality]
) -> None:
    deployment.services.registry.accounts |= {"sms:town"}
    one = {"rules": Rules(confirmations_per_address=1)}
    deployment.load(shipped["kalamata"].model_copy(update=one))
    client = serve(exempt_addresses=EXEMPT)
    for address, times in ((HERE, ("12:30", "13:10")), (EXEMPT, ("13:10", "13:50"))):
        for time in times:
            talker = keep(address, client, time)
            if talker.step == "time":
                break
            said = talker.answer({**GREEK, "time": time}, taps=False)
            assert "Το ραντεβού σας κλείστηκε" in said
        refused = "καλέστε την υπηρεσία στο 2721000000" in talker.replies[0]["text"]
        assert refused == (address == HERE)
        assert ("επιβεβαίωση κινητού" in talker.replies[0]["text"]) == refused


def guess(address: str, client: httpx.Client, phone: str) -> str:
    """Try a code and a telephone number in a new conversation; what is said to it."""
    talker = at(address, client)
    talker.say("τα ραντεβού μου")
    said = talker.say("KX7M2P")
    return talker.say(phone) if talker.step == "phone" else said


def test_wrong_tries_of_neighbours_lock_nobody_out(serve: Serve) -> None:
    client = serve()
    for number in range(20):
        assert "Δεν βρήκα" in guess(HERE, client, f"69876543{number:02}")
    assert "Δεν βρήκα" in guess(HERE, client, "6912345678")


def test_a_number_has_twelve_wrong_tries_a_day_from_whatever_addresses(
    deployment: Deployment, serve: Serve
) -> None:
    client, said = serve(), []
    for number in range(26):
        said.append(guess(f"192.0.2.{number}", client, "6912345678"))
        deployment.clock.forward(hours=2, minutes=1)
    waits = [" ".join(re.findall(r"λάθος .* σε (\d+ \w+)", each)) for each in said]
    pauses = ["1 λεπτό", *(f"{minutes} λεπτά" for minutes in (2, 5, 10, 20, 40, 60, 120))]
    assert waits[:14] == ["", "", "", *pauses, "24 ώρες", "22 ώρες", "20 ώρες"]
    # Taken again a day after the twelfth.
    assert waits[22:] == ["109 λεπτά", "", "", ""]
