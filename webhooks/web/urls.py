"""The path of each conversation's page, and the cookie that identifies its conversation."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response

from core.catalogue.model import ID
from webhooks.middleware.request_limits import RequestLimits
from webhooks.paths import FRAMED, is_framed, path_within_root

COOKIE_SECONDS = 90 * 24 * 3600
"""Longer than most book ahead, so that a reminder is shown to whoever comes back."""


@dataclass(frozen=True)
class ChatPage:
    """A conversation's page: of all municipalities or of one; `framed` by another site or not."""

    municipality_id: str | None
    framed: bool
    root_path: str = ""

    @property
    def root(self) -> str:
        """Return the beginning of the page's paths, without a slash at its end."""
        own = f"/m/{self.municipality_id}" if self.municipality_id else ""
        return self.root_path + (FRAMED if self.framed else "") + own

    @property
    def path(self) -> str:
        """Return the path of the page itself."""
        return f"{self.root}/" if self.root == self.root_path else self.root

    @property
    def cookie(self) -> str:
        """Return the name of the cookie that holds its conversation's token."""
        own = f"-{self.municipality_id}" if self.municipality_id else ""
        return ("rantevou.framed" if self.framed else "rantevou") + own

    def token(self, request: Request) -> str | None:
        """Return the conversation's token from a request's cookie; None without a valid one."""
        token = request.cookies.get(self.cookie, "")
        return token if re.fullmatch(r"[\w-]{1,100}", token, re.ASCII) else None

    def remember(self, request: Request, response: Response, token: str) -> None:
        """Set the cookie with the conversation's token, which scripts can't read."""
        self._set_cookie(request, response, token, COOKIE_SECONDS)

    def forget(self, request: Request, response: Response) -> None:
        """Delete the cookie."""
        self._set_cookie(request, response, "", 0)

    def _set_cookie(self, request: Request, response: Response, value: str, seconds: int) -> None:
        parts = [f"{self.cookie}={value}", f"Path={self.path}", f"Max-Age={seconds}", "HttpOnly"]
        if self.framed:
            # Browsers send it from a frame of another site only so, and apart for each such site.
            # Python's own cookies know Partitioned from 3.14 on.
            parts += ["Secure", "SameSite=None", "Partitioned"]
        else:
            parts += ["SameSite=Lax", *(["Secure"] if request.url.scheme == "https" else [])]
        response.headers.append("set-cookie", "; ".join(parts))


def chat_page(request: Request) -> ChatPage:
    """Return the page to which a request's path belongs. Raises HTTPException 404."""
    municipality_id = request.path_params.get("municipality")
    if municipality_id is not None and not re.fullmatch(ID, municipality_id):
        raise HTTPException(404, "No municipality has that name here.")
    framed = is_framed(path_within_root(request.scope))
    return ChatPage(municipality_id, framed, request.scope["root_path"])


Here = Annotated[ChatPage, Depends(chat_page)]


def limit_conversation(limits: RequestLimits) -> Callable[[Request, ChatPage], Awaitable[None]]:
    """Return the dependency of pages that counts a request by its conversation."""

    async def check(request: Request, here: Here) -> None:
        await limits.check_conversation(request, here.token(request))

    return check


def check_origin(request: Request) -> None:
    """Refuse a form that another site posts with our cookie. Raises HTTPException 403."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    named = None if origin in (None, "null") else origin
    is_foreign = named is not None and named.partition("://")[2] != request.headers.get("host")
    # A sandboxed frame of any site sends "null"; only Sec-Fetch-Site tells it from our own page.
    # A framed page's cookie is sent with any site's form: there, the origin must be named.
    is_unknown = named is None and (
        chat_page(request).framed or (origin == "null" and site is None)
    )
    if site not in (None, "same-origin", "none") or is_foreign or is_unknown:
        raise HTTPException(403, "This form may be sent from Rantevou's own page only.")
