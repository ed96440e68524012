"""The server that serves the application."""

import os
import socket
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from webhooks.app import create_app


class Server(uvicorn.Server):
    """Ends the event streams when it stops, because they have no end of their own."""

    def __init__(self, app: FastAPI, **config: Any) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, **config))
        self._state = app.state

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at the second signal at once: what is unfinished is sent by another process."""
        if self.should_exit:
            os._exit(1)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams and stop taking requests; running ones are finished."""
        self._state.streams.close()
        await super().shutdown(sockets)


def create_server() -> Server:
    """Return the server that `rantevou serve` runs; `bot.cli` imports it by this name."""
    return Server(create_app(), access_log=False, server_header=False, timeout_graceful_shutdown=10)
