"""Structured messages: what is said, as blocks that each platform puts into its own form."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from core.i18n import JoinedText, Text, TextTemplate, _, lines

FactKind = Literal["text", "phone", "email", "url", "address"]
"""What a fact's value is, where a platform can link it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The line that says what the message is about."""

    text: Text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Text


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value. `show_label` is False where plain text shows the value alone."""

    label: Text
    value: Text
    show_label: bool = True
    kind: FactKind = "text"


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts under each other."""

    rows: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """Things to bring or to do."""

    heading: Text
    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What is also good to know, such as a deadline."""

    text: Text


@dataclass(frozen=True, slots=True)
class Link:
    """An address of the web, and what it leads to."""

    label: Text
    url: str


@dataclass(frozen=True, slots=True)
class Links:
    """Links under each other."""

    links: tuple[Link, ...]
    heading: Text | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do with the appointment that the message is about."""

    kind: Literal["print"]
    label: Text


@dataclass(frozen=True, slots=True)
class Actions:
    """What a page offers beside the choices of the open question; plain text leaves it out."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with the message; plain text leaves it out."""

    kind: Literal["calendar"]
    label: Text


@dataclass(frozen=True, slots=True)
class Place:
    """Where an office is; degrees north and east (WGS 84), where they are known."""

    name: Text
    address: Text | None = None
    latitude: float | None = None
    longitude: float | None = None


Block = Heading | Paragraph | Facts | Checklist | Note | Links | Actions | Attachment | Place


@dataclass(frozen=True, slots=True)
class Message:
    """A message as blocks.

    `booking` is the id of the appointment that it is all about. `brief` is its short form, for
    platforms where each character costs; `spoken` is what is said aloud instead of its plain text.
    """

    blocks: tuple[Block, ...]
    booking: int | None = None
    brief: Text | None = None
    spoken: Text | None = None


def message(*blocks: Block) -> Message:
    """Return a message of these blocks, about no appointment."""
    return Message(blocks)


def to_text(said: Text | Message) -> Text:
    """Return the plain form of a message: its lines under each other."""
    if not isinstance(said, Message):
        return said
    return JoinedText(tuple(_lines_of(said.blocks)))


def _lines_of(blocks: Iterable[Block]) -> Iterator[Text]:
    for block in blocks:
        match block:
            case Heading(text) | Paragraph(text) | Note(text):
                yield text
            case Facts(rows):
                yield from map(_fact_line, rows)
            case Checklist(heading, items):
                yield heading
                yield from (_("• {item}", item=item) for item in items)
            case Links(links, heading):
                yield from () if heading is None else (heading,)
                yield from (_("• {label}: {url}", label=one.label, url=one.url) for one in links)
            case Place(name, address):
                yield lines(name, _labelled(_("Address"), address) if address else None)


def _fact_line(fact: Fact) -> Text:
    return _labelled(fact.label, fact.value) if fact.show_label else fact.value


def _labelled(label: Text, value: Text) -> TextTemplate:
    return _("{label}: {value}", label=label, value=value)
