"""Errors as pages in the citizen's language, where a browser asked for HTML."""

import re

from jinja2 import Environment
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.i18n.translator import Translator
from core.i18n import TextTemplate, _
from webhooks.language import language_wanted
from webhooks.paths import FRAMED, is_framed

ROOT = re.compile(rf"(?:{FRAMED}(?=/|$))?(?:/m/[^/]+)?")
"""Matches the beginning of a path that is its conversation page's path."""

MESSAGES: dict[int, TextTemplate] = {
    403: _("This didn't come from our own page, so I didn't take it."),
    404: _("There is no such page here."),
    410: _("This appointment is over or was cancelled."),
    413: _("That was too long for me to take."),
    422: _("Something was missing from what was sent."),
    429: _("That was too much at once. Please wait a minute, then try again."),
    503: _("That didn't work just now. Please try again soon."),
}
OTHER_MESSAGE = _("Something went wrong here and nothing has changed. Please try again soon.")
TITLE, BACK = _("I'm sorry"), _("Back to the conversation")


class ErrorPages:
    """ASGI middleware: replaces problem documents with pages."""

    def __init__(self, app: ASGIApp, *, texts: Translator, templates: Environment) -> None:
        self._app = app
        self._texts = texts
        self._template = templates.get_template("error.html")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and replace a problem document that answers it."""
        is_http = scope["type"] == "http"
        if not is_http or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        replaced = False

        async def replace(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                replaced = headers.get("content-type") == "application/problem+json"
                if replaced:
                    page = self._page(scope, message["status"])
                    headers["content-type"] = "text/html; charset=utf-8"
                    headers["content-length"] = str(len(page))
                    await send(message)
                    await send({"type": "http.response.body", "body": page})
            if not replaced:
                await send(message)

        await self._app(scope, receive, replace)

    def _page(self, scope: Scope, status: int) -> bytes:
        language = language_wanted(Headers(scope=scope))
        page = ROOT.match(scope["path"])
        root = page[0] if page else ""
        if status == 404 and root == scope["path"]:  # there is no such conversation page
            root = FRAMED if is_framed(root) else ""
        return self._template.render(
            lang=language,
            title=self._texts.say(TITLE, language),
            message=self._texts.say(MESSAGES.get(status, OTHER_MESSAGE), language),
            back=self._texts.say(BACK, language),
            path=scope["root_path"] + (root or "/"),
        ).encode()
