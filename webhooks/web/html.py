"""A conversation as HTML."""

from calendar import Calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import ceil
from typing import Any
from uuid import uuid4

from babel.dates import format_date, get_day_names
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from bot.context import Services
from bot.messages import Reply, ReplyBlock, ReplyChoice
from bot.replies import render_blocks
from bot.views.transcript import ConversationView
from core.i18n import LANGUAGES, Language, Text, _
from dialogs.messages.appointment import BOOKING_ACTIONS
from dialogs.messages.samples import samples_note
from webhooks.language import LANGUAGE_NAMES, other_languages
from webhooks.web.templating import create_environment, gettext_variables, text_blocks
from webhooks.web.urls import ChatPage

START = "/start"
"""The text that a page sends by itself, to get the first question; it isn't shown."""

ATTRIBUTES: Mapping[str, str] = {
    "text": 'autocomplete="off"',
    "name": 'autocomplete="name"',
    # Not type="email": there, a browser refuses "back" and "help", and explains it its own way.
    "email": 'inputmode="email" autocomplete="email" autocapitalize="off" spellcheck="false"',
    "phone": 'type="tel" autocomplete="tel"',
    "digits": 'inputmode="numeric" autocomplete="off"',
    "code": 'autocomplete="off" autocapitalize="characters" spellcheck="false"',
    "long": "",
}
"""The attributes of the input of each kind of answer: keyboard and autocompletion."""

TITLE = _("Appointment with your municipality")
PARTS_OF_DAY = (
    ("00:00", "12:00", _("In the morning")),
    ("12:00", "18:00", _("In the afternoon")),
    ("18:00", "24:00", _("In the evening")),
)


@dataclass(frozen=True)
class Bubble:
    """A message as the page shows it; `who` is citizen or bot, `entry` its number.

    A message of the bot is shown as its `blocks`, one of the citizen as its `text`.
    """

    who: str
    text: str
    blocks: Sequence[ReplyBlock]
    entry: int
    booking: int | None = None
    first: bool = False
    """True where the newest part of the conversation begins with it."""
    choices: Sequence[ReplyChoice] = ()
    """The buttons under it, where it is no question, whose buttons have a place of their own."""


@dataclass(frozen=True)
class Day:
    """A cell of the month's table; number 0 outside of the month."""

    number: int
    choice: ReplyChoice | None


class Renderer:
    """Renders pages and parts of pages."""

    def __init__(self, services: Services, *, root_path: str, api_docs: bool) -> None:
        """`api_docs`: whether the pages link the documentation of the API."""
        self._services = services
        self.templates = create_environment(root_path)
        self.templates.globals["api_docs"] = api_docs
        self._gettext = {
            language: gettext_variables(services.texts, language) for language in LANGUAGES
        }

    def document(self, template: str, language: str, **values: Any) -> str:
        """Return a rendered template, with gettext in that language and these variables.

        Where `here` is one of them, the page names the samples among its municipalities.
        """
        given = {**self._gettext[Language(language)], **values}
        if here := values.get("here"):
            samples = samples_note(self._services.registry.samples(here.municipality_id))
            given["samples"] = self._services.texts.say(samples, language)
        return self.templates.get_template(template).render(**given)

    def page(
        self, here: ChatPage, seen: ConversationView, page_token: str, *, cookies_refused: bool
    ) -> HTMLResponse:
        """Return the whole page; `cookies_refused`: with the notice that the browser keeps none."""
        language = seen.asked.language if seen.asked else LANGUAGES[0]
        more = {"cookies_refused": cookies_refused}
        return self._rendered("page.html", here, seen, page_token, language, **more)

    def turn(
        self, here: ChatPage, seen: ConversationView, page_token: str, language: str
    ) -> HTMLResponse:
        """Return the newer part of a page: its messages, and the question if that is new."""
        response = self._rendered("turn.html", here, seen, page_token, language)
        response.headers["X-Last"] = str(seen.last)
        return response

    def _rendered(
        self,
        template: str,
        here: ChatPage,
        seen: ConversationView,
        page_token: str,
        language: str,
        **more: Any,
    ) -> HTMLResponse:
        services, asked = self._services, seen.asked
        say = services.texts.say
        title: Text = TITLE
        if here.municipality_id:
            title = services.registry[here.municipality_id].body.name
        variables: dict[str, Any] = {
            "here": here,
            "title": say(title, language),
            "root": here.root,
            "path": here.path,
            "unframed_path": replace(here, framed=False).path if here.framed else None,
            "other_languages": other_languages(language),
            "language_names": ", ".join(LANGUAGE_NAMES.values()),
            "bubbles": _bubbles(
                seen, lambda: render_blocks(services.texts, BOOKING_ACTIONS, language)
            ),
            "asked": asked,
            "answered_steps": seen.answered_steps,
            "sidebar": [
                render_blocks(services.texts, part.blocks, language) for part in seen.sidebar
            ],
            "consent": seen.consent,
            "held_seconds": _seconds(seen.held_until, services.clock()),
            "message_id": str(uuid4()),
            "page_token": page_token,
            "commands": [choice for choice in seen.choices if choice.number is None],
            **more,
        }
        if asked:
            variables |= self._question(asked)
        return HTMLResponse(self.document(template, language, **variables))

    def _question(self, asked: Reply) -> dict[str, Any]:
        """Return the variables of the open question."""
        say, language = self._services.texts.say, asked.language
        picks = [choice for choice in asked.choices if choice.number is not None]
        return {
            "picks": picks,
            "parts_of_day": [
                (say(name, language), [c for c in picks if since <= c.label < until])
                for since, until, name in PARTS_OF_DAY
            ],
            "weeks": _weeks(asked.month, picks) if asked.month else [],
            "month_name": format_date(asked.month, "LLLL y", language) if asked.month else "",
            "weekdays": _weekdays(language) if asked.month else [],
            "attributes": Markup(ATTRIBUTES[asked.input]),  # noqa: S704 our own, of the table above
        }


def _bubbles(seen: ConversationView, actions: Callable[[], list[ReplyBlock]]) -> list[Bubble]:
    """Return the messages; `actions` returns those of an appointment stored without blocks."""
    bubbles: list[Bubble] = []
    for entry in seen.talk:
        said, number = entry.said, entry.number
        added = [Bubble("citizen", said, (), number)] if said and said != START else []
        for reply in entry.replies:
            blocks: Sequence[ReplyBlock] = reply.blocks
            if not blocks:
                blocks = text_blocks(reply.text, titled=bool(reply.booking))
                blocks += actions() if reply.booking else []
            buttons = () if reply.step else reply.choices
            bubble = Bubble("bot", reply.text, blocks, number, reply.booking, choices=buttons)
            added.append(bubble)
        if number == seen.last:
            added[0] = replace(added[0], first=True)
        bubbles += added
    return bubbles


def _weeks(month: date, picks: Sequence[ReplyChoice]) -> list[list[Day]]:
    free = {choice.number: choice for choice in picks}
    return [
        [Day(day, free.get(day)) for day in week]
        for week in Calendar().monthdayscalendar(month.year, month.month)
    ]


def _weekdays(language: str) -> list[dict[str, str]]:
    short, wide = (get_day_names(width, locale=language) for width in ("abbreviated", "wide"))
    return [{"short": short[day], "wide": wide[day]} for day in range(7)]


def _seconds(until: datetime | None, now: datetime) -> int | None:
    return max(0, ceil((until - now).total_seconds())) if until else None
