"""/j/{token}: the page of a link that joins two chats.

GET changes nothing and sets no cookie: apps follow links that are sent. POST opens the browser's
own chat, or a new one, which asks whether to join.
"""

from functools import partial
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from bot.bootstrap import Application
from bot.context import JOIN_PATH
from bot.views.joining import JoinPage, join_page
from core.bookings.joining.citizen_joining import LINK_PREFIX
from webhooks.language import language_wanted
from webhooks.middleware.request_limits import RequestLimits
from webhooks.web.following import PRIVATE, LinkFollower, municipality_page
from webhooks.web.html import Renderer
from webhooks.web.urls import check_origin


class JoinForm(BaseModel):
    """The fields of the page's form."""

    message_id: str = ""


def routes(application: Application, renderer: Renderer, limits: RequestLimits) -> APIRouter:
    """Return the routes of the links."""
    pages = JoinPages(application, renderer, limits)
    router = APIRouter(include_in_schema=False)
    router.api_route(f"{JOIN_PATH}{{token}}", methods=["GET", "HEAD"])(pages.show)
    router.post(f"{JOIN_PATH}{{token}}")(pages.begin)
    return router


class JoinPages:
    """Shows where a chat can go on, and leads there."""

    def __init__(self, application: Application, renderer: Renderer, limits: RequestLimits) -> None:
        self._application, self._renderer, self._limits = application, renderer, limits
        self._follower = LinkFollower(application)

    async def show(self, request: Request, token: str, app: str = "") -> HTMLResponse:
        """Return the page; 410 where the link isn't valid any more, or never was."""
        return self._page(request, token, await self._find(token, app))

    async def begin(
        self, request: Request, token: str, form: Annotated[JoinForm, Form()]
    ) -> Response:
        """Have the browser's conversation ask whether to join, and redirect to its page."""
        check_origin(request)
        found = await self._find(token)
        if found is None:
            return self._page(request, token, found)
        self._limits.accept_link(request, chats=True)
        return await self._follower.follow(
            request,
            municipality_page(request, self._application.services.registry, found.municipality_id),
            f"{LINK_PREFIX}{token}",
            form.message_id,
            "join",
            language=found.language,
            timezone=found.timezone,
        )

    async def _find(self, token: str, app: str = "") -> JoinPage | None:
        look = partial(join_page, services=self._application.services, token=token, app=app)
        return await self._application.database.read(look)

    def _page(self, request: Request, token: str, found: JoinPage | None) -> HTMLResponse:
        own = found.municipality_id if found else None
        page = self._renderer.document(
            "join_link.html",
            found.language if found else language_wanted(request.headers),
            here=municipality_page(request, self._application.services.registry, own),
            found=found,
            path=f"{request.scope['root_path']}{JOIN_PATH}{token}",
            message_id=str(uuid4()),
        )
        return HTMLResponse(page, 200 if found else 410, PRIVATE)
