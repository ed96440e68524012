"""Errors as pages in the citizen's language, where a browser asked for HTML."""

import re

from jinja2 import Environment
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.i18n.translator import Translator
from bot.views.booking_link import PATH
from core.catalogue.registry import Registry
from core.i18n import TextTemplate, _
from dialogs.messages.samples import samples_note
from webhooks.language import language_wanted
from webhooks.paths import FRAMED, is_framed

ROOT = re.compile(rf"(?:{FRAMED}(?=/|$))?(?:/m/([^/]+))?")
"""Matches the beginning of a path that is its conversation page's path, with its municipality."""

MESSAGES: dict[int, TextTemplate] = {
    403: _("This didn't come from our own page, so I didn't take it."),
    404: _("There is no such page here."),
    410: _("This appointment is over or was cancelled."),
    413: _("That was too long for me to take."),
    422: _("Something was missing from what was sent."),
    429: _("That was too much at once. Please wait a minute, then try again."),
    503: _("That didn't work just now. Please try again soon."),
}
NO_LINK = _(
    "This link isn't valid any more. Please open the one in the newest email about your "
    "appointment, or go back to the conversation and give the code of your appointment there."
)
"""It is said of every link that isn't one, so that nobody learns whether it ever was."""
OTHER_MESSAGE = _("Something went wrong here and nothing has changed. Please try again soon.")
PROGRAMS = "/api/"
"""The beginning of the paths that only programs ask for."""

TITLE, BACK = _("I'm sorry"), _("Back to the conversation")


def _is_for_page(scope: Scope) -> bool:
    """Return whether a browser asks; some programs' libraries accept HTML too, unasked."""
    if scope["type"] != "http" or scope["path"].startswith(PROGRAMS):
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


class ErrorPages:
    """ASGI middleware: replaces problem documents with pages.

    They name the samples that `registry` has: the database, which may be away, isn't asked.
    """

    def __init__(
        self, app: ASGIApp, *, texts: Translator, templates: Environment, registry: Registry
    ) -> None:
        self._app = app
        self._texts = texts
        self._registry = registry
        self._template = templates.get_template("error.html")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and replace a problem document that answers it."""
        if not _is_for_page(scope):
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
        root, only = (page[0], page[1]) if page else ("", None)
        if status == 404 and root == scope["path"]:  # there is no such conversation page
            root, only = FRAMED if is_framed(root) else "", None
        said = MESSAGES.get(status, OTHER_MESSAGE)
        if status == 404 and scope["path"].startswith(PATH):
            said = NO_LINK
        samples = self._registry.samples(only if only and only in self._registry else None)
        return self._template.render(
            lang=language,
            title=self._texts.say(TITLE, language),
            message=self._texts.say(said, language),
            back=self._texts.say(BACK, language),
            samples=self._texts.say(samples_note(samples), language),
            path=scope["root_path"] + (root or "/"),
        ).encode()
