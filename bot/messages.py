"""What the citizen is shown: replies in their language, and what came in."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, StringConstraints

from dialogs.engine.inputs import Unreadable
from dialogs.engine.prompts import InputHint, Layout

PRINTED = r"^\P{C}*$"
"""No control signs and no halves of an emoji, which can't be stored."""

Id = Annotated[str, StringConstraints(pattern=PRINTED, max_length=300)]


class ReplyChoice(BaseModel):
    """A button. `number` picks it by keypad; a command (back, help) has none."""

    id: str
    label: str
    number: int | None = None


class Venue(BaseModel):
    """Where an appointment is: degrees north and east, and how the place is called."""

    latitude: float
    longitude: float
    name: str
    address: str


class Reply(BaseModel):
    """A message of ours. Only the last of a turn asks, and so has a step and choices.

    `input` is what a typed answer is; `booking` is the appointment that this tells all about. One
    that is `closing` is only put in the place of a question that is no longer open; one that
    `clears` is the first after a question whose buttons are at the citizen's keyboard. A `file` has
    a name, and its content when it is sent; a `venue` is shown on a map.
    """

    text: str
    language: str = "el"
    step: str | None = None
    layout: Layout = "list"
    month: date | None = None
    choices: list[ReplyChoice] = []
    input: InputHint = "text"
    booking: int | None = None
    closing: bool = False
    clears: bool = False
    file: str | None = None
    content: bytes = b""
    venue: Venue | None = None


class Sender(BaseModel):
    """Who writes: an address, as an account of a platform sees it."""

    platform: str
    account: str
    address: Id
    network: str | None = None


class Inbound(Sender):
    """A message that came in, free of its platform. Its making raises ValueError.

    `message_id` is unique within the account; `number` grows from message to message, where the
    platform counts them. `in_chat` is a text's number where the chat counts our messages too: those
    to which `send` gave a smaller one were there before it. `home` is the municipality whose own
    page it was written on. `unread` says what it was, where it can't be read; `link` is what the
    link said that was followed; `command` is one by its name, as some platforms offer them. The
    replies to one that is answered `at_once` are what its request is answered with, and go no other
    way. `opens` allows a contact that isn't known yet; one that
    `begins` must not be, unless it only repeats itself.
    """

    message_id: Id
    number: int | None = None
    in_chat: int | None = None
    text: str | None = None
    choice: str | None = None
    unread: Unreadable | None = None
    link: str | None = None
    command: str | None = None
    language: Literal["el", "en"] | None = None
    timezone: str | None = None
    home: str | None = None
    at_once: bool = False
    opens: bool = True
    begins: bool = False


WEBCHAT: Final = "webchat"
