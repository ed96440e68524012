"""What is said to people, before it has a language.

The office and the conversation build these; `bot.i18n.translator` puts them into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from pydantic import BaseModel, ConfigDict


class LocalizedText(BaseModel):
    """A text of a catalogue, in each language."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1)

    el: str
    en: str


@dataclass(frozen=True, slots=True)
class FormattedDate:
    """A date or time with its Babel pattern, such as "EEEE d MMMM"."""

    at: date | datetime | time
    pattern: str


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A message of `locales/` with what fills its {braces}.

    With `plural`, the argument `count` decides between the two.
    """

    message: str
    plural: str = ""
    args: Mapping[str, "Text"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JoinedText:
    """Phrases under or beside each other."""

    parts: tuple["Text", ...]
    joint: str = "\n"


@dataclass(frozen=True, slots=True)
class ZoneCity:
    """A time zone, named by its city."""

    name: str


Text = str | int | LocalizedText | ZoneCity | FormattedDate | TextTemplate | JoinedText


def _(message: str, **args: Text) -> TextTemplate:
    """Mark a message for translation; its msgid is the English text."""
    return TextTemplate(message, args=args)


def _n(message: str, plural: str, count: int, **args: Text) -> TextTemplate:
    """Mark a message that differs by number."""
    return TextTemplate(message, plural, {"count": count, **args})


def lines(*parts: Text | None) -> JoinedText:
    """Put phrases under each other; None and "" are left out."""
    return JoinedText(tuple(part for part in parts if part is not None and part != ""))


def commas(*parts: Text) -> JoinedText:
    """Put phrases beside each other."""
    return JoinedText(parts, ", ")


def beside(*parts: Text) -> JoinedText:
    """Put phrases beside each other, with spaces; "" is left out."""
    return JoinedText(tuple(part for part in parts if part != ""), " ")


LANGUAGES = ("el", "en")
"""The languages that are spoken, the first one first."""
