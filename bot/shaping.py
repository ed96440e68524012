"""A turn's replies as the chat of a platform that pushes needs them.

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

ANSWERED = "✓"
"""What stands before an answer that was tapped."""

CALENDAR = "rantevou.ics"


@dataclass(frozen=True)
class Standing:
    """The question that was open before the turn, and the row that brought it."""

    row: int
    reply: Reply


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


def shaped(
    platform: Platform,
    before: Standing | None,
    replies: Sequence[Reply],
    *,
    tapped: str | None,
    same: bool,
) -> tuple[list[Reply], dict[int, int]]:
    """A turn's replies with all that goes with them; which of them replace which row.

    `tapped` is the label of the button that was, of the question `before`; `same`: the same
    question is open again.
    """
    if platform.files:
        replies = _with_files(replies)
    if not platform.edits:
        return list(replies) if same or not tapped else _said_back(replies, tapped), {}
    if before is None:
        return list(replies), {}
    if same and tapped and len(replies) == 1:
        return list(replies), {0: before.row}
    closed = platform.closed(before.reply, tapped, said=len(replies) > 1)
    if closed is None:
        return list(replies), {}
    return [closed, *replies], {0: before.row} if closed.closing else {}


def _with_files(replies: Sequence[Reply]) -> list[Reply]:
    """The calendar file behind what tells that an appointment was made."""
    told = []
    for reply in replies:
        told.append(reply)
        if reply.booking and reply.step is None:
            given = {"booking": reply.booking, "language": reply.language}
            told.append(Reply(text="", file=CALENDAR, **given))
    return told


def _said_back(replies: Sequence[Reply], tapped: str) -> list[Reply]:
    """What was tapped, where a tap itself leaves no trace in the chat."""
    first, *others = replies
    return [first.model_copy(update={"text": f"{ANSWERED} {tapped}\n\n{first.text}"}), *others]
