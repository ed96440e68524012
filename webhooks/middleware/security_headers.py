"""What browsers are told of a page: nothing from elsewhere, nothing kept, framed by few."""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.paths import is_framed

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)


class SecurityHeaders:
    """ASGI middleware: the headers that keep a page of HTML to itself."""

    def __init__(self, app: ASGIApp, *, framed_by: Sequence[str]) -> None:
        """`framed_by` are the origins of the sites that may frame the paths made for it."""
        self._app = app
        self._framed_by = " ".join(framed_by) or "'none'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add them to what the application answers."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                if headers.get("content-type", "").startswith("text/html"):
                    ancestors = self._framed_by if is_framed(scope["path"]) else "'none'"
                    headers["Content-Security-Policy"] = POLICY + ancestors
                    headers["Referrer-Policy"] = "same-origin"
                    headers["Cache-Control"] = "no-store"
            await send(message)

        if scope["type"] == "http":
            await self._app(scope, receive, add)
        else:
            await self._app(scope, receive, send)
