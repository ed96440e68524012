"""A conversation as HTML."""

from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from babel.dates import format_date, get_day_names
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from jinja2.utils import urlize
from markupsafe import Markup, escape

from bot.context import Services
from bot.i18n.translator import Translator
from bot.messages import (
    ChecklistBlock,
    FactRow,
    HeadingBlock,
    LinkItem,
    LinksBlock,
    ParagraphBlock,
    PlaceBlock,
    Reply,
    ReplyBlock,
    ReplyChoice,
)
from bot.replies import render_blocks
from bot.views.transcript import ConversationView
from core.i18n import Language, Text, TextTemplate, _
from dialogs.messages.appointment import BOOKING_ACTIONS
from dialogs.nlu.fields import dialled_number
from webhooks.language import other_languages
from webhooks.web.urls import ChatPage

TEMPLATES = Path(__file__).parent / "templates"
START = "/start"
"""What a page sends by itself, to see the first question; it isn't shown."""

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
BULLET = "• "
WEB = ("http://", "https://")
MAP = "https://www.openstreetmap.org/"


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
    """Whether the newest part of the conversation begins with it."""


@dataclass(frozen=True)
class Day:
    """A cell of the month's table; number 0 outside of the month."""

    number: int
    choice: ReplyChoice | None


class Renderer:
    """Renders pages and parts of pages."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.templates = _environment()

    def document(self, template: str, language: str, **values: Any) -> str:
        """Return a page or a part of one, with gettext of that language at hand."""
        words = in_language(self._services.texts, language)
        return self.templates.get_template(template).render(**words, **values)

    def page(
        self, place: ChatPage, seen: ConversationView, mark: str, *, forgetful: bool
    ) -> HTMLResponse:
        """Return the whole page; `mark` is its own id, `forgetful`: the browser keeps no cookie."""
        language = seen.asked.language if seen.asked else Language.EL
        return self._rendered("page.html", place, seen, mark, language, forgetful=forgetful)

    def turn(
        self, place: ChatPage, seen: ConversationView, mark: str, language: str
    ) -> HTMLResponse:
        """Return what is new, for a page that has the rest: messages, and the question if it is."""
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
        services, asked = self._services, seen.asked
        say = services.texts.say
        title: Text = services.registry[place.home].body.name if place.home else TITLE
        shown: dict[str, Any] = {
            "title": say(title, language),
            "root": place.root,
            "path": place.path,
            "alone": ChatPage(place.home, framed=False).path if place.framed else None,
            "others": other_languages(language),
            "bubbles": _bubbles(seen, render_blocks(services.texts, BOOKING_ACTIONS, language)),
            "asked": asked,
            "answered_steps": seen.answered_steps,
            "sidebar": [
                render_blocks(services.texts, part.blocks, language) for part in seen.sidebar
            ],
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
        say, language = self._services.texts.say, asked.language
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
    """Return the environment of the pages' templates."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "blocks": text_blocks,
        "linked": linked,
        "dialled": dialled_number,
        "map_url": map_url,
    }
    return made


def in_language(texts: Translator, language: str) -> dict[str, Any]:
    """Return what every template is given: the language, and its gettext."""

    def say(message: str, **values: Text) -> str:
        return texts.say(TextTemplate(message, args=values), language)

    def count(one: str, many: str, number: int) -> str:
        return texts.say(TextTemplate(one, many, {"count": number}), language)

    return {"lang": language, "_": say, "_n": count}


def linked(text: str) -> Markup:
    """Return a text with its addresses as links; most texts have none and aren't searched."""
    if any(sign in text for sign in ("://", "www.", "@")):
        return Markup(urlize(text, target="_blank", rel="noopener"))  # noqa: S704 escapes the rest
    return escape(text)


def text_blocks(text: str, *, titled: bool = False) -> list[ReplyBlock]:
    """Return a plain text as blocks: paragraphs, and lists of the lines that begin with a bullet.

    `titled`: the first line is its heading. Replies have no blocks of their own where they are
    plain text, or were stored by a former revision.
    """
    found: list[ReplyBlock] = []
    rows = text.split("\n")
    if titled:
        found.append(HeadingBlock(type="heading", text=rows.pop(0)))
    for is_list, group in groupby(rows, key=_row_kind):
        if is_list is None:
            continue
        if not is_list:
            found.append(ParagraphBlock(type="paragraph", text="\n".join(group)))
            continue
        items = [row.removeprefix(BULLET).rpartition(": ") for row in group]
        for is_link, part in groupby(items, key=lambda item: item[2].startswith(WEB)):
            if is_link:
                links = [LinkItem(label=label, url=url) for label, _colon, url in part]
                found.append(LinksBlock(type="links", links=links))
            else:
                found.append(ChecklistBlock(type="checklist", items=["".join(i) for i in part]))
    return found


def _row_kind(row: str) -> bool | None:
    """Return whether a line is an item of a list; None for an empty one."""
    return row.startswith(BULLET) if row else None


def map_url(place: PlaceBlock | FactRow) -> str:
    """Return where OpenStreetMap shows a place, by its coordinates or else its address."""
    match place:
        case PlaceBlock(latitude=float(north), longitude=float(east)):
            return f"{MAP}?mlat={north}&mlon={east}#map=18/{north}/{east}"
        case PlaceBlock():
            return f"{MAP}search?{urlencode({'query': place.address})}"
        case FactRow():
            return f"{MAP}search?{urlencode({'query': place.value})}"


def _bubbles(seen: ConversationView, offered: list[ReplyBlock]) -> list[Bubble]:
    """Return the messages; `offered` is what belongs to an appointment stored without blocks."""
    bubbles: list[Bubble] = []
    for entry in seen.talk:
        said, number = entry.said, entry.number
        heard = [Bubble("citizen", said, (), number)] if said and said != START else []
        for reply in entry.replies:
            shown: Sequence[ReplyBlock] = reply.blocks
            if not shown:
                shown = text_blocks(reply.text, titled=bool(reply.booking))
                shown += offered if reply.booking else []
            heard.append(Bubble("bot", reply.text, shown, number, reply.booking))
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
