"""Adapts a turn's replies to a chat in which sent messages stay.

An answered question shows its answer, and no button remains that would do nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from bot.messages import ParagraphBlock, Reply, Venue
from bot.platforms.base import Platform
from bot.platforms.layout import ANSWERED
from core.catalogue.model import Channel
from core.catalogue.registry import Registry
from core.db.models import Booking, BookingState, History, HistoryAction, InboundRow, OutboxRow
from core.i18n import Text

CALENDAR = "rantevou.ics"
"""The name of the file that adds an appointment to a calendar."""


@dataclass(frozen=True)
class PreviousQuestion:
    """The question that was open before the turn, and the outbox row that sent it."""

    row: int
    reply: Reply


def previous_question(session: Session, inbound_id: int) -> PreviousQuestion | None:
    """Return the question at the end of the replies to a message; None once it is erased."""
    found = session.execute(
        select(OutboxRow.id, OutboxRow.position, InboundRow.replies.label("replies"))
        .join(InboundRow, OutboxRow.inbound_id == InboundRow.id)
        .where(InboundRow.id == inbound_id)
        .order_by(OutboxRow.position.desc())
        .limit(1)
    ).first()
    if found is None or found.position is None or found.position >= len(found.replies or ()):
        return None
    return PreviousQuestion(found.id, Reply.model_validate(found.replies[found.position]))


def adapt_replies(
    session: Session,
    registry: Registry,
    texts: Translator,
    platform: Platform,
    before: PreviousQuestion | None,
    replies: Sequence[Reply],
    *,
    tapped: str | None,
    same: bool,
) -> tuple[list[Reply], dict[int, int]]:
    """Return a turn's replies with their attachments, and the outbox rows that they replace.

    `tapped` is the label of the button of the question `before` that was tapped; `same`: the same
    question is open again.
    """
    if platform.fitting or platform.is_spoken:
        return [_as_one(replies)], {}
    replies = [
        each
        for reply in replies
        for each in (reply, *_attached(session, registry, texts, platform, reply))
    ]
    if not platform.can_edit:
        replies = with_buttons_last(replies)
        return replies if same or not tapped else _echo(replies, tapped), {}
    if before is None:
        return replies, {}
    if same and tapped and len(replies) == 1:
        return replies, {0: before.row}
    more_follows = len(replies) > 1
    if closed := platform.close_question(before.reply, tapped, more_follows=more_follows):
        replies = [closed, *replies]
    if before.reply.input == "phone" and not same:
        replies[0] = replies[0].model_copy(update={"clears": True})
    return replies, {0: before.row} if closed and closed.closing else {}


def _as_one(replies: Sequence[Reply]) -> Reply:
    """Return a turn's replies as one message, whose choices are those of the question."""
    *_said, asked = replies
    about = next((each.booking for each in replies if each.booking), None)

    heard = replies[:1] if replies[0].dial or replies[0].hangs_up else replies

    def joined(texts: Iterator[str]) -> str:
        return "\n".join(filter(None, texts))

    return asked.model_copy(
        update={
            "text": joined(each.text for each in replies),
            "brief": joined(each.brief or each.text for each in replies),
            "spoken": joined(each.spoken or each.brief or each.text for each in heard),
            "blocks": [],
            "booking": about,
            "dial": replies[0].dial,
            "hangs_up": replies[0].hangs_up,
        }
    )


def _attached(
    session: Session, registry: Registry, texts: Translator, platform: Platform, reply: Reply
) -> Iterator[Reply]:
    """Yield the attachments of a reply that confirms or changes an appointment."""
    if not reply.booking or reply.step is not None:
        return
    if session.get_one(Booking, reply.booking).state == BookingState.CANCELLED:
        return
    given = {"text": "", "language": reply.language, "booking": reply.booking}
    if platform.can_send_files:
        yield Reply(**given, file=CALENDAR)
    if platform.can_send_venues and (
        venue := _venue(session, registry, texts, reply.booking, reply.language)
    ):
        yield Reply(**given, venue=venue)


def _venue(
    session: Session, registry: Registry, texts: Translator, number: int, language: str
) -> Venue | None:
    """Return the venue of an appointment that was just confirmed, if its coordinates are known."""
    booking = session.get_one(Booking, number)
    changes = select(History.action).where(History.booking_id == number)
    last = session.scalar(changes.order_by(History.id.desc()).limit(1))
    if last != HistoryAction.CONFIRMED:
        return None
    branch = registry[booking.municipality_id].body.branch(booking.branch)
    if booking.channel != Channel.IN_PERSON or branch.place is None:
        return None

    def say(phrase: Text) -> str:
        return texts.say(phrase, language)

    name = say(branch.name)
    address = say(branch.address) if branch.address else name
    place = branch.place
    return Venue(latitude=place.latitude, longitude=place.longitude, name=name, address=address)


def with_buttons_last(replies: Sequence[Reply]) -> list[Reply]:
    """Return the replies with the buttons of all under the last, which hides those of the others.

    They stand above its commands.
    """
    *said, asked = replies
    links = [choice for each in said for choice in each.choices]
    picks = [choice for choice in asked.choices if choice.number is not None]
    commands = [choice for choice in asked.choices if choice.number is None]
    return [
        *(each.model_copy(update={"choices": []}) if each.choices else each for each in said),
        asked.model_copy(update={"choices": [*picks, *links, *commands]}) if links else asked,
    ]


def _echo(replies: Sequence[Reply], tapped: str) -> list[Reply]:
    """Return the replies beginning with the label that was tapped, which the chat doesn't show.

    The spoken form stays as it is: who hears it has pressed or said that.
    """
    first, *others = replies
    line = f"{ANSWERED} {tapped}"
    echoed = {
        "text": f"{line}\n\n{first.text}",
        "blocks": [ParagraphBlock(type="paragraph", text=line), *first.blocks],
        "brief": f"{line}\n{first.brief}",
    }
    forms = {name: value for name, value in echoed.items() if getattr(first, name)}
    return [first.model_copy(update=forms), *others]
