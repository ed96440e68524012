"""A conversation as a page shows it: looked at, never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.context import Services, load_context
from bot.messages import Reply, Sender
from core.catalogue.model import Consent
from core.messaging import conversations
from dialogs.booking.dialog import consent_of
from dialogs.booking.hold import current_hold
from dialogs.booking.progress import answered_steps
from dialogs.messages.appointment import sidebar


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
class ConversationView:
    """The talk, the answers so far, how long a time is kept, what is good to know meanwhile.

    `conversation` is the talk's id.
    """

    talk: list[Entry]
    answered_steps: list[Answer]
    held_until: datetime | None = None
    sidebar: str = ""
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


def view(
    session: Session, services: Services, sender: Sender, after: int = 0
) -> ConversationView | None:
    """See the sender's conversation, if there is one.

    Of the talk, what is later than the entry numbered `after`.
    """
    known = load_context(session, services, sender)
    if known is None:
        return None
    found, ctx = known
    say, booking, consent = services.texts.say, current_hold(ctx), consent_of(ctx)
    return ConversationView(
        [
            Entry(number, said, [Reply.model_validate(reply) for reply in replies])
            for number, said, replies in conversations.transcript(session, found.id, after)
            if replies
        ],
        [
            Answer(
                say(mark.label, ctx.language),
                say(mark.value, ctx.language),
                f"{ctx.state.number}.change:{mark.step}" if mark.changeable else None,
            )
            for mark in answered_steps(ctx)
        ],
        booking.held_until if booking and "time" in ctx.answers else None,
        say(sidebar(ctx) or "", ctx.language),
        (ctx.answers["municipality"], consent) if consent else None,
        found.id,
    )
