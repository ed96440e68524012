"""Messages and taps of staff, and the answers to them, independent of platforms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from bot.messages import Id, Inbound, Reply
from core.bookings.closures.request import ExceptionRequest
from core.i18n import Language, Text, _
from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.matching import find_phrase

PREFIX = "staff"

_DATA = re.compile(rf"{PREFIX}:(\w+):(\d{{1,18}}):(\d{{1,11}}):(\d{{1,3}})", re.ASCII)


class StaffCommand(StrEnum):
    """A command of staff."""

    BIND = "bind"
    LINK = "link"
    TODAY = "today"
    TOMORROW = "tomorrow"
    NEXT = "next"
    FIND = "find"
    BOOK = "book"
    CLOSE = "close"
    OPEN = "open"
    CLOSURES = "closures"
    HELP = "help"


COMMAND_WORDS: Mapping[StaffCommand, Text] = {
    StaffCommand.BIND: _("bind"),
    StaffCommand.LINK: _("link"),
    StaffCommand.TODAY: _("today"),
    StaffCommand.TOMORROW: _("tomorrow"),
    StaffCommand.NEXT: _("next, coming"),
    StaffCommand.FIND: _("find, search"),
    StaffCommand.BOOK: _("book, booking"),
    StaffCommand.CLOSE: _("close, closing"),
    StaffCommand.OPEN: _("open, opening"),
    StaffCommand.CLOSURES: _("closures, closings"),
    StaffCommand.HELP: _("help"),
}
"""The names of each command, in all languages; in Greeklish they are known by their sound."""


def command_called(lexicon: Lexicon, name: str) -> StaffCommand | None:
    """Return the command of a name, such as "today", "σήμερα" or "simera"; None if there is none.

    An English name is never taken for a Greek one that sounds alike.
    """
    if name in set(StaffCommand):
        return StaffCommand(name)
    called = (
        command
        for command, words in COMMAND_WORDS.items()
        if find_phrase(name, lexicon.words(words), frozenset())
    )
    return next(called, None)


class StaffButton(StrEnum):
    """A button under an alert, a question, a citizen's text, or a closure's preview."""

    SEEN = "seen"
    ARRIVED = "arrived"
    CAME = "came"
    NO_SHOW = "no_show"
    UNDO = "undo"
    NUMBER = "number"
    CANCEL = "cancel"
    REASON = "reason"
    CONFIRM = "confirm"
    KEEP = "keep"
    MOVE = "move"
    OFFER = "offer"
    LEAVE = "leave"
    MESSAGE = "message"
    END = "end"
    APPLY = "apply"
    DISCARD = "discard"


@dataclass(frozen=True)
class StaffTap:
    """A tap: the button, what it is about, and what was shown when it was sent.

    `about` is the booking's id; for REASON, CONFIRM and KEEP the question's, for OFFER and LEAVE
    that of the message's row in the outbox, for END the relay thread's, for APPLY and DISCARD that
    of the row of the command that is previewed. `shown` is the start of the appointment, or when
    that command came, in seconds since 1970; `option` which of several a button is.
    """

    button: StaffButton
    about: int
    shown: int = 0
    option: int = 0

    def dump(self) -> str:
        """Return the data of the button, at most 64 bytes. Such as "staff:seen:12:1796000000:0"."""
        return f"{PREFIX}:{self.button}:{self.about}:{self.shown}:{self.option}"

    @classmethod
    def parse(cls, data: str) -> "StaffTap | None":
        """Return the tap of a button's data; None where it is no button of staff."""
        found = _DATA.fullmatch(data)
        if not found or found[1] not in set(StaffButton):
            return None
        return cls(StaffButton(found[1]), *map(int, found.groups()[1:]))


class StaffInbound(BaseModel):
    """A message or tap of staff, independent of its platform.

    It is a `command` with its `argument`, a `tap` under our message `under`, or a `text` that
    answers our message `answers` (the platform's ids). `chat` and `topic` are a room's; where it
    `is_private`, the chat is the member's own. `address` is the member's own, as their private chat
    has it; None where they don't show who they are. `message_id` is unique within the account, and
    `own_id` the platform's id of a message in its chat.
    Where the sender is no member, it is the message of a `citizen`, if given.
    """

    platform: str
    account: str
    message_id: Id
    chat: Id
    topic: str = ""
    is_private: bool = False
    address: Id | None = None
    command: StaffCommand | None = None
    argument: str = ""
    tap: str | None = None
    under: str | None = None
    text: str | None = None
    answers: str | None = None
    own_id: str | None = None
    language: Language | None = None
    citizen: Inbound | None = None


class StaffAnswer(BaseModel):
    """The answer to a message or tap of staff, in the response to its request.

    It is shown in the `room` (or the private chat) where it was written, sent to the member's
    `private` chat, or shown as a `pop_up` to whoever tapped, alone. A `reaction` under what they
    wrote says that it wasn't done, where one more message would be too many. To be silent, `nobody`
    is told.
    A pop-up that `stays` is there until it is closed, however short it is. One that
    `shows_citizen` isn't stored, and is made again from the booking where the tap comes again.
    `asked` is the closure or opening that it previews, until it is made or left; `ends` the number
    of the opening whose end it previews; `done` that of what was made or ended then.
    """

    where: Literal["room", "private", "pop_up", "reaction", "nobody"]
    reply: Reply
    stays: bool = False
    shows_citizen: bool = False
    asked: ExceptionRequest | None = None
    ends: int | None = None
    done: int | None = None
