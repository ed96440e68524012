"""No connection waits for its client for ever, and no number of them stops the server."""

import asyncio.constants
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.webhooks.conftest import Serve
from tests.webhooks.middleware.test_problem_details import RIGHT
from webhooks import connections, server
from webhooks.connections import NoRoom

PATIENCE = 20

HEAD = b"POST /chat/turns HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SLOW = {
    "nothing": b"",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 99\r\n\r\n{",
    "half a body in chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "half a head after a request": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP",
}
HEALTHZ = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for slow connections ten times a second."""
    monkeypatch.setattr(server, "TICKS_PER_SECOND", 1)


def connect(client: httpx.Client, said: bytes = b"", address: str = "127.0.0.1") -> socket.socket:
    """Open a connection from an address of this machine, and say something."""
    to = (client.base_url.host, client.base_url.port or 0)
    connection = socket.create_connection(to, PATIENCE, (address, 0))
    connection.sendall(said)
    return connection


def received(connection: socket.socket) -> bytes:
    """Return the bytes that come until the server closes the connection. Raises TimeoutError."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def is_open(connection: socket.socket) -> bool:
    """Whether the server hasn't closed it."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


@contextmanager
def opened(
    client: httpx.Client, said: bytes, count: int, address: str = "127.0.0.1"
) -> Iterator[list[socket.socket]]:
    """Open so many connections, each of which says so much."""
    with ExitStack() as stack:
        yield [stack.enter_context(connect(client, said, address)) for _ in range(count)]


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW)
def test_a_request_that_does_not_come_whole_in_time_is_given_up(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)
    monkeypatch.setattr(connections, "BYTES_PER_SECOND", 1_000_000)
    client = serve()
    with connect(client, said) as connection:
        received(connection)
    assert client.get("/healthz").status_code == 200


def test_a_request_that_comes_bit_by_bit_has_no_more_time(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)
    with connect(serve(), HEAD) as connection:
        until = time.monotonic() + PATIENCE
        while is_open(connection):
            assert time.monotonic() < until
            connection.sendall(b"x")
            time.sleep(0.05)


def test_a_long_body_on_a_slow_line_comes_whole(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)
    monkeypatch.setattr(connections, "BYTES_PER_SECOND", 1)
    with connect(serve(), HEAD + b"Content-Length: 10\r\nConnection: close\r\n\r\n") as connection:
        for _ in range(10):
            time.sleep(0.08)  # 0.8 seconds in all, in which the server looks several times
            connection.sendall(b"x")
        assert received(connection).startswith(b"HTTP/1.1 422 ")


def test_a_client_that_does_not_read_its_answers_is_given_up(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.2)
    client = serve()
    page = b"GET /static/htmx.min.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        connection.connect((client.base_url.host, client.base_url.port))
        connection.setblocking(False)
        until = time.monotonic() + PATIENCE
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            while time.monotonic() < until:
                try:
                    connection.sendall(page)
                except BlockingIOError:
                    time.sleep(0.1)
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW)
def test_past_the_limit_those_that_wait_longest_are_closed_and_all_are_answered(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(connections, "max_connections", lambda: 20)
    client = serve()
    # Each on a connection of its own: one that is kept would be the oldest.
    client.headers["Connection"] = "close"
    with opened(client, said, 15) as early:
        assert client.get("/healthz").status_code == 200
        assert not any(is_closed_after_reading(each) for each in early)
        with opened(client, said, 60) as late:
            assert client.get("/healthz").status_code == 200
            assert client.post("/chat/turns", json=RIGHT).status_code == 200
            assert all(is_closed_after_reading(each) for each in early)
            left = [not is_closed_after_reading(each) for each in late]
            assert 10 <= sum(left) <= 20


def test_a_burst_past_the_limit_stops_nobody_for_long_and_is_logged_in_our_words(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refused = list[float]()

    class Refused(NoRoom):
        def __init__(self) -> None:
            super().__init__()
            refused.append(time.monotonic())

    monkeypatch.setattr(connections, "NoRoom", Refused)
    monkeypatch.setattr(connections, "max_connections", lambda: 20)
    client = serve()
    with opened(client, HEAD, 100):
        assert client.get("/healthz").status_code == 200
    assert refused
    assert asyncio.constants.ACCEPT_RETRY_DELAY == connections.UNTOUCHED_SECONDS
    assert "out of system resource" not in caplog.text


def is_closed_after_reading(connection: socket.socket) -> bool:
    """Whether the server closed it, perhaps after an answer."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except ConnectionResetError:
        pass
    return True


def test_below_the_limit_none_is_closed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "max_connections", lambda: 20)
    client = serve()
    assert client.get("/healthz").status_code == 200  # and stays open
    with opened(client, HEAD, 19) as slow:
        assert client.post("/chat/turns", json=RIGHT).status_code == 200
        assert all(is_open(each) for each in slow)


def test_those_of_another_address_are_not_closed_for_those_that_one_has_too_many(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "max_connections", lambda: 100)
    client = serve()
    rest = b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    with connect(client, HEAD) as oldest:
        assert client.get("/healthz").status_code == 200
        with opened(client, HEAD, 200, "127.0.0.2") as others:
            while not is_closed_after_reading(others[0]):
                time.sleep(0.01)
            oldest.sendall(rest)
            assert received(oldest).startswith(b"HTTP/1.1 422 ")


@pytest.mark.parametrize("order", [1, -1])
def test_a_request_with_two_lengths_is_refused_and_ends_the_connection(
    serve: Serve, order: int
) -> None:
    """A proxy that sees its end elsewhere would take its rest for a request of its own."""
    lengths = [b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"][::order]
    body = b"0\r\n\r\n"
    with connect(serve(), HEAD + b"".join(lengths) + b"\r\n" + body + HEALTHZ) as connection:
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in answer.lower()
    assert answer.count(b"HTTP/1.1 ") == 1


def test_requests_sent_ahead_are_answered_in_order(serve: Serve) -> None:
    missing = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connect(serve(), HEALTHZ + missing + last) as connection:
        answer = received(connection)
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]
