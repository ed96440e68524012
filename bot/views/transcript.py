"""A conversation as a page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.context import Services, load_conversation
from bot.messages import Reply, ReplyChoice, Sender
from bot.views.open_question import open_question, with_thread_buttons
from core.catalogue.model import Consent
from core.messaging import conversations
from dialogs.booking.dialog import BOOK
from dialogs.booking.progress import answered_steps
from dialogs.booking.selection import consent, current_hold, municipality, service
from dialogs.context import Context
from dialogs.messages.appointment import about_office, about_service
from dialogs.messages.blocks import Message, message


@dataclass(frozen=True)
class Answer:
    """An answer given so far; `id` is the choice that changes it, where it can be changed."""

    label: str
    value: str
    id: str | None


@dataclass(frozen=True)
class Entry:
    """A message and its replies; a notification has no message. Numbers increase."""

    number: int
    said: str | None
    replies: list[Reply]


@dataclass(frozen=True)
class ConversationView:
    """A conversation's entries, the answers so far, the end of the hold, and the sidebar.

    `consent` is the one asked for, with its municipality's id; `conversation` is the row's id.
    `municipality_id` is that of the page of the last message. If `is_booking`, a new booking is
    under way, with the municipality `booked_at`, if that is known yet. `choices` are those of the
    open question, which may be in an earlier part.
    """

    talk: list[Entry]
    answered_steps: list[Answer]
    held_until: datetime | None = None
    sidebar: Sequence[Message] = ()
    consent: tuple[str, Consent] | None = None
    conversation: int = 0
    municipality_id: str | None = None
    is_booking: bool = False
    booked_at: str | None = None
    choices: Sequence[ReplyChoice] = ()

    @property
    def asked(self) -> Reply | None:
        """Return the open question, if it is in this part of the conversation."""
        replies = [reply for entry in self.talk for reply in entry.replies if reply.step]
        return replies[-1] if replies else None

    @property
    def last(self) -> int:
        """Return the number of the last entry; 0 before there is one."""
        return self.talk[-1].number if self.talk else 0


def view(
    session: Session, services: Services, sender: Sender, after: int = 0
) -> ConversationView | None:
    """Return the sender's conversation with its entries after that number; None without one."""
    loaded = load_conversation(session, services, sender)
    if loaded is None:
        return None
    found, ctx = loaded.found, loaded.ctx
    language, say = ctx.state.language, services.texts.say
    booking, asked = current_hold(ctx), consent(ctx)
    talk = [
        Entry(number, said, [Reply.model_validate(reply) for reply in replies])
        for number, said, replies in conversations.transcript(session, found.id, after)
        if replies
    ]
    asking: Reply | None
    if question := next((each.replies for each in reversed(talk) if each.replies[-1].step), None):
        asking = question[-1] = with_thread_buttons(services, ctx, question[-1])
    else:
        asking = open_question(session, services, ctx, found)
    return ConversationView(
        talk,
        [
            Answer(
                say(each.label, language),
                say(each.value, language),
                f"{ctx.state.number}.change:{each.step}" if each.changeable else None,
            )
            for each in answered_steps(ctx)
        ],
        booking.held_until if booking and "time" in ctx.answers else None,
        _sidebar(ctx),
        (ctx.answers["municipality"], asked) if asked else None,
        found.id,
        loaded.transport.municipality_id,
        ctx.state.dialog == BOOK.name,
        ctx.answers.get("municipality"),
        asking.choices if asking else (),
    )


def _sidebar(ctx: Context) -> Sequence[Message]:
    """Return the information shown while booking: documents, links, contact."""
    body, chosen = municipality(ctx), service(ctx)
    if ctx.state.dialog != BOOK.name or body is None:
        return ()
    office = message(*about_office(body))
    if chosen is None:
        return (office,)
    return message(*about_service(chosen, ctx.answers.get("channel"))), office
