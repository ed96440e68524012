"""/a/{token}: the page of a link to one booking; with .ics, its calendar file.

GET changes nothing and sets no cookie: programs that scan mail follow its links. POST opens the
browser's own chat at the task, whose last step asks: so nothing is changed twice, or unasked. Only
that the citizen comes, and which documents are ready, is kept at once.
"""

from contextlib import suppress
from functools import partial
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from bot.bootstrap import Application
from bot.views.booking_link import (
    PATH,
    LinkedAppointment,
    linked_appointment,
    linked_file,
)
from core.bookings.by_link import come_by_link, tick_by_link
from core.errors import BookingRefused
from webhooks.middleware.request_limits import RequestLimits
from webhooks.web.following import PRIVATE, LinkFollower, municipality_page
from webhooks.web.html import Renderer
from webhooks.web.urls import check_origin

NO_LINK = "No appointment has that link."

SAVED = "saved"
"""The query parameter by which the page says that the documents' ticks were kept."""


class DocumentsForm(BaseModel):
    """The fields of the form with the checklist: the keys of those that are ticked, and were."""

    ready: list[str] = []
    was_ready: list[str] = []


class TaskForm(BaseModel):
    """The fields of the page's form."""

    task: Literal["answer", "move", "cancel", "coming"]
    message_id: str = ""
    shown: int = 0


def routes(application: Application, renderer: Renderer, limits: RequestLimits) -> APIRouter:
    """Return the routes of the links.

    A true token opens whatever else came from its address: only wrong ones are counted, which is
    done once they have failed.
    """
    pages = LinkPages(application, renderer, limits)
    router = APIRouter(include_in_schema=False)
    router.get(f"{PATH}{{token}}.ics")(pages.calendar)
    router.api_route(f"{PATH}{{token}}", methods=["GET", "HEAD"])(pages.show)
    router.post(f"{PATH}{{token}}")(pages.begin)
    router.post(f"{PATH}{{token}}/documents")(pages.tick)
    return router


class LinkPages:
    """Shows the appointments of links, and leads to the chat in which they are changed."""

    def __init__(self, application: Application, renderer: Renderer, limits: RequestLimits) -> None:
        self._application, self._renderer, self._limits = application, renderer, limits
        self._services, self._database = application.services, application.database
        self._follower = LinkFollower(application)

    async def show(self, request: Request, token: str) -> HTMLResponse:
        """Return the appointment with what can be done; 410 where it was cancelled or is over."""
        found = await self._find(request, token)
        return self._page(request, token, found)

    async def calendar(self, request: Request, token: str) -> Response:
        """Return the calendar file, also of a cancelled appointment.

        Where there is none, lead to the page, which says how it is: an earlier e-mail leads here.
        """
        try:
            file = await self._database.read(
                lambda session: linked_file(session, self._services, token)
            )
        except BookingRefused:
            return RedirectResponse(_path(request, token), 303, headers=PRIVATE)
        if file is None:
            raise HTTPException(404, NO_LINK)
        return Response(
            file.content,
            media_type=f"text/calendar; charset=utf-8; method={file.method}",
            headers={**PRIVATE, "Content-Disposition": 'attachment; filename="rantevou.ics"'},
        )

    async def begin(
        self, request: Request, token: str, form: Annotated[TaskForm, Form()]
    ) -> Response:
        """Begin the task in the browser's conversation, or a new one, and redirect to its page."""
        check_origin(request)
        found = await self._find(request, token)
        if found.ended:
            return self._page(request, token, found)
        if form.task == "coming":
            now = self._services.clock()
            await self._database.write(lambda s: come_by_link(s, token, form.shown, now))
            return RedirectResponse(_path(request, token), 303, headers=PRIVATE)
        self._limits.accept_link(request, chats=True)
        return await self._follower.follow(
            request,
            municipality_page(request, self._services.registry, found.municipality_id),
            f"{form.task}_{token}",
            form.message_id,
            form.task,
            language=found.language,
            timezone=found.timezone,
        )

    async def tick(
        self, request: Request, token: str, form: Annotated[DocumentsForm, Form()]
    ) -> Response:
        """Keep which documents are ready, and redirect to the page, which shows what is kept."""
        check_origin(request)
        registry, now = self._services.registry, self._services.clock()
        with suppress(BookingRefused):  # the page says why
            if not await self._database.write(
                lambda s: tick_by_link(s, registry, token, form.was_ready, form.ready, now)
            ):
                raise HTTPException(404, NO_LINK)
        return RedirectResponse(f"{_path(request, token)}?{SAVED}#documents", 303, headers=PRIVATE)

    async def _find(self, request: Request, token: str) -> LinkedAppointment:
        """Return the appointment of a link. Raises HTTPException 404."""
        look = partial(linked_appointment, services=self._services, token=token)
        found = await self._database.read(look)
        if found is None:
            raise HTTPException(404, NO_LINK)
        self._limits.accept_link(request)
        return found

    def _page(self, request: Request, token: str, found: LinkedAppointment) -> HTMLResponse:
        page = self._renderer.document(
            "booking_link.html",
            found.language,
            here=municipality_page(request, self._services.registry, found.municipality_id),
            found=found,
            path=_path(request, token),
            saved=SAVED in request.query_params,
            message_id=str(uuid4()),
        )
        return HTMLResponse(page, 410 if found.ended else 200, PRIVATE)


def _path(request: Request, token: str) -> str:
    return f"{request.scope['root_path']}{PATH}{token}"
