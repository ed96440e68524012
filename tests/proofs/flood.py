"""Strangers who open as many connections as they can, and let each of them wait."""

import socket
from itertools import cycle, islice
from types import TracebackType

SECONDS = 30
"""The time in which a server must answer a stranger."""

HALF_HEAD = b"POST /chat/turns HTTP/1.1\r\nHost: x\r\nX-Slow: "
HALF_BODY = (
    b"POST /webhooks/push/one HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b'Content-Length: 9999\r\n\r\n{"from": "'
)

POLLING_MILLISECONDS = 20_000
"""From so many on, the time after which a browser connects again is one of polling."""


class Flood:
    """Connections to a server on this machine, from several addresses of this machine."""

    def __init__(self, port: int, addresses: list[str]) -> None:
        self._port = port
        self._addresses = cycle(addresses)
        self._open: list[socket.socket] = []
        self._slow: list[tuple[socket.socket, bytes]] = []
        self._next = 0

    def __enter__(self) -> "Flood":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for each in (*self._open, *(slow for slow, _said in self._slow)):
            each.close()
        self._open, self._slow = [], []

    def _connect(self, said: bytes, address: str | None = None) -> socket.socket:
        given = (address or next(self._addresses), 0)
        opened = socket.create_connection(("127.0.0.1", self._port), SECONDS, given)
        opened.sendall(said)
        return opened

    def slow_requests(self, count: int) -> None:
        """Open so many connections, on which a head or a body is begun."""
        for said in islice(cycle((HALF_HEAD, HALF_BODY)), count):
            self._slow.append((self._connect(said), said))

    def streams(self, count: int, cookie: str, address: str | None = None) -> int:
        """Open so many event streams; return how many of them last. The others poll.

        Each must get its first event. `address` is theirs, or else any.
        """
        request = f"GET /events HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode()
        opened = [self._connect(request, address) for _ in range(count)]
        self._open += opened
        return sum(_lasts(each) for each in opened)

    def trickle(self, count: int) -> None:
        """Send a byte more of the next so many slow requests; open anew those that were closed."""
        for _ in range(count):
            self._next = (self._next + 1) % len(self._slow)
            opened, said = self._slow[self._next]
            try:
                opened.sendall(b"x")
            except OSError:
                opened.close()
                self._slow[self._next] = (self._connect(said), said)


def _lasts(stream: socket.socket) -> bool:
    """Read a stream's first event; return whether the stream goes on after it."""
    came = b""
    while b"\ndata: " not in came:
        part = stream.recv(4096)
        assert part, came
        came += part
    assert came.startswith(b"HTTP/1.1 200 "), came
    retry = came.partition(b"retry: ")[2].split(maxsplit=1)[0]
    return int(retry) < POLLING_MILLISECONDS
