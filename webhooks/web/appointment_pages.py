"""GET …/appointments/{id}: an appointment to print; with .ics, as a calendar file."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.context import Services
from bot.messages import Sender
from bot.platforms import webchat
from bot.views.appointment import appointment, appointment_file
from core.errors import BookingRefused
from webhooks.middleware.request_limits import RequestLimits
from webhooks.web.html import Renderer
from webhooks.web.urls import ChatPage, Here, add_roots, limited_router

BookingId = Annotated[int, Path(ge=1, lt=2**63)]

T = TypeVar("T")
Reader = Callable[[Session, Services, Sender, int], T | None]


def routes(application: Application, renderer: Renderer, limits: RequestLimits) -> APIRouter:
    """Return the routes of the appointments of each page's conversation."""
    router = limited_router(limits)

    async def find(read: Reader[T], request: Request, here: ChatPage, booking_id: int) -> T:
        sender = webchat.sender(here.token(request) or "", application.services.registry)
        try:
            found = await application.database.read(
                lambda session: read(session, application.services, sender, booking_id)
            )
        except BookingRefused:
            raise HTTPException(410, "This appointment is over or was cancelled.") from None
        if found is None:
            raise HTTPException(404, "This conversation has no such appointment.")
        return found

    async def calendar(request: Request, here: Here, booking_id: BookingId) -> Response:
        found = await find(appointment_file, request, here, booking_id)
        return Response(
            found.content,
            media_type=f"text/calendar; charset=utf-8; method={found.method}",
            headers={
                "Content-Disposition": 'attachment; filename="rantevou.ics"',
                "Cache-Control": "no-store",
            },
        )

    async def show(request: Request, here: Here, booking_id: BookingId) -> HTMLResponse:
        found = await find(appointment, request, here, booking_id)
        page = renderer.document("appointment.html", found.language, here=here, found=found)
        return HTMLResponse(page)

    router.get("/appointments/{booking_id}.ics")(calendar)
    router.get("/appointments/{booking_id}")(show)
    return add_roots(router)
