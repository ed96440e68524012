"""Inbound messages and replies, independent of platforms; replies are in a language."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, StringConstraints

from core.i18n import LANGUAGES, Language
from dialogs.engine.inputs import Unreadable
from dialogs.engine.prompts import Layout
from dialogs.messages.blocks import FactKind
from dialogs.nlu.input_hint import InputHint


def _leave_pattern_out(schema: dict[str, Any]) -> None:
    """Describe it without the pattern, which only pydantic's regular expressions can read."""
    schema.pop("pattern", None)


Printable = Annotated[
    str,
    StringConstraints(pattern=r"^\P{C}*$"),
    Field(json_schema_extra=_leave_pattern_out),
]
"""A text without control characters and lone surrogates, which can't be stored."""

Id = Annotated[Printable, StringConstraints(max_length=300)]


class ReplyChoice(BaseModel):
    """A button. Its `number` can be typed to pick it; a command (back, help) has none.

    Those of the same `row`, where it is given, stand beside each other.
    """

    id: str
    label: str
    number: int | None = None
    row: int | None = None


class HeadingBlock(BaseModel):
    """The subject of the message, in one line."""

    type: Literal["heading"]
    text: str


class ParagraphBlock(BaseModel):
    """Running text, of one or several lines."""

    type: Literal["paragraph"]
    text: str


class FactRow(BaseModel):
    """A label and its value, of one or several lines; `kind` tells how it can be linked."""

    label: str
    value: str
    kind: FactKind = "text"


class FactsBlock(BaseModel):
    """A list of facts."""

    type: Literal["facts"]
    rows: list[FactRow]


class ChecklistBlock(BaseModel):
    """Things to bring or to do; `ready` are the positions, from 0, of those that are done."""

    type: Literal["checklist"]
    heading: str = ""
    items: list[str]
    ready: list[int] = []


class NoteBlock(BaseModel):
    """Additional information, of one or several lines."""

    type: Literal["note"]
    text: str


class LinkItem(BaseModel):
    """A web address and its label."""

    label: str
    url: str


class LinksBlock(BaseModel):
    """A list of links."""

    type: Literal["links"]
    heading: str = ""
    links: list[LinkItem]


class ActionItem(BaseModel):
    """An action on the appointment that the message describes."""

    kind: Literal["print"]
    label: str


class ActionsBlock(BaseModel):
    """Actions that a page offers besides the choices of the open question."""

    type: Literal["actions"]
    actions: list[ActionItem]


class AttachmentBlock(BaseModel):
    """A file that goes with the message."""

    type: Literal["attachment"]
    kind: Literal["calendar"]
    label: str


class PlaceBlock(BaseModel):
    """The place of an office; degrees north and east (WGS 84), where they are known."""

    type: Literal["place"]
    label: str
    name: str
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None


ReplyBlock = Annotated[
    HeadingBlock
    | ParagraphBlock
    | FactsBlock
    | ChecklistBlock
    | NoteBlock
    | LinksBlock
    | ActionsBlock
    | AttachmentBlock
    | PlaceBlock,
    Field(discriminator="type"),
]
"""A part of a message, in its language.

`type` has no default, because replies are stored without their defaults.
"""


class Venue(BaseModel):
    """The place of an appointment: degrees north and east, its name and address."""

    latitude: float
    longitude: float
    name: str
    address: str


CalendarMethod = Literal["PUBLISH", "REQUEST", "CANCEL"]
"""The request of a calendar file to the program that opens it (RFC 5546)."""


class EmailMetadata(BaseModel):
    """The parts of an e-mail to an attendee, or `to_staff`, besides the message itself.

    `office` is the municipality's name, `contact` how it is reached; `reply_to` is the address that
    reads answers, "" for none. `attendee` is whom the appointment is for, `crest` a PNG picture, if
    there is one. `calendar_method` and `invites` are those of the calendar file that comes with it.
    `id` is the same at each try of a message, `thread` in all messages about an appointment. `link`
    is the address of its page, where it can be moved and cancelled if it is `changeable`, and where
    they can say that they come if it `asks`, and take the new time that the office offers if it
    `offers` one; `unsubscribe` is the one that ends the reminders by e-mail, `resume` the one that
    takes that back, `sample` the note that the municipality is one; each is "" for none.
    """

    subject: str
    office: str
    contact: list[FactRow] = []
    reply_to: str = ""
    attendee: str = ""
    written_at: datetime
    crest: bytes = b""
    to_staff: bool = False
    calendar_method: CalendarMethod = "PUBLISH"
    invites: bool = False
    id: str
    tag: str
    """Another id of the message, which only mail servers are told."""
    thread: str
    link: str = ""
    unsubscribe: str = ""
    resume: str = ""
    changeable: bool = True
    asks: bool = False
    offers: bool = False
    sample: str = ""


class OutgoingCall(BaseModel):
    """What is said when a call of ours is answered, by anybody or a machine: nothing personal.

    It `asks` whether the appointment is theirs, and `asks_again` where no key is pressed; what it
    says at last, an answering machine records. `row` is the id of the outbox row that it tells.
    """

    row: int
    asks: str
    asks_again: str
    at_last: str


class Reply(BaseModel):
    """A message of ours. Only the last of a turn is a question, and has a step.

    Its choices answer it; those under another message are links, which are followed at any time.

    `text` is its plain form; `blocks` are the same as structured parts, where there is more than
    running text. Those stored before there were blocks have none. `brief` is a shorter form, for
    platforms where each character costs, `spoken` one to be said aloud; both are "" where the text
    itself will do.
    `input` is the kind of answer that can be typed. `booking` is the id of the appointment that the
    message describes in full, or says to be cancelled. A `closing` one replaces a question that is
    no longer open. One that `clears` is the first after a question whose buttons replaced the
    citizen's keyboard. A `file` is sent under that name, with its `content`; a `venue` is shown on
    a map. `app_version` is what the sender's app stated last, where the platform's messages depend
    on it. One to a room of staff goes to a `topic` of it, if given, and may answer an earlier one
    (`answers`, its platform's id): if it `only_answers`, it isn't sent as it is where that was
    deleted. `edits` means that it replaces that message where it still stands. One by e-mail has
    `email`, and comes with its `file`, if it has one. After `valid_seconds` it isn't worth
    delivering. Text messages are in `unicode` for who has asked for small letters; their `payer` is
    the municipality that pays for the answer in a talk. After it is said, a call is put through to
    the number that it is to `dial`, or ends where it `hangs_up`. One that is told in a call of ours
    has `call`.
    """

    text: str
    blocks: list[ReplyBlock] = []
    brief: str = ""
    spoken: str = ""
    language: str = LANGUAGES[0]
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
    app_version: int | None = None
    topic: str = ""
    answers: str | None = None
    only_answers: bool = False
    edits: bool = False
    email: EmailMetadata | None = None
    valid_seconds: int | None = None
    unicode: bool = False
    payer: str | None = None
    dial: str = ""
    hangs_up: bool = False
    call: OutgoingCall | None = None


class Sender(BaseModel):
    """The sender of a message: an address, as an account of a platform knows it.

    `network` is the keyed hash of their network address, where it is known. `name` is the one that
    the platform shows of them; it is kept only with a request to join this chat with another.
    """

    platform: str
    account: str
    address: Id
    network: str | None = None
    name: str = ""


class Inbound(Sender):
    """An inbound message, independent of its platform. An invalid field raises ValueError.

    It is a `text`, a `choice` (a button's id), a `link` (what a deep link carried), a `command` (by
    its name) or `unread` (of a kind that can't be read). A text that `proves_phone` is the sender's
    own telephone number, as the platform knows it; one `from_phone` came from that number.

    `message_id` is unique within the account. `number` grows from message to message, where the
    platform numbers them; if `number_is_time`, it is in milliseconds since 1970. `chat_sequence`
    numbers the messages of a chat, where it numbers ours too: a message of ours whose id is smaller
    was visible when this one was written. `written_at` is when, by the platform's clock, in seconds
    since 1970. A text `with_file` is the words under one. `album` is the id of the pictures that it
    was sent with. `municipality_id` is the municipality whose own page or bot it was written to.
    `unicode` is whether they want small letters from now on, where the text says so.
    `call` is the platform's id of the call that it was said in, by the number `caller` ("" where
    that is hidden): the first of a call `begins` it, the last says that they `hung_up`. In a call
    of ours, `tells` is the id of the outbox row that they want to hear.
    Where `reply_in_response`, the replies are the response to its request, and aren't sent
    otherwise.
    Unless it `may_create_contact`, its sender must have a conversation; if it
    `starts_conversation`, the sender must have none, unless the message is repeated.
    """

    message_id: Id
    number: int | None = None
    number_is_time: bool = False
    chat_sequence: int | None = None
    written_at: float | None = None
    album: str | None = None
    text: str | None = None
    with_file: bool = False
    proves_phone: bool = False
    from_phone: bool = False
    choice: str | None = None
    unread: Unreadable | None = None
    link: str | None = None
    command: str | None = None
    language: Language | None = None
    timezone: str | None = None
    app_version: int | None = None
    unicode: bool | None = None
    call: str | None = None
    caller: str = ""
    begins: bool = False
    hung_up: bool = False
    tells: int | None = None
    municipality_id: str | None = None
    reply_in_response: bool = False
    may_create_contact: bool = True
    starts_conversation: bool = False


WEBCHAT: Final = "webchat"

LINK_CHOICE: Final = "link:"
"""The beginning of the id of a button that is under no question; the rest is a deep link."""
