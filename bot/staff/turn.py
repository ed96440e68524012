"""A message of staff with who wrote it and where, and the ways to answer it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply, ReplyChoice
from bot.staff_messages import StaffAnswer, StaffInbound
from bot.views.staff_alert import LANGUAGE
from core.actor import Staff
from core.catalogue.registry import Registry
from core.db.models import StaffRoom
from core.i18n import LANGUAGES, Text


@dataclass(frozen=True)
class StaffTurn:
    """A message of staff. `staff` is None where no member wrote it.

    `room` is the room that its chat or topic is, if any. One that `is_repeated` was answered
    before.
    """

    session: Session
    services: Services
    inbound: StaffInbound
    staff: Staff | None
    room: StaffRoom | None
    is_repeated: bool = False

    @property
    def now(self) -> datetime:
        """Return the time of the message."""
        return self.services.clock()

    @property
    def registry(self) -> Registry:
        """Return the loaded municipalities."""
        return self.services.registry

    @property
    def language(self) -> str:
        """Return the language of who wrote it."""
        return self.inbound.language or LANGUAGES[0]

    @property
    def language_here(self) -> str:
        """Return the language of the answers where it was written: in a room, the room's."""
        return self.language if self.inbound.is_private else LANGUAGE

    def pop_up(self, text: Text, *, stays: bool = False) -> StaffAnswer:
        """Return an answer to whoever tapped, alone; one that `stays` until they close it."""
        said = self.services.texts.say(text, self.language)
        reply = Reply(text=said, language=self.language)
        return StaffAnswer(where="pop_up", reply=reply, stays=stays)

    def here(self, text: Text, choices: Sequence[ReplyChoice] = ()) -> StaffAnswer:
        """Return an answer where it was written: all in a room read it."""
        said = self.services.texts.say(text, self.language_here)
        reply = Reply(text=said, language=self.language_here, choices=list(choices))
        return StaffAnswer(where="room", reply=reply)

    def privately(self, text: Text) -> StaffAnswer:
        """Return an answer to their private chat with us, which there must be."""
        said = self.services.texts.say(text, self.language)
        return StaffAnswer(where="private", reply=Reply(text=said, language=self.language))

    def react(self) -> StaffAnswer:
        """Return the answer that what was written wasn't done, without a message."""
        return StaffAnswer(where="reaction", reply=Reply(text=""))

    def silent(self) -> StaffAnswer:
        """Return the answer that nobody is told."""
        return StaffAnswer(where="nobody", reply=Reply(text=""))

    def refuse(self, text: Text) -> StaffAnswer:
        """Return a refusal: a pop-up that stays for a tap, else an answer where it was written."""
        return self.pop_up(text, stays=True) if self.inbound.tap is not None else self.here(text)
