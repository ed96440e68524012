"""Structured messages: lists of blocks that each platform renders in its own form."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from core.i18n import JoinedText, Text, TextTemplate, _, lines

FactKind = Literal["text", "phone", "email", "url", "address"]
"""The kind of a fact's value, for platforms that make it a link."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The first line, which says what the message is about."""

    text: Text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Text


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; plain text shows the value alone if `show_label` is False."""

    label: Text
    value: Text
    show_label: bool = True
    kind: FactKind = "text"


@dataclass(frozen=True, slots=True)
class Facts:
    """A list of facts."""

    rows: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """A list of things to bring or to do; `ready` are the positions of those that are done."""

    heading: Text
    items: tuple[Text, ...]
    ready: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    """Additional information, such as a deadline."""

    text: Text


@dataclass(frozen=True, slots=True)
class Link:
    """A web address with a label."""

    label: Text
    url: str


@dataclass(frozen=True, slots=True)
class Links:
    """A list of links."""

    links: tuple[Link, ...]
    heading: Text | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """An action of the page on the appointment that the message is about."""

    kind: Literal["print"]
    label: Text


@dataclass(frozen=True, slots=True)
class Actions:
    """Actions that a page offers besides the choices of the open question; not in plain text."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes with the message; not in plain text."""

    kind: Literal["calendar"]
    label: Text


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an office; latitude and longitude are WGS 84 degrees, if known."""

    name: Text
    address: Text | None = None
    latitude: float | None = None
    longitude: float | None = None


Block = Heading | Paragraph | Facts | Checklist | Note | Links | Actions | Attachment | Place


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message that is no question: the deep link that it follows, and its label.

    It can be tapped whatever is asked then.
    """

    link: str
    label: Text


@dataclass(frozen=True, slots=True)
class Message:
    """A message as blocks.

    `booking` is the id of the appointment that it is about. `brief` is its short form, for
    platforms where each character costs; `spoken` replaces its plain text where it is read aloud.
    A call is then put through to the number that it is to `dial`, or ends where it `hangs_up`.
    """

    blocks: tuple[Block, ...]
    booking: int | None = None
    brief: Text | None = None
    spoken: Text | None = None
    buttons: tuple[Button, ...] = ()
    dial: str = ""
    hangs_up: bool = False


def message(*blocks: Block) -> Message:
    """Return a message of these blocks that is about no appointment."""
    return Message(blocks)


def headed(line: Text, content: Text | Message) -> Text | Message:
    """Return a text or message with one more line before it."""
    if not isinstance(content, Message):
        return lines(line, content)
    return replace(content, blocks=(Paragraph(line), *content.blocks))


def to_text(content: Text | Message) -> Text:
    """Return a message as plain text, one line after another; a text as it is."""
    if not isinstance(content, Message):
        return content
    return JoinedText(tuple(_lines_of(content.blocks)))


def _lines_of(blocks: Iterable[Block]) -> Iterator[Text]:
    for block in blocks:
        match block:
            case Heading(text) | Paragraph(text) | Note(text):
                yield text
            case Facts(rows):
                yield from map(_fact_line, rows)
            case Checklist(heading, items, ready):
                yield heading
                for place, item in enumerate(items):
                    done = place in ready
                    yield _("✓ {item}", item=item) if done else _("• {item}", item=item)
            case Links(links, heading):
                yield from () if heading is None else (heading,)
                yield from (_("• {label}: {url}", label=one.label, url=one.url) for one in links)
            case Place(name, address):
                yield lines(name, _labelled(_("Address"), address) if address else None)


def _fact_line(fact: Fact) -> Text:
    return _labelled(fact.label, fact.value) if fact.show_label else fact.value


def _labelled(label: Text, value: Text) -> TextTemplate:
    return _("{label}: {value}", label=label, value=value)
