"""A conversation as a page shows it: looked at, never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.context import Services, load_conversation
from bot.messages import Reply, Sender
from core.catalogue.model import Consent
from core.i18n import Text
from core.messaging import conversations
from dialogs.booking.dialog import BOOK
from dialogs.booking.progress import answered_steps
from dialogs.booking.selection import consent, current_hold, municipality, service
from dialogs.context import Context
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
    loaded = load_conversation(session, services, sender)
    if loaded is None:
        return None
    found, ctx = loaded.found, loaded.ctx
    language, say = ctx.state.language, services.texts.say
    booking, asked = current_hold(ctx), consent(ctx)
    return ConversationView(
        [
            Entry(number, said, [Reply.model_validate(reply) for reply in replies])
            for number, said, replies in conversations.transcript(session, found.id, after)
            if replies
        ],
        [
            Answer(
                say(each.label, language),
                say(each.value, language),
                f"{ctx.state.number}.change:{each.step}" if each.changeable else None,
            )
            for each in answered_steps(ctx)
        ],
        booking.held_until if booking and "time" in ctx.answers else None,
        say(_sidebar(ctx), language),
        (ctx.answers["municipality"], asked) if asked else None,
        found.id,
    )


def _sidebar(ctx: Context) -> Text:
    """Return what is good to have at hand while booking: documents, links, whom to ask."""
    body = municipality(ctx)
    if ctx.state.dialog != BOOK.name or body is None:
        return ""
    return sidebar(body, service(ctx), ctx.answers.get("channel"))
