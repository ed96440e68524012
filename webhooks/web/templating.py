"""The templates' environment: gettext, and the filters that turn values into HTML."""

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from jinja2.utils import urlize
from markupsafe import Markup, escape

from bot.i18n.translator import Translator
from bot.messages import (
    ChecklistBlock,
    HeadingBlock,
    LinkItem,
    LinksBlock,
    ParagraphBlock,
    ReplyBlock,
)
from bot.platforms.layout import map_url
from core.i18n import Text, TextTemplate
from dialogs.nlu.fields import dialled_number

TEMPLATES = Path(__file__).parent / "templates"
BULLET = "• "
WEB = ("http://", "https://")


def create_environment(root_path: str) -> Environment:
    """Return the environment of the pages' templates; `root_path` begins every link of theirs."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["root_path"] = root_path
    environment.filters |= {
        "blocks": text_blocks,
        "linked": linked,
        "dialled": dialled_number,
        "map_url": map_url,
    }
    return environment


def gettext_variables(texts: Translator, language: str) -> dict[str, Any]:
    """Return the variables of every template: the language, and gettext in it."""

    @cache
    def plain(message: str) -> str:
        return texts.say(TextTemplate(message), language)

    def gettext(message: str, **values: Text) -> str:
        if not values:  # as most of a page's texts, of which it has dozens
            return plain(message)
        return texts.say(TextTemplate(message, args=values), language)

    def ngettext(one: str, many: str, number: int) -> str:
        return texts.say(TextTemplate(one, many, {"count": number}), language)

    return {"lang": language, "_": gettext, "_n": ngettext}


def linked(text: str) -> Markup:
    """Return a text with its addresses as links; most texts have none and aren't searched."""
    if "://" in text or "www." in text or "@" in text:
        return Markup(urlize(text, target="_blank", rel="noopener"))  # noqa: S704 escapes the rest
    return escape(text)


def text_blocks(text: str, *, titled: bool = False) -> list[ReplyBlock]:
    """Return a plain text as blocks: paragraphs, and lists of the lines that begin with a bullet.

    `titled`: the first line is its heading. Replies have no blocks of their own where they are
    plain text, or were stored by a former revision.
    """
    if not titled and BULLET not in text and "\n" not in text:  # as most are
        return [ParagraphBlock(type="paragraph", text=text)] if text else []
    found: list[ReplyBlock] = []
    rows = text.split("\n")
    if titled:
        found.append(HeadingBlock(type="heading", text=rows.pop(0)))
    for is_list, group in groupby(rows, key=_is_item):
        if is_list:
            found += _lists([row.removeprefix(BULLET) for row in group])
        elif is_list is not None:
            found.append(ParagraphBlock(type="paragraph", text="\n".join(group)))
    return found


def _is_item(row: str) -> bool | None:
    """Return whether a line is an item of a list; None for an empty one."""
    return row.startswith(BULLET) if row else None


def _lists(items: Sequence[str]) -> list[ReplyBlock]:
    """Return items as checklists, and those that end with an address as links."""
    found: list[ReplyBlock] = []
    parted = [item.rpartition(": ") for item in items]
    for is_link, part in groupby(parted, key=lambda item: item[2].startswith(WEB)):
        if is_link:
            links = [LinkItem(label=label, url=url) for label, _colon, url in part]
            found.append(LinksBlock(type="links", links=links))
        else:
            found.append(ChecklistBlock(type="checklist", items=["".join(item) for item in part]))
    return found
