"""Messages that come later: by event stream to an open page, and on the next visit."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete

from core.db.database import Database
from core.db.models import InboundRow
from tests.conftest import Deployment
from tests.webhooks.chat_client import serving
from tests.webhooks.conftest import Serve, served
from tests.webhooks.web.conftest import booked
from tests.webhooks.web.test_page import HTMX, bubbles, last_of, say
from webhooks.app import build_app
from webhooks.web import event_stream

REMINDER = "Σας θυμίζω το ραντεβού σας:"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    monkeypatch.setattr(event_stream, "POLL_SECONDS", 0.05)
    deployment.services.registry.accounts = frozenset({"webchat"})


@contextmanager
def listening(client: httpx.Client, path: str = "/events") -> Iterator[Iterator[str]]:
    """The events of a page's stream, each as its data, from when it is open."""
    with client.stream("GET", path, timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield (line[6:] for line in answer.iter_lines() if line.startswith("data: "))


def later(client: httpx.Client, after: str) -> httpx.Response:
    return client.get("/later", params={"after": after}, headers=HTMX)


def test_an_open_page_is_told_of_a_reminder_and_fetches_it_once(
    serve: Serve, deployment: Deployment
) -> None:
    client = serve()
    last = last_of(booked(client))
    with listening(client) as events:
        assert next(events) == f"{last} 0"
        deployment.clock.forward(days=1, hours=6)
        assert next(events) == f"{last} 1"
        new = later(client, last)
        assert [bubble[:32] for bubble in bubbles(new.text)] == [f"bot: {REMINDER}"]
        assert 'id="ask"' not in new.text  # the question stands
        assert next(events) == f"{last_of(new.text)} 0"
    assert later(client, last_of(new.text)).status_code == 204
    assert sum(REMINDER in bubble for bubble in bubbles(client.get("/").text)) == 1


def test_a_silent_stream_shows_that_it_lives_and_still_brings_news(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve()
    last = last_of(say(client, text="Χίος").text)
    with client.stream("GET", "/events", timeout=10) as answer:
        lines = (line.strip() for line in answer.iter_lines() if line)
        assert next(lines).startswith("retry: ")
        assert [next(lines), next(lines)] == ["event: news", f"data: {last} 0"]
        # Shortened only now: on a loaded machine the first query may take longer than this.
        monkeypatch.setattr(event_stream, "KEEPALIVE_SECONDS", 0.2)
        for text in ("Τμήμα Περιουσίας", "Φυσική παρουσία"):
            new = last_of(say(client, text=text).text)
            assert next(line for line in lines if line != ":") == "event: news"
            assert next(lines) == f"data: {new} 0"
            assert [next(lines), next(lines)] == [":", ":"]


def test_a_page_that_was_closed_shows_it_on_the_next_visit(
    booked_client: httpx.Client, deployment: Deployment
) -> None:
    client = booked_client
    deployment.clock.forward(days=1, hours=6)
    shown = [client.get("/").text for _ in range(2)]
    for page in shown:
        assert sum(REMINDER in bubble for bubble in bubbles(page)) == 1
        assert 'data-step="task"' in page


def test_it_is_shown_after_days_when_the_rest_of_the_talk_is_gone(
    booked_client: httpx.Client, deployment: Deployment
) -> None:
    client = booked_client
    deployment.clock.forward(days=1, hours=6)
    deployment.database.write_sync(lambda s: s.execute(delete(InboundRow)))  # as the sweep does
    page = client.get("/").text
    assert any(REMINDER in bubble for bubble in bubbles(page))
    assert 'data-step="task"' in page


def test_two_windows_of_one_conversation_show_the_same(serve: Serve) -> None:
    client = serve()
    last = last_of(say(client, text="Χίος").text)
    with listening(client) as events:
        assert next(events) == f"{last} 0"
        form = {"message_id": str(uuid4()), "text": "Τμήμα Περιουσίας", "last": last}
        mine = client.post("/", data=form, headers=HTMX)
        assert next(events) == f"{last_of(mine.text)} 0"
    other = later(client, last)
    assert bubbles(other.text) == bubbles(mine.text)
    assert 'id="ask"' in other.text


def test_a_window_that_was_left_behind_gets_all_that_it_missed(serve: Serve) -> None:
    client = serve()
    last = last_of(say(client, text="Χίος").text)
    say(client, text="Τμήμα Περιουσίας")
    form = {"message_id": str(uuid4()), "text": "βίντεο", "last": last}
    shown = bubbles(client.post("/", data=form, headers=HTMX).text)
    assert [bubble for bubble in shown if bubble.startswith("citizen")] == [
        "citizen: Εσείς: Τμήμα Περιουσίας",
        "citizen: Εσείς: βίντεο",
    ]


def test_a_window_of_what_was_forgotten_or_said_in_another_language_is_loaded_anew(
    serve: Serve,
) -> None:
    client = serve()
    last = last_of(say(client, text="Χίος").text)
    say(client, text="English")
    assert later(client, last).headers["hx-refresh"] == "true"
    client.post("/forget")
    assert later(client, last).headers["hx-refresh"] == "true"
    assert later(client, "0").headers["hx-refresh"] == "true"


def test_who_has_no_conversation_has_no_stream(serve: Serve) -> None:
    client = serve()
    assert client.get("/events").status_code == 204
    client.cookies.set("rantevou", "nobody")
    assert client.get("/events").status_code == 204


def test_past_the_streams_of_an_address_a_page_polls(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, deployment: Deployment
) -> None:
    monkeypatch.setattr(event_stream, "MAX_STREAMS_PER_NETWORK", 1)
    check_polling(serve(), deployment)


def test_an_exempt_address_has_streams_without_a_limit_of_its_own(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "MAX_STREAMS_PER_NETWORK", 1)
    client = serve(exempt_addresses="127.0.0.0/8")
    booked(client)
    with listening(client) as first, listening(client) as second:
        assert next(first)
        assert next(second)


def test_past_the_streams_of_a_server_a_page_polls(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, deployment: Deployment
) -> None:
    monkeypatch.setattr(event_stream, "max_streams", lambda: 1)
    check_polling(serve(), deployment)


def check_polling(client: httpx.Client, deployment: Deployment) -> None:
    last = last_of(booked(client))
    with listening(client) as events:
        next(events)
        polled = client.get("/events").text.split()
        assert polled[0] == "retry:"
        assert 20_000 <= int(polled[1]) <= 40_000
        assert polled[2:] == ["event:", "news", "data:", last, "0"]
        deployment.clock.forward(days=1, hours=6)
        assert f"data: {last} 1" in client.get("/events").text
    for _ in range(200):  # the server sees at once, or nearly, that it was left
        with client.stream("GET", "/events") as again:
            retry = next(again.iter_lines())
            if int(retry.removeprefix("retry: ")) < 20_000:
                return
    raise AssertionError("the place of a closed stream is never free")


def test_a_server_that_stops_ends_its_streams(database: Database, deployment: Deployment) -> None:
    opened, ended = threading.Event(), threading.Event()

    def listen() -> None:
        with listening(mine) as events:
            next(events)
            opened.set()
            assert list(events) == []
        ended.set()

    with httpx.Client() as mine:
        listener = threading.Thread(target=listen)
        with serving(build_app(served(database, deployment.services))) as client:
            mine.base_url = client.base_url
            say(mine, text="Χίος")
            listener.start()
            assert opened.wait(10)
        listener.join(10)
    assert ended.is_set()
