"""Limits on the number and size of requests, checked before their bodies are parsed."""

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.middleware.problem_details import problem
from webhooks.network import network


class RateLimit:
    """ASGI middleware: limits POST requests by minute and network, and their bodies by bytes."""

    def __init__(self, app: ASGIApp, *, per_minute: int, body_bytes: int) -> None:
        self._app = app
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429 or 413."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        client = scope["client"]
        address = network(client[0]) if client else ""
        # A platform sends all its users' messages from a few addresses; its requests are signed.
        if not scope["path"].startswith("/webhooks/") and not self._limiter.hit(
            self._item, address
        ):
            reset = self._limiter.get_window_stats(self._item, address).reset_time
            wait = str(max(1, round(reset - time.time())))
            refusal = problem(
                429,
                f"More than {self._item.amount} requests a minute; wait {wait} seconds.",
                {"Retry-After": wait},
            )
            await refusal(scope, receive, send)
            return
        try:
            body = await self._read(scope, receive)
        except ClientDisconnect:
            return
        if body is None:
            refusal = problem(413, f"The body is longer than {self._body_bytes} bytes.")
            await refusal(scope, receive, send)
            return
        message: Message = {"type": "http.request", "body": body, "more_body": False}
        unread = [message]

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        await self._app(scope, replay, send)

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
