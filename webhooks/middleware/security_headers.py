"""Security headers of pages: no foreign content, caching or framing; redirects to this site."""

from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.paths import is_framed

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)


class SecurityHeaders:
    """ASGI middleware: adds the security headers to HTML pages; keeps redirects on this site."""

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
                if location := headers.get("location"):
                    headers["Location"] = own_path(location)
                if headers.get("content-type", "").startswith("text/html"):
                    ancestors = self._framed_by if is_framed(scope["path"]) else "'none'"
                    headers["Content-Security-Policy"] = POLICY + ancestors
                    headers.setdefault("Referrer-Policy", "same-origin")
                    headers["Cache-Control"] = "no-store"
            await send(message)

        if scope["type"] == "http":
            await self._app(scope, receive, add)
        else:
            await self._app(scope, receive, send)


def own_path(location: str) -> str:
    """Return the path of a redirect, with its query and fragment.

    All of ours stay on this site. Starlette's, for a slash too many, are absolute, with the host
    that the request states: a cache would lead others there.
    """
    if location.startswith("/") and not location.startswith(("//", "/\\")):
        return location
    parts = urlsplit(location)
    return urlunsplit(("", "", "/" + parts.path.lstrip("/\\"), parts.query, parts.fragment))
