"""Requests that are too long or too many."""

import socket
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from core.db.models import Conversation
from tests.conftest import Deployment
from tests.fakes.push_platform import ACCOUNT, PushPlatform, say
from tests.webhooks.conftest import Serve
from tests.webhooks.middleware.test_problem_details import RIGHT, problem
from webhooks.middleware.request_limits import Counts
from webhooks.network import network

LIMIT = 2048

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


def chunks(size: int) -> Iterator[bytes]:
    """A body whose length isn't said beforehand."""
    yield b'{"conversation": null, "message_id": "1", "text": "'
    for _ in range(size // 1000):
        yield b"x" * 1000
    yield b'"}'


@pytest.mark.parametrize("size", [3_000, 5_000_000])
def test_a_body_that_is_too_long_by_its_own_length_is_refused(serve: Serve, size: int) -> None:
    client = serve(body_bytes=LIMIT)
    problem(client.post("/chat/turns", json=RIGHT | {"text": "x" * size}), 413)
    assert client.post("/chat/turns", json=RIGHT).status_code == 200


def test_a_body_said_to_be_too_long_is_refused_before_it_comes(serve: Serve) -> None:
    url = serve(body_bytes=LIMIT).base_url
    with socket.create_connection((url.host, url.port or 0), timeout=10) as connection:
        connection.sendall(
            b"POST /chat/turns HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000000\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("size", [3_000, 300_000])
def test_a_body_that_grows_too_long_is_refused(serve: Serve, size: int) -> None:
    client = serve(body_bytes=LIMIT)
    json = {"Content-Type": "application/json"}
    for method in ("POST", "PATCH", "DELETE"):
        answer = client.request(method, "/chat/turns", content=chunks(size), headers=json)
        problem(answer, 413)
    short = client.post("/chat/turns", content=chunks(1_000), headers=json)
    assert short.status_code == 200


def test_a_body_cut_short_leaves_the_server_answering(serve: Serve) -> None:
    client = serve()
    url = client.base_url
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.sendall(b"POST /chat/turns HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
    assert client.post("/chat/turns", json=RIGHT).status_code == 200


def test_too_many_requests_from_one_address_are_told_when_to_come_again(serve: Serve) -> None:
    client = serve(requests_per_minute=3)
    # A minute may end among them, so there are more than two minutes' worth.
    answers = [client.post("/chat/turns", json=RIGHT) for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    for answer in refused:
        problem(answer, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 60


def ask(client: httpx.Client, address: str, **fields: Any) -> httpx.Response:
    """Send a message from that address: the server believes a proxy on its own machine."""
    body = RIGHT | {"message_id": str(uuid4())} | fields
    return client.post("/chat/turns", json=body, headers={"X-Forwarded-For": address})


def begin(client: httpx.Client, address: str) -> str:
    """Begin a conversation, and return its token."""
    answer = ask(client, address)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["conversation"])


def statuses(client: httpx.Client, address: str, times: int, **fields: Any) -> list[int]:
    return [ask(client, address, **fields).status_code for _ in range(times)]


def test_conversations_of_one_address_do_not_hold_each_other_back(serve: Serve) -> None:
    client = serve(requests_per_minute=5)
    tokens = [begin(client, HERE) for _ in range(3)]
    for token in tokens:
        assert statuses(client, HERE, 4, conversation=token) == [200] * 4


def test_a_conversation_is_held_back_wherever_it_is_from(serve: Serve) -> None:
    client = serve(requests_per_minute=3)
    token, other = begin(client, HERE), begin(client, HERE)
    assert statuses(client, HERE, 3, conversation=token) == [200] * 3
    refused = problem(ask(client, ELSEWHERE, conversation=token), 429)
    assert refused["detail"].startswith("More than 3 requests in this conversation a minute; wait ")
    assert ask(client, HERE, conversation=other).status_code == 200


@pytest.mark.parametrize(
    "failing",
    [{"conversation": "guessed"}, {"text": None}, {"message_id": ""}],
    ids=["unknown conversation", "without a text", "without an identifier"],
)
def test_what_fails_holds_back_only_who_is_unknown(serve: Serve, failing: dict[str, str]) -> None:
    client = serve(requests_per_minute=4)
    token = begin(client, HERE)
    answers = [ask(client, HERE, **failing) for _ in range(4)]
    assert [answer.status_code in (404, 422) for answer in answers] == [True] * 3 + [False]
    refused = problem(answers[3], 429)
    assert "new or failed requests from this address" in refused["detail"]
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60
    problem(ask(client, HERE), 429)
    assert ask(client, HERE, conversation=token).status_code == 200
    assert ask(client, ELSEWHERE).status_code == 200


def test_an_ended_conversation_is_none(serve: Serve) -> None:
    client = serve(requests_per_minute=2)
    client.headers["X-Forwarded-For"] = HERE
    token = begin(client, HERE)
    client.post("/forget", headers={"Cookie": f"rantevou={token}", "X-Forwarded-For": ELSEWHERE})
    assert statuses(client, HERE, 2, conversation=token) == [404, 429]


def test_a_path_that_does_not_exist_and_a_body_too_long_count_as_failed(serve: Serve) -> None:
    client = serve(requests_per_minute=2, body_bytes=LIMIT)
    client.headers["X-Forwarded-For"] = HERE
    problem(client.get("/nowhere"), 404)
    problem(client.post("/chat/turns", json=RIGHT | {"text": "x" * 3000}), 413)
    problem(client.get("/nowhere"), 429)
    problem(client.post("/chat/turns", json=RIGHT | {"text": "x" * 3000}), 429)


def test_all_requests_of_an_address_are_limited_before_their_bodies_come(serve: Serve) -> None:
    client = serve(requests_per_minute=2)
    *tokens, another = [begin(client, f"198.51.100.{number}") for number in range(11)]
    for token in tokens:
        assert statuses(client, HERE, 2, conversation=token) == [200, 200]
    refused = problem(ask(client, HERE, conversation=another), 429)
    assert refused["detail"].startswith("More than 20 requests from this address a minute; wait ")
    assert ask(client, ELSEWHERE, conversation=another).status_code == 200
    url = client.base_url
    with socket.create_connection((url.host, url.port or 0), timeout=10) as connection:
        connection.sendall(
            f"POST /chat/turns HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {HERE}\r\n"
            "Content-Length: 99\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 429 ")
    assert client.get("/healthz", headers={"X-Forwarded-For": HERE}).status_code == 200


@pytest.mark.parametrize("address", ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::7"])
def test_the_addresses_of_one_network_are_counted_together(serve: Serve, address: str) -> None:
    client = serve(requests_per_minute=1)
    begin(client, "2001:db8:1:2::1")
    problem(ask(client, address), 429)
    assert ask(client, "2001:db8:1:3::1").status_code == 200


def test_a_page_is_limited_too_and_whoever_has_a_conversation_is_known(serve: Serve) -> None:
    client = serve(requests_per_minute=4)
    token = begin(client, HERE)

    def show(**cookies: str) -> int:
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers = {"X-Forwarded-For": HERE, "Cookie": cookie}
        return client.get("/", headers=headers).status_code

    assert [show() for _ in range(3)] == [200] * 3
    assert show() == show(rantevou="guessed") == 429
    assert [show(rantevou=token) for _ in range(4)] == [200] * 4
    assert show(rantevou=token) == 429


def test_a_platform_that_proves_who_it_is_is_limited_by_no_address(
    deployment: Deployment, serve: Serve
) -> None:
    deployment.connect({ACCOUNT: PushPlatform("http://127.0.0.1:9")})
    client = serve(requests_per_minute=2)
    path = f"/webhooks/{ACCOUNT.replace(':', '/')}"
    message = {"from": "maria", "id": 0, "text": "Γεια"}
    forged = [client.post(path, json=message).status_code for _ in range(4)]
    assert forged == [403, 403, 429, 429]
    assert [say(client, "maria", number, text="Γεια") for number in range(1, 31)] == [200] * 30
    # Who failed to prove it can't begin conversations from there either.
    assert client.post("/chat/turns", json=RIGHT).status_code == 429


@pytest.mark.parametrize(
    ("address", "exempt"),
    [
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("198.51.100.77", True),
        ("::ffff:198.51.100.77", True),
        ("2001:db8:5::1", True),
        ("2001:db8:6::1", False),
    ],
)
def test_an_exempt_address_has_no_limit_of_its_own(
    serve: Serve, address: str, exempt: bool
) -> None:
    listed = "192.0.2.7, 198.51.100.9/24 2001:db8:5::/48"
    client = serve(requests_per_minute=1, exempt_addresses=listed)
    token = begin(client, address)
    assert statuses(client, address, 30)[-1] == (200 if exempt else 429)
    assert statuses(client, address, 2, conversation=token)[-1] == 429


def test_a_refused_message_is_not_taken(deployment: Deployment, serve: Serve) -> None:
    client = serve(requests_per_minute=1)
    answers = [client.post("/chat/turns", json=RIGHT).status_code for _ in range(4)]
    count = select(func.count()).select_from(Conversation)
    opened = deployment.database.write_sync(lambda s: s.scalars(count).one())
    assert answers.count(200) == opened < 4
    assert client.get("/").status_code == 429
    assert client.get("/static/rantevou.css").status_code == 200


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::1", "::/64"),
        ("", ""),
        ("a name", "a name"),
    ],
)
def test_an_ipv6_address_counts_as_its_network(address: str, whose: str) -> None:
    assert network(address) == whose


def test_counts_begin_anew_a_minute_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("webhooks.middleware.request_limits.time.monotonic", lambda: now[0])
    counts, key, other = Counts(), ("requests", "one"), ("requests", "other")
    assert [counts.add(key) for _time in range(3)] == [1, 2, 3]
    now[0] += 59.5
    assert (counts.add(key), counts.seconds_left(key)) == (4, 1)
    assert counts.add(other) == 1
    now[0] += 0.5
    assert (counts.count(key), counts.count(other)) == (0, 1)
    assert (counts.add(key), counts.add(other)) == (1, 2)
    now[0] += 61
    counts.add(key)
    assert len(vars(counts)["_counts"]) == 1  # what is past takes no memory
