"""What is said to people, before it has a language.

The office and the conversation build these; `bot.texts` puts them into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from pydantic import BaseModel, ConfigDict


class Words(BaseModel):
    """A text of a catalogue, in each language."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1)

    el: str
    en: str


@dataclass(frozen=True, slots=True)
class When:
    """A date or time with its Babel pattern, such as "EEEE d MMMM"."""

    at: date | datetime | time
    pattern: str


@dataclass(frozen=True, slots=True)
class Text:
    """A message of `locales/` with what fills its {braces}.

    With `plural`, the argument `count` decides between the two.
    """

    message: str
    plural: str = ""
    args: Mapping[str, "Phrase"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lines:
    """Phrases under or beside each other."""

    parts: tuple["Phrase", ...]
    joint: str = "\n"


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone, named by its city."""

    name: str


Phrase = str | int | Words | Zone | When | Text | Lines


def _(message: str, **args: Phrase) -> Text:
    """Mark a message for translation; its msgid is the English text."""
    return Text(message, args=args)


def _n(message: str, plural: str, count: int, **args: Phrase) -> Text:
    """Mark a message that differs by number."""
    return Text(message, plural, {"count": count, **args})


def lines(*parts: Phrase | None) -> Lines:
    """Put phrases under each other; None and "" are left out."""
    return Lines(tuple(part for part in parts if part is not None and part != ""))


def commas(*parts: Phrase) -> Lines:
    """Put phrases beside each other."""
    return Lines(parts, ", ")


def beside(*parts: Phrase) -> Lines:
    """Put phrases beside each other, with spaces; "" is left out."""
    return Lines(tuple(part for part in parts if part != ""), " ")
