"""The pages: until the web chat comes, what this is, and where the API is documented."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from bot.wiring import Wiring
from core.text import Phrase, _

PAGE = """<!doctype html>
<html lang="el">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.125rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto;
padding: 0 1.25rem }}
h1 {{ font-size: 1.75rem; line-height: 1.25 }}
pre {{ overflow-x: auto; padding: 1rem; border: 1px solid #8888; border-radius: .5rem }}
td {{ vertical-align: top; padding: .1rem 1rem .1rem 0 }}
</style>
<main>{body}</main>
</html>
"""


def routes(wiring: Wiring) -> APIRouter:
    """The pages' routes."""
    router = APIRouter(include_in_schema=False)
    texts = wiring.house.texts

    def said(phrase: Phrase) -> str:
        return escape(texts.say(phrase, "el"))

    @router.get("/", response_class=HTMLResponse)
    async def home() -> str:
        def names(session: Session) -> list[str]:
            wiring.house.office.refresh(session)
            return [said(body.name) for body in wiring.house.office.municipalities]

        served = await wiring.database.read(names)
        listed = "".join(f"<li>{name}</li>" for name in served)
        return PAGE.format(
            title="Rantevou",
            body=f"<h1>{said(TITLE)}</h1>\n<p>{said(WHAT)}</p>\n<p>{said(WITH)}</p>\n"
            f'<ul>{listed}</ul>\n<p>{said(SOON)}</p>\n<p><a href="/docs">{said(DOCS)}</a></p>',
        )

    return router


TITLE = _("Rantevou: appointments with your municipality, by chat")
WITH = _("It now books appointments with:")
DOCS = _("Documentation of the API")
WHAT = _(
    "Rantevou books, moves and cancels appointments by conversation, in Greek and English. "
    "You answer a few questions and leave with a confirmed appointment."
)
SOON = _(
    "The web chat will soon be here. Developers can already talk to Rantevou from their own page."
)
