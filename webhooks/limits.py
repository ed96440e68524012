"""Requests that are too many or too long are refused before anything is read of them."""

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.problems import problem


class Limits:
    """ASGI middleware: at most so many requests a minute from an address, so many bytes each."""

    def __init__(self, app: ASGIApp, *, per_minute: int, body_bytes: int) -> None:
        self._app = app
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer 429 or 413."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        client = scope["client"]
        address = client[0] if client else ""
        if not self._limiter.hit(self._item, address):
            reset = self._limiter.get_window_stats(self._item, address).reset_time
            wait = str(max(1, round(reset - time.time())))
            refusal = problem(
                429,
                f"More than {self._item.amount} requests a minute; wait {wait} seconds.",
                {"Retry-After": wait},
            )
            await refusal(scope, receive, send)
            return
        # Read whole and at once, for a body without a length can be too long as well.
        body = b""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            if len(body) > self._body_bytes:
                refusal = problem(413, f"The body is longer than {self._body_bytes} bytes.")
                await refusal(scope, receive, send)
                return
            if not message.get("more_body"):
                break
        whole: Message = {"type": "http.request", "body": body, "more_body": False}
        unread = [whole]

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        await self._app(scope, replay, send)
