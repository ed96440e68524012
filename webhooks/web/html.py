"""A conversation as HTML."""

from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import ceil
from pathlib import Path
from typing import Any
from uuid import uuid4

from babel import Locale
from babel.dates import format_date, get_day_names
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from jinja2.utils import urlize
from markupsafe import Markup, escape

from bot.context import Services
from bot.i18n.translator import Translator
from bot.messages import Reply, ReplyChoice
from bot.views.transcript import ConversationView
from core.i18n import Text, TextTemplate, _
from webhooks.language import OTHER_LANGUAGE
from webhooks.web.urls import ChatPage

TEMPLATES = Path(__file__).parent / "templates"
START = "/start"
"""What a page says by itself, to see the first question; it isn't shown."""

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
"""What helps to type each kind of answer: the right keyboard, and what the browser knows."""

TITLE = _("Appointment with your municipality")
PARTS_OF_DAY = (
    ("00:00", "12:00", _("In the morning")),
    ("12:00", "18:00", _("In the afternoon")),
    ("18:00", "24:00", _("In the evening")),
)
BULLET = "• "


@dataclass(frozen=True)
class Bubble:
    """A message as the page shows it; `who` is citizen or bot, `entry` its number in the talk."""

    who: str
    text: str
    entry: int
    booking: int | None = None
    first: bool = False
    """Whether the newest part of the talk begins with it."""


@dataclass(frozen=True)
class Day:
    """A field of the month's sheet; number 0 outside of the month."""

    number: int
    choice: ReplyChoice | None


@dataclass(frozen=True)
class Item:
    """An item of a list; a link, where it has an address."""

    text: str
    url: str | None


@dataclass(frozen=True)
class Block:
    """A part of a message: lines of text, or a list."""

    text: str
    items: Sequence[Item] = ()


class Renderer:
    """Makes pages and parts of pages."""

    def __init__(self, services: Services) -> None:
        self._house = services
        self.templates = _environment()

    def document(self, template: str, language: str, **values: Any) -> str:
        """Make a page or a part of one, with gettext of that language at hand."""
        words = in_language(self._house.texts, language)
        return self.templates.get_template(template).render(**words, **values)

    def page(
        self, place: ChatPage, seen: ConversationView, mark: str, *, forgetful: bool
    ) -> HTMLResponse:
        """Make the whole page; `mark` is its own, `forgetful` says that no cookie is kept."""
        language = seen.asked.language if seen.asked else "el"
        return self._rendered("page.html", place, seen, mark, language, forgetful=forgetful)

    def turn(
        self, place: ChatPage, seen: ConversationView, mark: str, language: str
    ) -> HTMLResponse:
        """Make what is new, for a page that has the rest: messages, and the question if it is."""
        response = self._rendered("turn.html", place, seen, mark, language)
        response.headers["X-Last"] = str(seen.last)
        return response

    def _rendered(
        self,
        template: str,
        place: ChatPage,
        seen: ConversationView,
        mark: str,
        language: str,
        **more: Any,
    ) -> HTMLResponse:
        services, asked = self._house, seen.asked
        say = services.texts.say
        title: Text = services.registry[place.home].body.name if place.home else TITLE
        shown: dict[str, Any] = {
            "title": say(title, language),
            "root": place.root,
            "path": place.path,
            "alone": ChatPage(place.home, framed=False).path if place.framed else None,
            "other": Locale(OTHER_LANGUAGE[language]),
            "bubbles": _bubbles(seen),
            "asked": asked,
            "answered_steps": seen.answered_steps,
            "sidebar": seen.sidebar,
            "consent": seen.consent,
            "held_seconds": _seconds(seen.held_until, services.clock()),
            "message_id": str(uuid4()),
            "mark": mark,
            "last": seen.last,
            **more,
        }
        if asked:
            shown |= self._question(asked)
        return HTMLResponse(self.document(template, language, **shown))

    def _question(self, asked: Reply) -> dict[str, Any]:
        say, language = self._house.texts.say, asked.language
        picks = [choice for choice in asked.choices if choice.number is not None]
        return {
            "picks": picks,
            "commands": [choice for choice in asked.choices if choice.number is None],
            "parts_of_day": [
                (say(name, language), [c for c in picks if since <= c.label < until])
                for since, until, name in PARTS_OF_DAY
            ],
            "weeks": _weeks(asked.month, picks) if asked.month else [],
            "month_name": format_date(asked.month, "LLLL y", language) if asked.month else "",
            "weekdays": _weekdays(language) if asked.month else [],
            "attributes": Markup(ATTRIBUTES[asked.input]),  # noqa: S704 our own, of the table above
        }


def _environment() -> Environment:
    """The pages' templates."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"blocks": blocks, "linked": linked}
    return made


def in_language(texts: Translator, language: str) -> dict[str, Any]:
    """What every template is given: the language, and its gettext."""

    def say(message: str, **values: Text) -> str:
        return texts.say(TextTemplate(message, args=values), language)

    def count(one: str, many: str, number: int) -> str:
        return texts.say(TextTemplate(one, many, {"count": number}), language)

    return {"lang": language, "_": say, "_n": count}


def linked(text: str) -> Markup:
    """Make its addresses links. Most texts have none, and are spared the search."""
    if any(sign in text for sign in ("://", "www.", "@")):
        return Markup(urlize(text, target="_blank", rel="noopener"))  # noqa: S704 escapes the rest
    return escape(text)


def blocks(text: str) -> list[Block]:
    """Take a message apart: lines that begin with a bullet are a list, the others are text."""
    found: list[Block] = []
    lines: list[str] = []
    items: list[Item] = []

    def close() -> None:
        if lines:
            found.append(Block("\n".join(lines)))
        if items:
            found.append(Block("", tuple(items)))
        lines.clear()
        items.clear()

    for line in text.split("\n"):
        if line.startswith(BULLET) == bool(lines) or not line:
            close()
        if line.startswith(BULLET):
            items.append(_item(line.removeprefix(BULLET)))
        elif line:
            lines.append(line)
    close()
    return found


def _item(text: str) -> Item:
    label, _colon, url = text.rpartition(": ")
    return Item(label, url) if url.startswith(("http://", "https://")) else Item(text, None)


def _bubbles(seen: ConversationView) -> list[Bubble]:
    bubbles: list[Bubble] = []
    for entry in seen.talk:
        said, number = entry.said, entry.number
        heard = [Bubble("citizen", said, number)] if said and said != START else []
        heard += [Bubble("bot", reply.text, number, reply.booking) for reply in entry.replies]
        if number == seen.last:
            heard[0] = replace(heard[0], first=True)
        bubbles += heard
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
