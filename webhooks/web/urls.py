"""The path of each conversation's page, and the tokens that come with its requests."""

import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from core.catalogue.model import ID
from webhooks.middleware.request_limits import RequestLimits
from webhooks.paths import FRAMED, ROOTS, is_framed, path_within_root
from webhooks.web.cookies import Cookie, former_cookies, own_cookie


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

    def tokens(self, request: Request) -> list[str]:
        """Return the tokens in a request's cookies, that of the page's own former one first.

        So an open page of a former revision goes on with its own chat until it is loaded again.
        """
        own, former = self._cookies(request)
        cookies = [*former[:1], own, *former] if self.municipality_id else [own, *former]
        found = [each.token(request.cookies) for each in cookies]
        return list(dict.fromkeys(token for token in found if token))

    def token(self, request: Request) -> str | None:
        """Return the conversation's token from a request's cookies; None without a valid one."""
        return next(iter(self.tokens(request)), None)

    def own_token(self, request: Request) -> str | None:
        """Return the token in the browser's one cookie; None without a valid one."""
        return self._cookies(request)[0].token(request.cookies)

    def remember(self, request: Request, response: Response, token: str) -> None:
        """Set the cookie with the conversation's token, and delete the former ones."""
        own, former = self._cookies(request)
        own.set(response, token)
        _delete(request, response, former)

    def forget(self, request: Request, response: Response) -> None:
        """Delete the cookie, and the former ones."""
        own, former = self._cookies(request)
        own.delete(response)
        _delete(request, response, former)

    def replace_former(self, request: Request, response: Response, token: str | None) -> None:
        """If any former cookie came, delete it, and set the one instead if there is a token."""
        former = self._cookies(request)[1]
        if token and any(each.name in request.cookies for each in former):
            self.remember(request, response, token)
        else:
            _delete(request, response, former)

    def _cookies(self, request: Request) -> tuple[Cookie, list[Cookie]]:
        own = own_cookie(request, framed=self.framed)
        return own, former_cookies(request, self.municipality_id, framed=self.framed)


def _delete(request: Request, response: Response, cookies: Iterable[Cookie]) -> None:
    for each in cookies:
        if each.name in request.cookies:
            each.delete(response)


async def chat_page(request: Request) -> ChatPage:
    """Return the page to which a request's path belongs. Raises HTTPException 404.

    A coroutine that waits for nothing: FastAPI hands other functions to a thread.
    """
    municipality_id = request.path_params.get("municipality")
    if municipality_id is not None and not re.fullmatch(ID, municipality_id):
        raise HTTPException(404, "No municipality has that name here.")
    framed = is_framed(path_within_root(request.scope))
    return ChatPage(municipality_id, framed, request.scope["root_path"])


Here = Annotated[ChatPage, Depends(chat_page)]


def limited_router(limits: RequestLimits) -> APIRouter:
    """Return a router for routes of pages, which counts each request by its conversation."""

    async def check(request: Request, here: Here) -> None:
        await limits.check_conversation(request, here.token(request))

    return APIRouter(include_in_schema=False, dependencies=[Depends(check)])


def add_roots(router: APIRouter) -> APIRouter:
    """Serve what a router serves within each other root of ROOTS, too; return it.

    Routes are copied, since FastAPI takes 1.5 ms to read the signature of each.
    """
    own = [route for route in router.routes if isinstance(route, APIRoute)]
    for root in ROOTS[1:]:
        for route in own:
            again = copy(route)
            again.path = root + route.path.rstrip("/")
            again.path_regex, again.path_format, again.param_convertors = compile_path(again.path)
            router.routes.append(again)
    return router


def check_origin(request: Request) -> None:
    """Refuse a form that another site posts with our cookie. Raises HTTPException 403."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    named = None if origin in (None, "null") else origin
    is_foreign = named is not None and named.partition("://")[2] != request.headers.get("host")
    # A sandboxed frame of any site sends "null"; only Sec-Fetch-Site tells it from our own page.
    # A framed page's cookie is sent with any site's form: there, the origin must be named.
    is_unknown = named is None and (
        is_framed(path_within_root(request.scope)) or (origin == "null" and site is None)
    )
    if site not in (None, "same-origin", "none") or is_foreign or is_unknown:
        raise HTTPException(403, "This form may be sent from Rantevou's own page only.")
