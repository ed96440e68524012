"""What can come in: one message, as one of six kinds."""

from dataclasses import dataclass
from typing import Literal

from core.i18n import Text
from dialogs.engine.prompts import StoredPrompt

Unreadable = Literal["voice", "contact", "edited", "other"]


@dataclass(frozen=True)
class TextInput:
    """A typed text. One that `missed` its question answers nothing, and that is said instead."""

    text: str
    missed: Text | None = None


@dataclass(frozen=True)
class TapInput:
    """A tapped button, by its id: the prompt's number, a dot, the choice's key.

    `prompt` is the stored prompt of that number, if it is still known.
    """

    id: str
    prompt: StoredPrompt | None = None


@dataclass(frozen=True)
class LinkInput:
    """A link that was followed, by what it says."""

    link: str


@dataclass(frozen=True)
class CommandInput:
    """A command by its name instead of its words."""

    name: str


@dataclass(frozen=True)
class UnreadableInput:
    """Something that can't be read."""

    kind: Unreadable


@dataclass(frozen=True)
class OpenedInput:
    """The chat was opened, and nothing was said."""


Input = TextInput | TapInput | LinkInput | CommandInput | UnreadableInput | OpenedInput
