"""Legal pages: accessibility statement, personal data, consent texts."""

from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.replies import render_blocks
from core.catalogue.model import Municipality
from core.i18n import FormattedDate
from dialogs.messages.appointment import contact_facts
from webhooks.language import language_wanted, other_languages
from webhooks.web.cookies import COOKIE_SECONDS
from webhooks.web.html import TITLE, Renderer
from webhooks.web.urls import Here, add_roots

REVIEWED = date(2026, 11, 21)
"""The day on which the accessibility statement was last compared with the tests."""


def routes(application: Application, renderer: Renderer) -> APIRouter:
    """Return the routes of each conversation page's legal pages."""
    router = APIRouter(include_in_schema=False)
    settings, texts = application.settings, application.services.texts

    async def municipalities(here: Here) -> list[Municipality]:
        """Return the municipality of that page; for the page of all, every one."""

        def read(session: Session) -> list[Municipality]:
            registry = application.services.registry
            registry.refresh_without_lock(session)
            if here.municipality_id is None:
                return registry.municipalities
            if here.municipality_id not in registry:
                raise HTTPException(404, "No municipality has that name here.")
            return [registry[here.municipality_id].body]

        return await application.database.read(read)

    def find(found: list[Municipality], body_id: str) -> Municipality:
        try:
            return next(body for body in found if body.id == body_id)
        except StopIteration:
            raise HTTPException(404, "No municipality has that name here.") from None

    def render(template: str, request: Request, here: Here, **values: Any) -> HTMLResponse:
        language = language_wanted(request.headers, request.query_params.get("lang", ""))
        given = {
            "here": here,
            "localized": lambda text: texts.say(text, language),
            "rendered": lambda blocks: render_blocks(texts, blocks, language),
            "other_languages": other_languages(language),
            "own_path": request.url.path,
            **values,
        }
        return HTMLResponse(renderer.document(template, language, **given))

    async def accessibility(request: Request, here: Here) -> HTMLResponse:
        found = await municipalities(here)
        return render(
            "accessibility.html",
            request,
            here,
            owner=found[0].name if here.municipality_id else TITLE,
            bodies=[(body.name, contact_facts(body.contact)) for body in found],
            reviewed=FormattedDate(REVIEWED, "d MMMM y"),
        )

    async def privacy(request: Request, here: Here, body_id: str | None = None) -> HTMLResponse:
        found = await municipalities(here)
        wanted = body_id or here.municipality_id
        one = find(found, wanted) if wanted else None
        return render(
            "privacy.html",
            request,
            here,
            one=one,
            bodies=found,
            replies_hours=settings.keep_replies_hours,
            answers_days=settings.keep_answers_days,
            cookie_days=COOKIE_SECONDS // 86400,
        )

    async def consent(request: Request, here: Here, body_id: str, consent_id: str) -> HTMLResponse:
        body = find(await municipalities(here), body_id)
        found = next((one for one in body.consents if one.id == consent_id), None)
        if found is None:
            raise HTTPException(404, "That municipality has no such consent.")
        return render("consent.html", request, here, body=body, consent=found)

    router.get("/accessibility")(accessibility)
    router.get("/privacy")(privacy)
    router.get("/privacy/{body_id}")(privacy)
    router.get("/consents/{body_id}/{consent_id}")(consent)
    return add_roots(router)
