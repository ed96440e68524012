"""The cookie of a browser: the token by which its conversation is found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request, Response

from webhooks.paths import FRAMED

COOKIE_SECONDS = 90 * 24 * 3600
"""Longer than most book ahead, so that a reminder is shown to whoever comes back."""

TOKEN = re.compile(r"[\w-]{1,100}", re.ASCII)


@dataclass(frozen=True)
class Cookie:
    """A cookie's name and path; `framed`: it is sent from a frame of another site, and only so."""

    name: str
    path: str
    framed: bool
    secure: bool

    def token(self, cookies: Mapping[str, str]) -> str | None:
        """Return the token that it has among a request's cookies; None without a valid one."""
        token = cookies.get(self.name, "")
        return token if TOKEN.fullmatch(token) else None

    def set(self, response: Response, token: str, seconds: int = COOKIE_SECONDS) -> None:
        """Have the browser keep a token, which scripts can't read."""
        parts = [f"{self.name}={token}", f"Path={self.path}", f"Max-Age={seconds}", "HttpOnly"]
        if self.framed:
            # Browsers send it from a frame of another site only so, and apart for each such site.
            # Python's own cookies know Partitioned from 3.14 on.
            parts += ["Secure", "SameSite=None", "Partitioned"]
        else:
            parts += ["SameSite=Lax", *(["Secure"] if self.secure else [])]
        response.headers.append("set-cookie", "; ".join(parts))

    def delete(self, response: Response) -> None:
        """Have the browser delete it."""
        self.set(response, "", 0)


def own_cookie(request: Request, *, framed: bool) -> Cookie:
    """Return the one cookie of a browser; in frames, the one for the site that frames us.

    By the prefix of its name, browsers take it over https only, and with __Host- from this host
    only: no other site of the same domain can set it. With that prefix its path must be "/".
    """
    root, secure = request.scope["root_path"], request.scope["scheme"] == "https"
    prefix = ("__Secure-" if root else "__Host-") if secure else ""
    name = "rantevou.framed" if framed else "rantevou"
    return Cookie(prefix + name, root or "/", framed, secure)


def former_cookies(request: Request, municipality_id: str | None, *, framed: bool) -> list[Cookie]:
    """Return those that a page had from former revisions, which kept each page's chat apart.

    They are replaced wherever they come. None lives longer than COOKIE_SECONDS after the revision
    that sets one for all pages: from March 2027 on, this and its callers may go.
    """
    name, secure = ("rantevou.framed" if framed else "rantevou"), request.scope["scheme"] == "https"
    start = FRAMED if framed else ""
    found = [Cookie(name, start or "/", framed, secure)]
    if municipality_id:
        path = f"{start}/m/{municipality_id}"
        found.insert(0, Cookie(f"{name}-{municipality_id}", path, framed, secure))
    own = own_cookie(request, framed=framed)
    return [each for each in found if each.name != own.name]
