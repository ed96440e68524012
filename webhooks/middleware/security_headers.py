"""Security headers of pages: no foreign content, no caching, no framing by unknown sites."""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.paths import is_framed

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)


class SecurityHeaders:
    """ASGI middleware: adds the security headers to HTML pages."""

    def __init__(self, app: ASGIApp, *, framed_by: Sequence[str]) -> None:
        """Set the origins of the sites that may frame the embeddable paths."""
        self._app = app
        self._framed_by = " ".join(framed_by) or "'none'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the application's response."""

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
