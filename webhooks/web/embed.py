"""GET /embed.js: the script by which a municipality's own site frames the conversation."""

from fastapi import APIRouter, Response

from bot.bootstrap import Application
from core.i18n import LANGUAGES
from webhooks.paths import FRAMED
from webhooks.web.html import TITLE, Renderer


def routes(application: Application, renderer: Renderer) -> APIRouter:
    """Return the script's route."""
    router = APIRouter(include_in_schema=False)
    texts = application.services.texts
    script = renderer.templates.get_template("embed.js").render(
        framed=f"{application.settings.root_path}{FRAMED}",
        origins=list(application.settings.embed_origins),
        titles={language: texts.say(TITLE, language) for language in LANGUAGES},
        first=LANGUAGES[0],
    )

    @router.get("/embed.js")
    async def embed() -> Response:
        return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    return router
