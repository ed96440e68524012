"""The upkeep of relay threads: what is closed, sent another way, told and erased in time."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Select, String, cast, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from core.catalogue.registry import Registry
from core.db.models import (
    Booking,
    Conversation,
    InboundRow,
    OutboxRow,
    OutboxStatus,
    RelayMessage,
    RelayThread,
    StaffRoom,
)
from core.messaging.keys import Cause, MessageKind
from core.messaging.page_inbox import erase_fetched
from core.messaging.recipients import ContactRecipient
from core.staff import relay, relay_messages, relay_sending

KEPT_FOR = timedelta(hours=48)
"""The time for which the texts of a closed thread are kept, and why something was closed."""

UNREAD_AFTER = timedelta(hours=1)
"""The time after which the room is told that nobody has opened the page since."""

BATCH = 200
"""The most threads that are looked at in one transaction."""


def maintain(session: Session, registry: Registry, now: datetime, page: str) -> None:
    """Do what is due; `page` is the platform that fetches its messages itself."""
    _follow_rooms(session, registry, now)
    _close_silent(session, registry, now)
    _tell_lost(session, registry, now)
    _tell_unread(session, registry, now, page)
    _erase_old(session, now)


def _close_silent(session: Session, registry: Registry, now: datetime) -> None:
    """Close the threads in which nobody has written for the municipality's hours."""
    due = select(RelayThread).where(RelayThread.closed_at.is_(None), RelayThread.expires_at <= now)
    for thread in session.scalars(due.limit(BATCH).with_for_update(skip_locked=True)).all():
        relay.close(session, registry, thread, now, tell=True)
        relay_sending.tell_unanswered(session, registry, thread, now)


def _follow_rooms(session: Session, registry: Registry, now: datetime) -> None:
    """Move the open threads of rooms that aren't bound any more, or close them.

    What hasn't arrived there is sent to the room that is theirs now. Where there is none, the
    citizen is told.
    """
    lost = (
        select(RelayThread)
        .join(StaffRoom, RelayThread.room_id == StaffRoom.id)
        .where(
            RelayThread.closed_at.is_(None),
            or_(
                StaffRoom.unbound_at.is_not(None),
                StaffRoom.municipality_id != RelayThread.municipality_id,
            ),
        )
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=RelayThread)
    )
    for thread in session.scalars(lost).all():
        follow_room(session, registry, thread, now)


def follow_room(
    session: Session, registry: Registry, thread: RelayThread, now: datetime
) -> StaffRoom | None:
    """Return the room of a thread; where that is bound no more, the one that it is moved to.

    None where there is none: then the thread is closed, and its citizen told.
    """
    room = session.get_one(StaffRoom, thread.room_id)
    if room.unbound_at is None and room.municipality_id == thread.municipality_id:
        return room
    booking = session.get(Booking, thread.booking_id) if thread.booking_id else None
    body = registry[thread.municipality_id].body
    desk_id = booking.desk_id if booking else None
    other = relay.find_room(session, registry, body, thread.service, desk_id)
    if other is None:
        relay.close(session, registry, thread, now, tell=True)
        return None
    relay.move_to(session, registry, thread, other, now)
    return other


def give_up(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> None:
    """Act on a message of a thread that was given up: tell the other side."""
    if row.kind == MessageKind.RELAY_ANSWER:
        relay_sending.enqueue_unread(session, registry, row, now)
    elif row.kind == MessageKind.RELAY:
        thread, written = (
            relay_messages.thread_of(session, row),
            relay_messages.text_of(session, row),
        )
        # What a member wrote in another room is only shown there.
        if not thread or not written or written.text is None or written.member_id:
            return
        if thread.closed_at is not None:
            tell_lost(session, registry, thread, now)
            return
        followed = follow_room(session, registry, thread, now)
        if followed is not None and followed.id == row.room_id:
            relay.close(session, registry, thread, now, tell=True)


def tell_lost(session: Session, registry: Registry, thread: RelayThread, now: datetime) -> None:
    """Tell the citizen of a closed thread, once, that a text of theirs was given up.

    Nothing is told where they were told of the end already: so they were of that text.
    """
    if relay_messages.is_lost(session, thread):
        relay_sending.tell_closed(session, registry, thread, now)


def _tell_lost(session: Session, registry: Registry, now: datetime) -> None:
    """Tell the citizens of closed threads whose last texts were given up with their room.

    Of rooms that are bound no more, what waits fails, or is obsolete, without being sent.
    """
    # As `Cause.relay_closed` and `ContactRecipient` have it.
    key = literal("relay closed ") + cast(RelayThread.id, String)
    key += literal(" contact ") + cast(RelayThread.contact_id, String)
    told = aliased(OutboxRow)
    given_up = (
        select(RelayThread)
        .join(RelayMessage, RelayMessage.thread_id == RelayThread.id)
        .join(OutboxRow, OutboxRow.dedupe_key == relay_messages.key_in_room(RelayThread.room_id))
        .where(
            RelayThread.closed_at.is_not(None),
            RelayMessage.__table__.c.text.is_not(None),
            RelayMessage.member_id.is_(None),
            OutboxRow.status.in_((OutboxStatus.FAILED, OutboxStatus.CANCELLED)),
            ~select(told.id).where(told.dedupe_key == key).exists(),
        )
        .distinct()
        .limit(BATCH)
    )
    for thread in session.scalars(given_up).all():
        tell_lost(session, registry, thread, now)


def _tell_unread(session: Session, registry: Registry, now: datetime, page: str) -> None:
    """Tell the rooms which texts wait for a page that nobody has opened since."""
    # As `Cause.relay_undelivered` and `RoomRecipient` have it.
    key = literal("relay undelivered ") + cast(RelayMessage.id, String)
    key += literal(" room ") + cast(RelayThread.room_id, String)
    told = aliased(OutboxRow)
    waiting = (
        select(OutboxRow)
        .join(RelayMessage, OutboxRow.relay_message_id == RelayMessage.id)
        .join(RelayThread, RelayMessage.thread_id == RelayThread.id)
        .where(
            ~select(told.id).where(told.dedupe_key == key).exists(),
            OutboxRow.platform == page,
            OutboxRow.status == OutboxStatus.PENDING,
            OutboxRow.due_at > now - KEPT_FOR,
            OutboxRow.due_at <= now - UNREAD_AFTER,
            OutboxRow.kind == MessageKind.RELAY_ANSWER,
        )
        .order_by(OutboxRow.id)
        .limit(BATCH)
    )
    for row in session.scalars(waiting).all():
        relay_sending.enqueue_unread(session, registry, row, now)


def _erase_old(session: Session, now: datetime) -> None:
    """Erase the texts of threads that were closed KEPT_FOR ago, also where a page has them."""
    # By the texts that are kept, which are few, not by the threads that were ever closed.
    closed_at = (
        select(RelayThread.closed_at)
        .where(RelayThread.id == RelayMessage.thread_id)
        .scalar_subquery()
    )
    found = select(RelayMessage.id).where(
        RelayMessage.__table__.c.text.is_not(None), closed_at <= now - KEPT_FOR
    )
    erase(session, session.scalars(found.limit(BATCH)).all())


def erase(session: Session, message_ids: Iterable[int]) -> None:
    """Erase these texts, and the copies of them in what pages have sent and fetched."""
    ids = list(message_ids)
    if not ids:
        return
    session.execute(
        update(RelayMessage)
        .where(RelayMessage.id.in_(ids))
        .values({RelayMessage.text: None})
        .execution_options(synchronize_session="fetch")
    )
    # A page's text was received when it was written: both have the time of their turn.
    of_pages = (
        select(InboundRow.id)
        .join(Conversation, InboundRow.conversation_id == Conversation.id)
        .join(RelayThread, RelayThread.contact_id == Conversation.contact_id)
        .join(RelayMessage, RelayMessage.thread_id == RelayThread.id)
        .where(
            RelayMessage.id.in_(ids),
            RelayMessage.member_id.is_(None),
            InboundRow.received_at == RelayMessage.written_at,
        )
    )
    received = session.scalars(of_pages).all()
    session.execute(
        update(InboundRow).where(InboundRow.id.in_(received)).values({InboundRow.said: None})
    )
    to_citizens = session.execute(
        select(RelayMessage.id, RelayThread.contact_id)
        .join(RelayThread, RelayMessage.thread_id == RelayThread.id)
        .where(RelayMessage.id.in_(ids), RelayMessage.member_id.is_not(None))
    )
    keys = [
        Cause.relay(message_id).dedupe_key(ContactRecipient(contact_id))
        for message_id, contact_id in to_citizens
    ]
    rows = session.scalars(
        select(OutboxRow).where(
            OutboxRow.dedupe_key.in_(keys), OutboxRow.status == OutboxStatus.DELIVERED
        )
    ).all()
    erase_fetched(session, rows)


def erase_of_contacts(
    session: Session,
    registry: Registry,
    contacts: Collection[int] | Select[int],
    now: datetime,
) -> None:
    """Close the threads of contacts and erase what was written in them."""
    threads = session.scalars(
        select(RelayThread).where(RelayThread.contact_id.in_(contacts)).with_for_update()
    ).all()
    for thread in threads:
        relay.close(session, registry, thread, now)
    texts = select(RelayMessage.id).where(
        RelayMessage.thread_id.in_([thread.id for thread in threads])
    )
    erase(session, session.scalars(texts).all())
