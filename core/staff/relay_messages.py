"""The messages of a thread: its texts, and those of the outbox that carry them into the room."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, cast, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.db.models import OutboxRow, OutboxStatus, RelayMessage, RelayThread, StaffRoom
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import SENT_STATUSES
from core.messaging.recipients import RoomRecipient

ARRIVED = (*SENT_STATUSES, OutboxStatus.UNKNOWN)
"""The statuses of a message that has arrived, or may have."""

WAITING = (OutboxStatus.PENDING, OutboxStatus.CLAIMED)
"""The statuses of a message that is to be sent."""


_OF_END = (MessageKind.RELAY_CLOSED, MessageKind.RELAY_UNANSWERED, MessageKind.RELAY_EDIT)
"""The kinds of message whose cause may be a thread's end, and no text of it."""


def messages_of(
    session: Session, thread: RelayThread, *matching: ColumnElement[bool]
) -> Sequence[RelayMessage]:
    """Return the texts of a thread, the oldest first."""
    query = select(RelayMessage).where(RelayMessage.thread_id == thread.id, *matching)
    return session.scalars(query.order_by(RelayMessage.id)).all()


def rows_in_room(
    session: Session,
    thread: RelayThread,
    room_id: int | None = None,
    *,
    of_members: bool = False,
) -> Sequence[OutboxRow]:
    """Return the messages of a thread to its room, or to another, the oldest first.

    The citizen's texts; those `of_members`, too, who wrote elsewhere.
    """
    recipient = RoomRecipient(room_id or thread.room_id)
    of_citizen = () if of_members else (RelayMessage.member_id.is_(None),)
    keys = [
        Cause.relay(written.id).dedupe_key(recipient)
        for written in messages_of(session, thread, *of_citizen)
    ]
    query = select(OutboxRow).where(OutboxRow.dedupe_key.in_(keys))
    return session.scalars(query.order_by(OutboxRow.id)).all()


def first_in_room(
    session: Session,
    thread: RelayThread,
    before: OutboxRow | None = None,
    room_id: int | None = None,
) -> OutboxRow | None:
    """Return the message of a thread to its room that has the button and is answered by the others.

    It is the first, `before` a row, that was or will be sent and wasn't deleted there. None where
    the row is to be that one. The same of another room, in which the thread was held before.
    """
    return next(
        (
            row
            for row in rows_in_room(session, thread, room_id)
            if (before is None or row.id < before.id)
            and (row.provider_id is not None or row.status in WAITING)
        ),
        None,
    )


def key_in_room(room_id: InstrumentedAttribute[int]) -> ColumnElement[str]:
    """Return the dedupe key of a text to a room, as `Cause.relay` and `RoomRecipient` have it."""
    text_id = cast(RelayMessage.id, String)
    return literal("relay ") + text_id + literal(" room ") + cast(room_id, String)


def statuses_by_text(session: Session, thread: RelayThread) -> Mapping[int, set[str]]:
    """Return the statuses of a citizen's texts in all rooms to which they were sent, by their ids.

    A text that was kept, but sent to none, isn't among them.
    """
    # Its room may be another municipality's by now.
    may_have_it = or_(
        StaffRoom.municipality_id == thread.municipality_id, StaffRoom.id == thread.room_id
    )
    rows = session.execute(
        select(RelayMessage.id, OutboxRow.status)
        .select_from(RelayMessage)
        .join(StaffRoom, may_have_it)
        .join(OutboxRow, OutboxRow.dedupe_key == key_in_room(StaffRoom.id))
        .where(RelayMessage.thread_id == thread.id, RelayMessage.member_id.is_(None))
    )
    found: dict[int, set[str]] = {}
    for message_id, status in rows:
        found.setdefault(message_id, set()).add(status)
    return found


def is_sent(session: Session, written: RelayMessage) -> bool:
    """Return whether a citizen's text was sent to a room."""
    thread = session.get_one(RelayThread, written.thread_id)
    return written.id in statuses_by_text(session, thread)


def find_replied(session: Session, room: StaffRoom, provider_id: str) -> OutboxRow | None:
    """Return the message of a thread, or the prompt, that has that id of the platform in a chat."""
    return session.scalar(
        select(OutboxRow)
        .join(StaffRoom, OutboxRow.room_id == StaffRoom.id)
        .where(
            StaffRoom.account == room.account,
            StaffRoom.chat == room.chat,
            OutboxRow.provider_id == provider_id,
            OutboxRow.replaces_id.is_(None),
            OutboxRow.kind.in_(
                (
                    MessageKind.RELAY,
                    MessageKind.RELAY_UNDELIVERED,
                    MessageKind.RELAY_UNANSWERED,
                    MessageKind.RELAY_PROMPT,
                )
            ),
        )
        .limit(1)
    )


def thread_of(session: Session, row: OutboxRow) -> RelayThread | None:
    """Return the thread of a message to its room or its citizen; None where it is gone.

    None, too, for a message that is of no thread.
    """
    is_end = row.kind in _OF_END
    if is_end and row.relay_message_id is None:
        return session.get(RelayThread, Cause.parse(row.dedupe_key, row.recipient).number)
    written = text_of(session, row)
    return session.get(RelayThread, written.thread_id) if written else None


def text_of(session: Session, row: OutboxRow) -> RelayMessage | None:
    """Return the text that a message carries, or is caused by; None where there is none."""
    return session.get(RelayMessage, row.relay_message_id) if row.relay_message_id else None


def has_arrived(session: Session, thread: RelayThread) -> bool:
    """Return whether each text that the citizen sent in a thread has arrived in a room."""
    return all(found & {*ARRIVED} for found in statuses_by_text(session, thread).values())


def is_lost(session: Session, thread: RelayThread) -> bool:
    """Return whether a text that the citizen sent in a thread was given up in all its rooms."""
    on_its_way = {*ARRIVED, *WAITING}
    return not all(found & on_its_way for found in statuses_by_text(session, thread).values())


def was_closed_since(session: Session, contact_id: int, since: datetime) -> bool:
    """Return whether a thread of a contact was closed after a time."""
    closed = select(RelayThread.id).where(
        RelayThread.contact_id == contact_id, RelayThread.closed_at > since
    )
    return session.scalar(closed.limit(1)) is not None
