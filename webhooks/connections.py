"""The connections of a server: none waits for its client for ever, or takes the last open file."""

import asyncio
import asyncio.constants
import errno
import os
import socket
from collections import defaultdict
from fcntl import ioctl
from termios import FIONREAD
from typing import Any

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from webhooks.capacity import max_connections
from webhooks.network import network

log = structlog.get_logger()

REQUEST_SECONDS = 20.0
"""The time in which a request must have come whole, counted from its first byte, or from when the
connection was opened."""

BYTES_PER_SECOND = 500
"""For each so many bytes that have come of a request, it has a second more."""

UNREAD_SECONDS = 120.0
"""The time in which a client must take 48 kB of its response, or what is left of it."""

UNTOUCHED_SECONDS = 0.25
"""The time in which what a client has sent already is read: its connection isn't closed before."""

CLOSED_AT_ONCE = 10
"""The part of too many connections that is closed, one in so many: those that wait longest."""


class Connections(ServerState):
    """The open connections of a server. Past `limit`, those that wait for their client close."""

    def __init__(self) -> None:
        super().__init__()
        self.limit = max_connections()
        self.arriving = 0
        """Connections that are accepted and not yet among the open ones."""

    def make_room(self, now: float) -> bool:
        """Close connections where there are too many; return whether there is room for one more.

        First those of the network that has most, the longest waiting first, so that a new
        request of anybody else isn't met. Behind a proxy all are of one network: its oldest close.
        `now` is the event loop's time.
        """
        if len(self.connections) + self.arriving < self.limit:
            return True
        log.warning("too many connections", limit=self.limit)
        waiting: defaultdict[str, list[Connection]] = defaultdict(list)
        for each in self.connections:
            if isinstance(each, Connection) and each.waits_for_client():
                waiting[each.network].append(each)
        ranked = [
            (age, each)
            for of_network in waiting.values()
            for age, each in enumerate(sorted(of_network, key=lambda c: c.since, reverse=True))
        ]
        ranked.sort(key=lambda found: (found[0], -found[1].since), reverse=True)
        first = [each for _age, each in ranked[: max(1, self.limit // CLOSED_AT_ONCE)]]
        old = [each for each in first if now - each.since > UNTOUCHED_SECONDS]
        closed = [each for each in old if not each.has_unread_input()]
        for each in closed:
            each.cut()
        return bool(closed)

    def cut_overdue(self, now: float) -> None:
        """Close the connections whose client is overdue. `now` is the event loop's time."""
        for each in list(self.connections):
            if isinstance(each, Connection) and each.is_overdue(now):
                each.cut()


def accept_soon_after_no_room(loop: asyncio.AbstractEventLoop) -> None:
    """Have asyncio wait not for a second, but only until connections may be closed; log nothing.

    `Connections.make_room` has logged it.
    """
    asyncio.constants.ACCEPT_RETRY_DELAY = UNTOUCHED_SECONDS  # type: ignore[misc, assignment]

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), NoRoom):
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)


class NoRoom(OSError):
    """So many requests are running that the system must keep new connections for a while."""

    def __init__(self) -> None:
        super().__init__(errno.EMFILE, "no room for a connection")


class Listener(socket.socket):
    """A listening socket that accepts no more connections than there is room for."""

    def __init__(self, listening: socket.socket, connections: Connections) -> None:
        super().__init__(fileno=os.dup(listening.fileno()))
        self._connections = connections

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection. Raises NoRoom, after which asyncio accepts none for a moment."""
        if not self._connections.make_room(asyncio.get_running_loop().time()):
            raise NoRoom
        accepted = super().accept()
        self._connections.arriving += 1
        return accepted


class Connection(H11Protocol):
    """An HTTP connection, which knows since when it waits for its client."""

    server_state: Connections

    def __init__(self, config: Any, server_state: Connections, *more: Any, **named: Any) -> None:
        super().__init__(config, server_state, *more, **named)
        self.conn = _Requests(h11.SERVER)
        self.since = self.loop.time()
        """The time at which the connection was opened, or its last response was complete."""
        self.network = ""
        self._begun = self.since
        self._received = 0
        self._unread_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection."""
        self.server_state.arriving -= 1
        super().connection_made(transport)
        self.network = network(self.client[0]) if self.client else ""

    def data_received(self, data: bytes) -> None:
        """Take a part of a request, or of several."""
        if not self._received:
            self._begun = self.loop.time()
        self._received += len(data)
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self.since = self._begun = self.loop.time()
        self._received = 0
        super().on_response_complete()

    def resume_writing(self) -> None:
        """Note that the client has read."""
        self._unread_since = None
        super().resume_writing()

    def waits_for_client(self) -> bool:
        """Return whether the client is to act: to send its request, or to read the response."""
        return self._waits_for_request() or self.transport.get_write_buffer_size() > 0

    def _waits_for_request(self) -> bool:
        if self.cycle is None or self.cycle.response_complete:
            return True
        return self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused

    def has_unread_input(self) -> bool:
        """Return whether something has come that a busy event loop hasn't read yet."""
        descriptor = self.transport.get_extra_info("socket").fileno()
        return any(ioctl(descriptor, FIONREAD, bytes(4)))

    def is_overdue(self, now: float) -> bool:
        """Return whether the client has had the time that it is given. Called once a second."""
        if not self.transport.get_write_buffer_size():
            self._unread_since = None
            allowed = REQUEST_SECONDS + self._received / BYTES_PER_SECOND
            return self._waits_for_request() and now - self._begun > allowed
        if self._unread_since is None:
            self._unread_since = now
        return now - self._unread_since > UNREAD_SECONDS

    def cut(self) -> None:
        """Close the connection at once, whatever is still to be sent."""
        self.connections.discard(self)  # the transport says so only later, and it mustn't count
        self.transport.abort()


class _Requests(h11.Connection):
    """Refuses a request whose end a proxy may see elsewhere than we do (RFC 9112, 6.3)."""

    def next_event(self) -> Any:
        """Return the next event. Raises RemoteProtocolError."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            names = {name for name, _value in event.headers}
            if b"transfer-encoding" in names and b"content-length" in names:
                raise h11.RemoteProtocolError("Content-Length beside Transfer-Encoding")
        return event
