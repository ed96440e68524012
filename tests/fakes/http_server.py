"""A local HTTP server that answers as a test wants: the base of every fake platform."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """A request that was received."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    method: str


@dataclass(frozen=True)
class Answer:
    """A response with a JSON body, or with bytes; status 0 drops the connection instead.

    It comes `after` so many seconds.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0

    @property
    def content(self) -> bytes:
        """Return the body as it is sent."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


AnswerFault = Callable[[Answer], Answer]
"""A fault in the answer to a call that took effect: returns the answer that is sent."""


def late(seconds: float) -> AnswerFault:
    """Have the answer come after so many seconds."""
    return lambda answer: replace(answer, after=seconds)


def lost(_answer: Answer) -> Answer:
    """Lose the answer: the connection breaks."""
    return Answer(0, None)


def cut_short(answer: Answer) -> Answer:
    """Have only the first half of the answer arrive."""
    return replace(answer, body=answer.content[: len(answer.content) // 2])


@contextmanager
def listening(
    respond: Callable[[Request], Answer], tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Serve on a free port meanwhile; yield the URL. Each request is answered on a thread.

    With `tls` it is an https server, whose certificate has to name 127.0.0.1.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            answer = respond(
                Request(
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    body,
                    self.command,
                )
            )
            time.sleep(answer.after)
            if not answer.status:
                self.close_connection = True
                return
            said = answer.content
            self.send_response(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST  # noqa: N815 its name

        def log_message(self, *_anything: object) -> None:
            pass

    class Threads(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_anything: object) -> None:
            """Ignore clients that are killed while they send."""

    server = Threads(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    if tls:  # the handshake on the request's thread, not on that which accepts
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()
