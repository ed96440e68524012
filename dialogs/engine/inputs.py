"""The input of a turn: one message, of one of six kinds."""

from dataclasses import dataclass
from typing import Literal

from core.i18n import Text
from dialogs.engine.prompts import StoredPrompt

Unreadable = Literal[
    "voice", "contact", "callers_contact", "edited", "picture", "other", "unanswered"
]


@dataclass(frozen=True)
class TextInput:
    """A typed text.

    `missed` is what to say if the text was meant for an earlier question than the open one; it was
    written `early` if no later one has been answered since, but the open question wasn't visible.
    """

    text: str
    missed: Text | None = None
    early: bool = False


@dataclass(frozen=True)
class TapInput:
    """A tapped button, by its id: the prompt's number, a dot, the choice's key.

    `prompt` is the stored prompt of that number, if it is still known.
    """

    id: str
    prompt: StoredPrompt | None = None


@dataclass(frozen=True)
class LinkInput:
    """A deep link that was followed: its payload."""

    link: str


@dataclass(frozen=True)
class CommandInput:
    """A command given by its name, such as /help."""

    name: str


@dataclass(frozen=True)
class UnreadableInput:
    """A message without text, such as a voice message."""

    kind: Unreadable


@dataclass(frozen=True)
class OpenedInput:
    """The chat was opened without a message; or a call came, which `begins` anew."""

    begins: bool = False


Input = TextInput | TapInput | LinkInput | CommandInput | UnreadableInput | OpenedInput
