"""The server that serves the application, and the monitoring on a listener of its own."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from bot.ops.stopping import StopRequest
from webhooks.app import create_app
from webhooks.capacity import raise_open_files
from webhooks.connections import (
    Connection,
    Connections,
    Listener,
    accept_soon_after_no_room,
)

ACCEPTED_AT_ONCE = 16
"""Connections accepted in one round of the event loop: no more can be counted too late than the
reserve of open files holds."""

BACKLOG = 2048
"""Connections that the system keeps until they are accepted."""

TICKS_PER_SECOND = 10

OPTIONS: dict[str, Any] = {"log_config": None, "access_log": False, "server_header": False}


MANAGEMENT_CONNECTIONS = 50
"""The most to the monitoring: with those accepted at once, a part of the reserve of open files."""


class PatientServer(uvicorn.Server):
    """Closes connections that are slow or too many."""

    server_state: Connections

    def __init__(self, app: FastAPI, limit: int | None = None, **config: Any) -> None:
        """`limit` is the most connections, where they are fewer than the open files allow."""
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",  # by name, for another one would accept as many as it can
                http=Connection,
                ws="none",
                backlog=ACCEPTED_AT_ONCE,
                **OPTIONS,
                **config,
            )
        )
        self.server_state = Connections()
        self.server_state.limit = limit or self.server_state.limit

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take requests."""
        accept_soon_after_no_room(asyncio.get_running_loop())
        listeners = [Listener(each, self.server_state) for each in sockets or []]
        await super().startup([*listeners])
        for listener in listeners:
            listener.listen(BACKLOG)  # asyncio gave the system the number that it accepts at once

    async def on_tick(self, counter: int) -> bool:
        """Close slow connections, once a second; return whether to stop."""
        if counter % TICKS_PER_SECOND == 0:
            self.server_state.cut_overdue(asyncio.get_running_loop().time())
        return await super().on_tick(counter)


class ManagementServer(PatientServer):
    """Serves the monitoring beside the application's server, which gets the signals."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, MANAGEMENT_CONNECTIONS, lifespan="off", timeout_graceful_shutdown=1)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the application's server."""
        yield


class Server(PatientServer):
    """When it stops, it closes the event streams, which have no end of their own."""

    def __init__(
        self, app: FastAPI, management: socket.socket, stop: StopRequest, **config: Any
    ) -> None:
        """`management` is the socket on which the monitoring is served, to no stranger."""
        super().__init__(app, **config)
        self._stop = stop
        self._state = app.state
        self._management = ManagementServer(app.state.management)
        self._management_socket = management

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take requests, and those for the monitoring too."""
        await super().startup(sockets)
        monitoring = self._management.serve([self._management_socket])
        self._monitoring = asyncio.create_task(monitoring)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals, and end at once where one came before."""
        with super().capture_signals():
            self.should_exit = self.should_exit or self._stop.received
            yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at the second signal at once: what is unfinished is sent by another process."""
        if self.should_exit:
            os._exit(1)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams and stop taking requests; running ones are finished."""
        self._state.streams.close()
        self._management.should_exit = True
        await super().shutdown(sockets)
        await self._monitoring


def create_server(management: socket.socket, stop: StopRequest) -> Server:
    """Return the server that `rantevou serve` runs; `bot.cli` imports it by this name.

    It ends at once where `stop` was received while it was made.
    """
    raise_open_files()
    return Server(create_app(), management, stop, timeout_graceful_shutdown=10)
