"""A client of POST /chat/turns, and a server in a thread."""

import faulthandler
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from bot.ops.stopping import StopRequest
from webhooks.server import Server

STOP_SECONDS = 60
"""The time in which a server must stop once its clients are closed: it takes 0.2 seconds."""

CODE = re.compile(r"(?:Κωδικός|Code): (\w{3} \w{3})")

JSON = {"Content-Type": "application/json"}

Answers = dict[str, str]

GREEK: Answers = {
    "municipality": "Δήμος Καλαμάτας",
    "service": "Επίδομα Στέγασης",
    "screening.receives": "Όχι",
    "day": "3/12",
    "time": "12:30",
    "details.name": "Μαρία Παπαδοπούλου",
    "details.email": "maria@example.gr",
    "details.phone": "6912345678",
    "details.tax_number": "068933130",
    "consent": "Συμφωνώ",
    "review": "Επιβεβαίωση",
}
ENGLISH: Answers = {
    **GREEK,
    "municipality": "Municipality of Kalamata",
    "service": "Housing Benefit",
    "screening.receives": "No",
    "consent": "I agree",
    "review": "Confirm",
}


class ChatClient:
    """One conversation over HTTP."""

    def __init__(self, client: httpx.Client, **fields: str) -> None:
        self.client = client
        self.fields = fields
        self.token: str | None = None
        self.replies: list[dict[str, Any]] = []

    def say(self, text: str) -> str:
        """Send a text; return the replies as one text."""
        return self._turn({"text": text})

    def tap(self, label: str) -> str:
        """Tap the open question's button whose label begins so; return the replies as one text."""
        return self._turn({"choice": self.choice(label)})

    def choice(self, label: str) -> str:
        """Return the id of that button."""
        found = (c["id"] for c in self.replies[-1]["choices"] if c["label"].startswith(label))
        return str(next(found))

    def answer(self, answers: Answers, *, taps: bool, until: str = "task") -> str:
        """Answer every question from a table until a step is reached; return the last replies."""
        said = ""
        while self.step != until:
            answer = answers[self.step]
            labels = [c["label"] for c in self.replies[-1]["choices"]]
            tappable = taps and any(label.startswith(answer) for label in labels)
            said = self.tap(answer) if tappable else self.say(answer)
        return said

    @property
    def step(self) -> str:
        """Return the step of the open question."""
        return str(self.replies[-1]["step"])

    @property
    def labels(self) -> list[str]:
        """Return the labels of the open question's buttons."""
        return [choice["label"] for choice in self.replies[-1]["choices"]]

    def _turn(self, what: dict[str, str]) -> str:
        body = {"conversation": self.token, "message_id": str(uuid4()), **what, **self.fields}
        # httpx's `json` can't send half of a surrogate pair, which some clients do.
        answer = self.client.post("/chat/turns", content=json.dumps(body), headers=JSON)
        assert answer.status_code == 200, answer.text
        self.token, self.replies = answer.json()["conversation"], answer.json()["replies"]
        return "\n".join(reply["text"] for reply in self.replies)


class ServedClient(httpx.Client):
    """A client of a server; `management` is one of its management listener."""

    management: httpx.Client


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def serving(app: FastAPI) -> Iterator[ServedClient]:
    """Serve an app from a thread, over real sockets; yield a client."""
    with _listener() as listener, _listener() as management:
        server = Server(app, management, StopRequest(), lifespan="on")
        run = {"sockets": [listener]}
        thread = threading.Thread(target=server.run, kwargs=run, daemon=True)
        thread.start()
        try:
            with (
                ServedClient(base_url=_url(listener), timeout=30) as client,
                httpx.Client(base_url=_url(management), timeout=30) as client.management,
            ):
                yield client
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
            if thread.is_alive():
                state = server.server_state
                faulthandler.dump_traceback()
                server.force_exit = True
                pytest.fail(
                    f"The server hasn't stopped in {STOP_SECONDS} seconds: "
                    f"{len(state.connections)} connections, requests {state.tasks}"
                )
