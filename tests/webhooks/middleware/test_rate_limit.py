"""Requests that are too long or too many."""

import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from core.db.models import Conversation
from tests.conftest import Deployment
from tests.webhooks.conftest import Serve
from tests.webhooks.middleware.test_problem_details import RIGHT, problem
from webhooks.network import network

LIMIT = 2048


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
    problem(client.post("/chat/turns", content=chunks(size), headers=json), 413)
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


def test_another_address_is_not_held_back(serve: Serve) -> None:
    client = serve(requests_per_minute=1)

    def ask(address: str) -> int:
        # The server believes a proxy on its own machine.
        answer = client.post("/chat/turns", json=RIGHT, headers={"X-Forwarded-For": address})
        return answer.status_code

    tries = [ask("192.0.2.1") for _ in range(4)]
    assert tries[0] == 200
    assert 429 in tries
    assert ask("192.0.2.2") == 200


def test_a_refused_message_is_not_taken(deployment: Deployment, serve: Serve) -> None:
    client = serve(requests_per_minute=1)
    answers = [client.post("/chat/turns", json=RIGHT).status_code for _ in range(4)]
    count = select(func.count()).select_from(Conversation)
    opened = deployment.database.write_sync(lambda s: s.scalars(count).one())
    assert answers.count(200) == opened < 4
    assert client.get("/").status_code == 200


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
