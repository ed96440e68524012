"""The pages to read: accessibility statement, personal data, consent texts."""

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
from webhooks.paths import ROOTS
from webhooks.web.html import TITLE, Renderer
from webhooks.web.urls import COOKIE_SECONDS, Here

REVIEWED = date(2026, 11, 21)
"""When the accessibility statement was last held against what the tests do."""


def routes(application: Application, renderer: Renderer) -> APIRouter:
    """Return those of each page."""
    router = APIRouter(include_in_schema=False)
    settings, texts = application.settings, application.services.texts

    async def bodies(here: Here) -> list[Municipality]:
        """Return the municipality of that page; of the page of all, each."""

        def read(session: Session) -> list[Municipality]:
            registry = application.services.registry
            registry.refresh(session)
            if here.home is None:
                return registry.municipalities
            if here.home not in registry:
                raise HTTPException(404, "No municipality has that name here.")
            return [registry[here.home].body]

        return await application.database.read(read)

    def one_of(found: list[Municipality], body_id: str | None) -> Municipality:
        try:
            return next(body for body in found if body.id == body_id)
        except StopIteration:
            raise HTTPException(404, "No municipality has that name here.") from None

    def shown(template: str, request: Request, here: Here, **values: Any) -> HTMLResponse:
        language = language_wanted(request.headers, request.query_params.get("lang", ""))
        given = {
            "here": here,
            "words": lambda words: texts.say(words, language),
            "rendered": lambda blocks: render_blocks(texts, blocks, language),
            "others": other_languages(language),
            "own_path": request.url.path,
            **values,
        }
        return HTMLResponse(renderer.document(template, language, **given))

    async def accessibility(request: Request, here: Here) -> HTMLResponse:
        found = await bodies(here)
        return shown(
            "accessibility.html",
            request,
            here,
            whose=found[0].name if here.home else TITLE,
            bodies=[(body.name, contact_facts(body.contact)) for body in found],
            reviewed=FormattedDate(REVIEWED, "d MMMM y"),
        )

    async def privacy(request: Request, here: Here, body_id: str | None = None) -> HTMLResponse:
        found = await bodies(here)
        one = one_of(found, body_id or here.home) if body_id or here.home else None
        return shown(
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
        body = one_of(await bodies(here), body_id)
        found = next((one for one in body.consents if one.id == consent_id), None)
        if found is None:
            raise HTTPException(404, "That municipality has no such consent.")
        return shown("consent.html", request, here, body=body, consent=found)

    for root in ROOTS:
        router.get(f"{root}/accessibility")(accessibility)
        router.get(f"{root}/privacy")(privacy)
        router.get(f"{root}/privacy/{{body_id}}")(privacy)
        router.get(f"{root}/consents/{{body_id}}/{{consent_id}}")(consent)
    return router
