"""A conversation as a page shows it: looked at, never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversation import House, context_of
from bot.replies import Inbound, Reply
from core import conversations
from core.catalogue import Consent
from dialogs.book import consent_of
from dialogs.holding import held
from dialogs.state import State
from dialogs.summary import useful
from dialogs.trail import trail


@dataclass(frozen=True)
class Mark:
    """An answer given so far; `id` is the choice that changes it, where it can be changed."""

    label: str
    value: str
    id: str | None


@dataclass(frozen=True)
class Entry:
    """What was said and answered; messages that come later answer nothing. Numbers grow."""

    number: int
    said: str | None
    replies: list[Reply]


@dataclass(frozen=True)
class Seen:
    """The talk, the answers so far, how long a time is kept, what is good to know meanwhile.

    `conversation` is its id.
    """

    talk: list[Entry]
    trail: list[Mark]
    held_until: datetime | None = None
    useful: str = ""
    consent: tuple[str, Consent] | None = None
    conversation: int = 0

    @property
    def asked(self) -> Reply | None:
        """The open question, if it is in this part of the talk."""
        replies = [reply for entry in self.talk for reply in entry.replies if reply.step]
        return replies[-1] if replies else None

    @property
    def last(self) -> int:
        """The number of the last that was said; 0 before anything was."""
        return self.talk[-1].number if self.talk else 0


def look(session: Session, house: House, inbound: Inbound, after: int = 0) -> Seen | None:
    """See the conversation that a message would belong to, if there is one.

    Of the talk, what is later than the entry numbered `after`.
    """
    found = conversations.find(session, inbound.account, inbound.address, inbound.message_id)
    if found is None:
        return None
    house.office.refresh(session)
    state = State.model_validate(found.state)
    ctx = context_of(session, house, inbound, found, state)
    say, booking, consent = house.texts.say, held(ctx), consent_of(ctx)
    return Seen(
        [
            Entry(number, said, [Reply.model_validate(reply) for reply in replies])
            for number, said, replies in conversations.history(session, found.id, after)
            if replies
        ],
        [
            Mark(
                say(mark.label, ctx.language),
                say(mark.value, ctx.language),
                f"{state.number}.change:{mark.step}" if mark.changeable else None,
            )
            for mark in trail(ctx)
        ],
        booking.held_until if booking and "time" in ctx.answers else None,
        say(useful(ctx) or "", ctx.language),
        (ctx.answers["municipality"], consent) if consent else None,
        found.id,
    )
