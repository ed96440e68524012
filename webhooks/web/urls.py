"""Where a conversation lives: a path of its own, and a cookie that belongs to it."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response

from core.catalogue.model import ID
from webhooks.paths import FRAMED, is_framed

COOKIE_SECONDS = 90 * 24 * 3600
"""Longer than most book ahead: a reminder must find its way."""


@dataclass(frozen=True)
class ChatPage:
    """The page of all municipalities or of one (`home`), by itself or framed by another site."""

    home: str | None
    framed: bool

    @property
    def root(self) -> str:
        """Return what its paths begin with."""
        return (FRAMED if self.framed else "") + (f"/m/{self.home}" if self.home else "")

    @property
    def path(self) -> str:
        """Return the page's own."""
        return self.root or "/"

    @property
    def cookie(self) -> str:
        """Return the name of the cookie that holds its conversation's token."""
        return ".".join(["rantevou", *(["framed"] if self.framed else [])]) + (
            f"-{self.home}" if self.home else ""
        )

    def token(self, request: Request) -> str | None:
        """Return the conversation's token that a request brings; None for what can't be one."""
        token = request.cookies.get(self.cookie, "")
        return token if re.fullmatch(r"[\w-]{1,100}", token, re.ASCII) else None

    def remember(self, request: Request, response: Response, token: str) -> None:
        """Keep the conversation's token in the browser, out of scripts' reach."""
        self._set(request, response, token, COOKIE_SECONDS)

    def forget(self, request: Request, response: Response) -> None:
        """Take the cookie back."""
        self._set(request, response, "", 0)

    def _set(self, request: Request, response: Response, value: str, seconds: int) -> None:
        parts = [f"{self.cookie}={value}", f"Path={self.path}", f"Max-Age={seconds}", "HttpOnly"]
        if self.framed:
            # Framed by another site it is sent only so; Partitioned keeps it to that one site.
            # Written by hand, for Python's own cookies know that word from 3.14 on.
            parts += ["Secure", "SameSite=None", "Partitioned"]
        else:
            parts += ["SameSite=Lax", *(["Secure"] if request.url.scheme == "https" else [])]
        response.headers.append("set-cookie", "; ".join(parts))


def chat_page(request: Request) -> ChatPage:
    """Return the place of a request, by its path."""
    home = request.path_params.get("municipality")
    if home is not None and not re.fullmatch(ID, home):
        raise HTTPException(404, "No municipality has that name here.")
    return ChatPage(home, is_framed(request.url.path))


Here = Annotated[ChatPage, Depends(chat_page)]


def check_origin(request: Request) -> None:
    """Refuse a form that another site posts with our cookie."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    elsewhere = origin != "null" and origin.partition("://")[2] != request.headers.get("host")
    # A framed page's cookie comes with any site's form: there, the origin must be told.
    untold = chat_page(request).framed and origin == "null"
    if site not in ("same-origin", "none") or elsewhere or untold:
        raise HTTPException(403, "This form may be sent from Rantevou's own page only.")
