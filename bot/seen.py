"""A conversation as a page shows it: looked at, never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversation import House, opened
from bot.replies import Reply, Sender
from core import conversations
from core.catalogue import Consent
from dialogs.book import consent_of
from dialogs.holding import held
from dialogs.summary import useful
from dialogs.trail import trail


@dataclass(frozen=True)
class Answer:
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

    `conversation` is the talk's id.
    """

    talk: list[Entry]
    trail: list[Answer]
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


def look(session: Session, house: House, sender: Sender, after: int = 0) -> Seen | None:
    """See the sender's conversation, if there is one.

    Of the talk, what is later than the entry numbered `after`.
    """
    known = opened(session, house, sender)
    if known is None:
        return None
    found, ctx = known
    say, booking, consent = house.texts.say, held(ctx), consent_of(ctx)
    return Seen(
        [
            Entry(number, said, [Reply.model_validate(reply) for reply in replies])
            for number, said, replies in conversations.history(session, found.id, after)
            if replies
        ],
        [
            Answer(
                say(mark.label, ctx.language),
                say(mark.value, ctx.language),
                f"{ctx.state.number}.change:{mark.step}" if mark.changeable else None,
            )
            for mark in trail(ctx)
        ],
        booking.held_until if booking and "time" in ctx.answers else None,
        say(useful(ctx) or "", ctx.language),
        (ctx.answers["municipality"], consent) if consent else None,
        found.id,
    )
