"""What a turn changes in what stands in the chat already, where messages can be edited.

So the chat reads as a record: a question that was answered shows the answer, and no button is left
that would do nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.platforms.platform import Platform
from bot.replies import Reply
from core.tables import InboundRow, Outgoing


@dataclass(frozen=True)
class Standing:
    """The question that was open before the turn, and the row that brought it."""

    row: int
    reply: Reply


CALENDAR = "rantevou.ics"


def with_files(replies: Sequence[Reply]) -> list[Reply]:
    """The replies, with the calendar file behind what tells that an appointment was made."""
    told = []
    for reply in replies:
        told.append(reply)
        if reply.booking and reply.step is None:
            given = {"booking": reply.booking, "language": reply.language}
            told.append(Reply(text="", file=CALENDAR, **given))
    return told


def standing(session: Session, inbound_id: int) -> Standing | None:
    """The question that the answer to a message ended with, as long as that is known."""
    found = session.execute(
        select(Outgoing.id, Outgoing.position, InboundRow.replies)
        .join(InboundRow, Outgoing.inbound_id == InboundRow.id)
        .where(InboundRow.id == inbound_id)
        .order_by(Outgoing.position.desc())
        .limit(1)
    ).first()
    if found is None or found.position is None or found.position >= len(found.replies):
        return None
    return Standing(found.id, Reply.model_validate(found.replies[found.position]))


def edited(
    platform: Platform,
    before: Standing,
    replies: Sequence[Reply],
    *,
    tapped: str | None,
    same: bool,
) -> tuple[list[Reply], dict[int, int]]:
    """A turn's replies with what becomes of the question before; which of them replace which row.

    `tapped` is the label of its button that was; `same`: the same question is open again.
    """
    if same and tapped and len(replies) == 1:
        return list(replies), {0: before.row}
    closed = platform.closed(before.reply, tapped, said=len(replies) > 1)
    if closed is None:
        return list(replies), {}
    return [closed, *replies], {0: before.row} if closed.closing else {}
