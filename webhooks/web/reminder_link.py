"""/u/{token}: ends the reminders to an e-mail address, which carry the link (RFC 8058).

GET changes nothing: programs that scan mail follow its links. POST is sent by mail programs, too:
so it needs no cookie, and no page of ours that it comes from. The token alone gives the right.
"""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse

from bot.bootstrap import Application
from bot.views.reminder_link import PATH, LinkedReminders, linked_reminders
from core.bookings.reminder_links import resume_reminders, stop_reminders
from webhooks.web.following import PRIVATE, municipality_page
from webhooks.web.html import Renderer

NO_LINK = "No reminders have that link."

ONE_CLICK = "One-Click"
"""The value by which mail programs unsubscribe their readers."""

STOP, RESUME = "stop", "resume"
"""The tasks of the page's own buttons."""


def routes(application: Application, renderer: Renderer) -> APIRouter:
    """Return the routes of the links.

    A mail provider posts for all of its readers, from a few addresses: what it does rightly isn't
    counted, but for all requests of an address.
    """
    pages = ReminderPages(application, renderer)
    router = APIRouter(include_in_schema=False)
    router.api_route(f"{PATH}{{token}}", methods=["GET", "HEAD"])(pages.show)
    router.post(f"{PATH}{{token}}")(pages.change)
    return router


class ReminderPages:
    """Shows whether reminders are sent by e-mail, and ends them or takes that back."""

    def __init__(self, application: Application, renderer: Renderer) -> None:
        self._renderer, self._database = renderer, application.database
        self._services = application.services

    async def show(self, request: Request, token: str) -> HTMLResponse:
        """Return the page, with a button."""
        return self._page(request, token, await self._find(token))

    async def change(
        self,
        request: Request,
        token: str,
        one_click: Annotated[str, Form(alias="List-Unsubscribe")] = "",
        task: Annotated[str, Form()] = "",
    ) -> HTMLResponse:
        """End the reminders, or take that back; return the page, which says so."""
        await self._find(token)
        now = self._services.clock()
        if task == RESUME:
            await self._database.write(lambda session: resume_reminders(session, token))
        elif task == STOP or one_click == ONE_CLICK:
            await self._database.write(lambda session: stop_reminders(session, token, now))
        else:
            raise HTTPException(422, "The form isn't one of this page.")
        return self._page(request, token, await self._find(token))

    async def _find(self, token: str) -> LinkedReminders:
        """Return the reminders of a link. Raises HTTPException 404."""
        found = await self._database.read(
            lambda session: linked_reminders(session, self._services, token)
        )
        if found is None:
            raise HTTPException(404, NO_LINK)
        return found

    def _page(self, request: Request, token: str, found: LinkedReminders) -> HTMLResponse:
        page = self._renderer.document(
            "reminder_link.html",
            found.language,
            here=municipality_page(request, self._services.registry, found.municipality_id),
            found=found,
            path=f"{request.scope['root_path']}{PATH}{token}",
        )
        return HTMLResponse(page, headers=PRIVATE)
