"""A forgotten device: its token opens nothing more, anywhere, from that moment on."""

import re
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Deployment, mostly_on
from tests.webhooks.conftest import Serve
from tests.webhooks.web.conftest import BOOKING
from tests.webhooks.web.test_event_stream import REMINDER, listening, quick  # noqa: F401
from tests.webhooks.web.test_page import bubbles, conversations, mark, say

PHONE = BOOKING[7]
CODE = re.compile(r"<dt>Κωδικός</dt><dd>(\w{3} \w{3})<")


@pytest.fixture
def client(booked_client: httpx.Client) -> httpx.Client:
    """A browser that has booked."""
    return booked_client


def forgotten(client: httpx.Client) -> str:
    """Forget the browser; return its token, which it then sends all the same."""
    token = client.cookies["rantevou"]
    assert client.post("/forget").status_code == 303
    assert "rantevou" not in client.cookies
    client.headers["Cookie"] = f"rantevou={token}"
    return token


def appointment_states(deployment: Deployment) -> list[str]:
    return [state for (state,) in deployment.rows("SELECT state FROM bookings")]


@mostly_on("sqlite")
def test_the_old_token_neither_shows_nor_cancels(
    client: httpx.Client, deployment: Deployment
) -> None:
    before = client.get("/").text
    assert CODE.search(before)
    assert client.get("/appointments/1").status_code == 200
    token = forgotten(client)
    page = client.get("/").text
    assert not CODE.search(page)
    assert bubbles(page)[-1] == "bot: Σε ποιον δήμο θέλετε ραντεβού;"
    assert client.get("/appointments/1").status_code == 404
    assert client.get("/appointments/1.ics").status_code == 404
    body = {"conversation": token, "message_id": str(uuid4()), "text": "ακύρωση ραντεβού"}
    assert client.post("/chat/turns", json=body).status_code == 404
    # A window that was open all the while begins a conversation, which knows of nothing.
    client.post("/", data={"text": "τα ραντεβού μου", "page": mark(before)})
    assert client.cookies["rantevou"] != token
    del client.headers["Cookie"]
    assert bubbles(client.get("/").text)[-1] == "bot: Σε ποιον δήμο θέλετε ραντεβού;"
    assert appointment_states(deployment) == ["confirmed"]


@mostly_on("sqlite")
def test_open_streams_of_the_old_token_end_and_none_is_opened(client: httpx.Client) -> None:
    with listening(client) as events:
        next(events)
        forgotten(client)
        assert list(events) == ["0 0"]  # which has an open window load itself anew
    assert client.get("/events").status_code == 204


@mostly_on("sqlite")
def test_no_reminder_goes_to_the_old_token(client: httpx.Client, deployment: Deployment) -> None:
    forgotten(client)
    deployment.clock.forward(days=1, hours=6)
    assert not any(REMINDER in bubble for bubble in bubbles(client.get("/").text))
    reminders = "SELECT status FROM outgoing WHERE kind = 'reminder'"
    assert deployment.rows(reminders) == [("cancelled",)] * 2


@mostly_on("sqlite")
def test_a_reminder_goes_another_way_also_when_the_appointment_is_moved(
    serve: Serve, deployment: Deployment
) -> None:
    deployment.services.registry.accounts = frozenset({"webchat", "email"})
    client = serve()
    for text in BOOKING:
        page = say(client, text=text).text
    found = CODE.search(page)
    assert found
    query = "SELECT account, status, due_at FROM outgoing WHERE kind = 'reminder' ORDER BY id"
    before = deployment.rows(query)
    client.post("/forget")
    # The way of the others is chosen when they are due: then, only the e-mail is left.
    ended = [
        (account, "cancelled" if account == "webchat" else status, at)
        for account, status, at in before
    ]
    assert deployment.rows(query) == ended
    for text in ("αλλαγή ραντεβού", found[1], PHONE, "4/12", "12:30", "ναι"):
        say(client, text=text)
    others = [row for row in ended if row[0] == "reminder"]
    moved = [(account, status, at + 24 * 3600) for account, status, at in others]
    assert deployment.rows(query)[-2:] == moved
    assert {row[1] for row in deployment.rows(query)[:-2]} == {"cancelled"}
    told = "SELECT account FROM outgoing WHERE kind = 'moved'"
    assert deployment.rows(told) == [("email",)]


@mostly_on("sqlite")
def test_a_first_message_that_comes_again_gets_another_token(
    serve: Serve, deployment: Deployment
) -> None:
    client, first = serve(), str(uuid4())
    say(client, message_id=first, text="Χίος")
    token = client.cookies["rantevou"]
    client.post("/forget")
    page = say(client, message_id=first, text="Χίος").text
    assert client.cookies["rantevou"] != token
    assert bubbles(page)[-1] == "bot: Ποια ομάδα υπηρεσιών;"
    assert conversations(deployment) == 2
    body = {"conversation": None, "message_id": str(uuid4()), "text": "Χίος"}
    begun = client.post("/chat/turns", json=body).json()["conversation"]
    client.post("/forget", headers={"Cookie": f"rantevou={begun}"})
    again = client.post("/chat/turns", json=body)
    assert (again.status_code, again.json()["conversation"] != begun) == (200, True)
