"""A server survives crashes, rivals and a full log, and shows nothing personal."""

import asyncio
import signal
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from core.db.models import Booking
from tests.bot.processes import server
from tests.conftest import SOAK, Deployment
from tests.webhooks.chat_client import CODE, GREEK, ChatClient
from tests.webhooks.conftest import Serve
from tests.webhooks.web.test_page import bubbles

ANY_TIME = {key: answer for key, answer in GREEK.items() if key not in ("day", "time")}
PERSONAL = ("Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130")


def first_free(citizen: ChatClient) -> None:
    """Take the first day and time that are offered."""
    for step in ("day", "time"):
        assert citizen.step == step
        citizen.tap(citizen.labels[0])


def test_a_conversation_goes_on_after_the_server_was_killed_in_its_midst(file: Path) -> None:
    with server(file) as first, httpx.Client(base_url=first.url) as client:
        citizen = ChatClient(client)
        citizen.say("Γεια")
        citizen.answer(ANY_TIME, taps=True, until="day")
        first_free(citizen)
        citizen.say(GREEK["details.name"])
        first.end(signal.SIGKILL)
    with server(file) as second, httpx.Client(base_url=second.url) as client:
        citizen.client = client
        assert CODE.search(citizen.answer(ANY_TIME, taps=True))
        assert "Παπαδοπούλου" in citizen.say("τα ραντεβού μου")


def test_a_page_goes_on_after_a_restart_and_its_stream_ends_with_the_server(file: Path) -> None:
    with httpx.Client(follow_redirects=True) as browser:
        with server(file) as first:
            shown = browser.post(first.url, data={"text": "Χίος"}).text
            with browser.stream("GET", f"{first.url}/events", timeout=10) as events:
                lines = events.iter_lines()
                assert any(line.startswith("event: news") for line in lines)
                first.process.send_signal(signal.SIGTERM)
                assert not any(line.startswith("event:") for line in lines)
            assert first.process.wait(10) == 0
        with server(file) as second:
            assert bubbles(browser.get(second.url).text) == bubbles(shown)


def test_two_servers_on_one_database_serve_one_conversation(file: Path) -> None:
    with ExitStack() as opened:
        servers = [opened.enter_context(server(file)) for _ in range(2)]
        clients = [opened.enter_context(httpx.Client(base_url=each.url)) for each in servers]
        citizen = ChatClient(clients[0])
        citizen.say("Γεια")
        turns, said = 0, ""
        while citizen.step != "task":
            citizen.client = clients[(turns := turns + 1) % 2]
            if citizen.step in ("day", "time"):
                citizen.tap(citizen.labels[0])
            else:
                said = citizen.say(ANY_TIME[citizen.step])
        assert CODE.search(said)
        repeated = {"conversation": citizen.token, "message_id": "same", "text": "βοήθεια"}
        answers = [client.post("/chat/turns", json=repeated).json() for client in clients]
        assert answers[0] == answers[1]


def test_what_a_citizen_tells_is_never_in_the_log_not_even_after_a_crash(file: Path) -> None:
    with server(file) as running, httpx.Client(base_url=running.url) as client:
        citizen = ChatClient(client)
        citizen.say("Γεια")
        citizen.answer(ANY_TIME, taps=True, until="day")
        first_free(citizen)
        assert CODE.search(citizen.answer(ANY_TIME, taps=True))
        citizen.say("τα ραντεβού μου")
        client.post("/chat/turns", json={"text": PERSONAL[0], "message_id": 1})
        with sqlite3.connect(file) as broken:
            broken.execute(
                "CREATE TRIGGER broken BEFORE UPDATE ON conversations "
                "BEGIN SELECT RAISE(ABORT, 'forced'); END"
            )
        broken.close()
        for text in PERSONAL:
            body = {"conversation": citizen.token, "message_id": str(uuid4()), "text": text}
            assert client.post("/chat/turns", json=body).status_code == 500
        assert running.end() == 0
        log = running.log
    assert "crashed" in log
    assert "IntegrityError" in log
    assert "bot/turn.py" in log
    for secret in (*PERSONAL, "Μαρία", str(citizen.token), "Traceback", "forced", "127.0.0.1:0"):
        assert secret not in log


@pytest.mark.parametrize("many", [15, pytest.param(50, marks=SOAK)])
def test_of_many_citizens_who_pick_the_last_time_of_a_day_one_gets_it(
    deployment: Deployment, serve: Serve, many: int
) -> None:
    client = serve()
    for taken in ("12:30", "13:10"):
        early = ChatClient(client)
        early.say("Γεια")
        early.answer({**GREEK, "time": taken}, taps=True, until="details.name")
    # Less than the server's 5 seconds, or a request meets a connection that it is just closing.
    limits = httpx.Limits(max_connections=many, keepalive_expiry=1)

    async def race() -> list[Any]:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=60, limits=limits) as racers:
            return await asyncio.gather(*(book(racers, i) for i in range(many)))

    everybody = asyncio.Event()
    waiting = 0

    async def book(racers: httpx.AsyncClient, number: int) -> Any:
        nonlocal waiting
        token, answer = None, None
        texts = ["Γεια", *(GREEK[s] for s in ("municipality", "service", "screening.receives"))]
        for turn, text in enumerate([*texts, "3/12", "13:50"]):
            if text == "13:50":
                waiting += 1
                if waiting == many:
                    everybody.set()
                await everybody.wait()
            body = {"conversation": token, "message_id": f"{number} {turn}", "text": text}
            answer = (await racers.post("/chat/turns", json=body)).json()
            token = answer["conversation"]
        return answer

    answers = asyncio.run(race())
    winners = [a for a in answers if a["replies"][-1]["step"] == "details.name"]
    losers = [a for a in answers if a["replies"][-1]["step"] == "time"]
    assert (len(winners), len(losers)) == (1, many - 1)
    for loser in losers:
        offered = [choice["label"] for choice in loser["replies"][-1]["choices"]]
        assert len([label for label in offered if ":" in label]) >= 3
        assert not any("3 Δεκ" in label for label in offered)
    winner = ChatClient(client)
    winner.token, winner.replies = winners[0]["conversation"], winners[0]["replies"]
    assert CODE.search(winner.answer(GREEK, taps=True))
    states = deployment.database.write_sync(lambda s: list(s.scalars(select(Booking.state))))
    assert states.count("confirmed") == 1
