"""The monitoring answers whatever others leave half-sent."""

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.bot.processes import environment, free_port, management_url, server


def is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_half_sent_requests_to_the_monitoring_are_closed(file: Path) -> None:
    port = free_port()
    url = management_url(environment(file, management_port=port))
    with server(file, management_port=port), ExitStack() as opened:
        host = (urlsplit(url).hostname, port)
        heads = [opened.enter_context(socket.create_connection(host, 10)) for _ in range(200)]
        for head in heads:
            head.sendall(b"GET /metrics HTTP/1.1\r\nHost: a")
        assert httpx.get(f"{url}/readyz", timeout=30, trust_env=False).status_code == 200
        assert sum(is_closed(head) for head in heads) >= 150  # only 50 are held
