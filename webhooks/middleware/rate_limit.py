"""Limits on the number and size of requests, checked before their bodies are parsed."""

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.middleware.problem_details import problem
from webhooks.middleware.request_limits import RequestLimits, TooManyRequests

UNLIMITED = "/healthz"

PROVEN = ("/webhooks/", "/api/")
"""The beginnings of the paths of those who prove who they are, and have limits of their own."""

WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""The methods whose bodies are read; the bodies of others nobody asks for."""


class RateLimit:
    """ASGI middleware: limits requests by their address, and their bodies by bytes.

    A request is counted again, by conversation or by who has proven to send it, where its route
    knows that; one that fails without either is counted as its address's.
    """

    def __init__(self, app: ASGIApp, *, limits: RequestLimits, body_bytes: int) -> None:
        self._app = app
        self._limits = limits
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429 or 413."""
        if scope["type"] != "http" or scope["path"] == UNLIMITED:
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        connection = HTTPConnection(scope)
        try:
            # Anybody may have a platform send requests here, from the addresses that it uses for
            # all: so the proof decides first, for which some platforms sign the body.
            if not scope["path"].startswith(PROVEN):
                self._limits.check_address(connection)
        except TooManyRequests as refused:
            await _refuse(refused, scope, receive, send)
            return
        counting = _CountFailure(self._limits, connection, receive, send)
        if scope["method"] not in WITH_BODY:
            await self._app(scope, receive, counting)
            return
        try:
            body = await self._read(scope, receive)
        except ClientDisconnect:
            return
        if body is None:
            refusal = problem(413, f"The body is longer than {self._body_bytes} bytes.")
            await refusal(scope, receive, counting)
            return
        message: Message = {"type": "http.request", "body": body, "more_body": False}
        unread = [message]

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        await self._app(scope, replay, counting)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the whole body; None where it is too long, also without a Content-Length."""
        length = dict(scope["headers"]).get(b"content-length", b"")
        if length.isdigit() and int(length) > self._body_bytes:
            return None
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > self._body_bytes:
                return None
            more = message.get("more_body", False)
        return body


class _CountFailure:
    """Sends a response; one that says that the request was wrong is counted, or becomes 429.

    The answer to a key says what is left of its limit.
    """

    def __init__(
        self, limits: RequestLimits, connection: HTTPConnection, receive: Receive, send: Send
    ) -> None:
        self._limits, self._connection = limits, connection
        self._receive, self._send = receive, send
        self._refused = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if 400 <= message["status"] < 500:
                try:
                    self._limits.check_unknown(self._connection)
                except TooManyRequests as refused:
                    self._refused = True
                    await _refuse(refused, self._connection.scope, self._receive, self._send)
            if limit := getattr(self._connection.state, "key_limit", None):
                MutableHeaders(scope=message).update(limit.headers)
        if not self._refused:
            await self._send(message)


async def _refuse(refused: TooManyRequests, scope: Scope, receive: Receive, send: Send) -> None:
    await problem(refused.status_code, refused.detail, refused.headers)(scope, receive, send)
