"""What is written in threads, and the messages by which it and their state are told."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.availability.office_hours import end_of_wait
from core.catalogue.registry import Registry
from core.db.models import (
    Booking,
    Contact,
    Desk,
    OutboxRow,
    RelayMessage,
    RelayThread,
    StaffAction,
    StaffRoom,
)
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import OutboxMessage, enqueue
from core.messaging.recipients import ContactRecipient
from core.staff import relay_messages
from core.staff.alerts import to_room
from core.staff.record import record
from core.staff.rights import Action


def put_off(session: Session, registry: Registry, thread: RelayThread, now: datetime) -> None:
    """Put off the time at which a thread is closed for silence, by the hours of its office."""
    loaded = registry[thread.municipality_id]
    of_booking = (
        select(Desk.branch)
        .join(Booking, Booking.desk_id == Desk.id)
        .where(Booking.id == thread.booking_id)
    )
    branch = session.scalar(of_booking) if thread.booking_id else None
    silence = timedelta(hours=loaded.body.staff_chat.relay_hours)
    thread.expires_at = end_of_wait(loaded, now, silence, branch)


def keep(
    session: Session, thread: RelayThread, text: str, now: datetime, staff: Staff | None = None
) -> RelayMessage:
    """Store a text of a thread, which isn't sent yet."""
    written = RelayMessage(
        thread_id=thread.id,
        member_id=staff.member_id if staff else None,
        written_at=now,
        text=text,
    )
    session.add(written)
    session.flush()
    return written


def send_to_room(
    session: Session, registry: Registry, thread: RelayThread, written: RelayMessage, now: datetime
) -> None:
    """Enqueue a text for the thread's room: a citizen's, or what a member wrote in another."""
    put_off(session, registry, thread, now)
    room = session.get_one(StaffRoom, thread.room_id)
    message = to_room(room, MessageKind.RELAY, Cause.relay(written.id), now, None)
    sent = replace(message, relay_message_id=written.id, thread_id=thread.id)
    enqueue(session, registry.accounts, [sent], now)


def send_to_citizen(
    session: Session,
    registry: Registry,
    thread: RelayThread,
    text: str,
    staff: Staff,
    now: datetime,
    *,
    room: StaffRoom | None = None,
) -> RelayMessage:
    """Store a member's text, enqueue it for the citizen, and record that there was one.

    `room` is where it was written, if not in the thread's.
    """
    written = keep(session, thread, text, now, staff)
    put_off(session, registry, thread, now)
    to_citizen(
        session, registry, thread, MessageKind.RELAY_ANSWER, Cause.relay(written.id), now, written
    )
    record_text(session, thread, staff, now, room)
    return written


def to_citizen(
    session: Session,
    registry: Registry,
    thread: RelayThread,
    kind: MessageKind,
    cause: Cause,
    now: datetime,
    written: RelayMessage | None = None,
) -> None:
    """Enqueue a message of a thread for its citizen."""
    contact = session.get_one(Contact, thread.contact_id)
    recipient = ContactRecipient(contact.id)
    message = OutboxMessage(
        contact.account,
        kind,
        str(recipient),
        now,
        cause.dedupe_key(recipient),
        contact_id=contact.id,
        relay_message_id=written.id if written else None,
        thread_id=thread.id,
    )
    enqueue(session, registry.accounts, [message], now)


def tell_closed(session: Session, registry: Registry, thread: RelayThread, now: datetime) -> None:
    """Enqueue the end of a thread for its citizen, once: whether their texts have arrived, too."""
    cause = Cause.relay_closed(thread.id)
    to_citizen(session, registry, thread, MessageKind.RELAY_CLOSED, cause, now)


def tell_unanswered(
    session: Session, registry: Registry, thread: RelayThread, now: datetime
) -> None:
    """Tell the room of a thread that was closed for silence, if its citizen got no answer at all.

    Of texts that didn't arrive there, it is told nothing.
    """
    answers = relay_messages.messages_of(session, thread, RelayMessage.member_id.is_not(None))
    first = relay_messages.first_in_room(session, thread)
    if answers or first is None or not relay_messages.has_arrived(session, thread):
        return
    room = session.get_one(StaffRoom, thread.room_id)
    cause = Cause.relay_unanswered(thread.id)
    message = to_room(room, MessageKind.RELAY_UNANSWERED, cause, now, None)
    enqueue(session, registry.accounts, [message], now)


def record_text(
    session: Session,
    thread: RelayThread,
    staff: Staff,
    now: datetime,
    room: StaffRoom | None = None,
) -> None:
    """Record that a member wrote in a thread or closed it; `room` is where, if not in its room."""
    record(
        session,
        staff,
        Action.RELAY,
        now,
        municipality_id=thread.municipality_id,
        booking_id=thread.booking_id,
        room_id=room.id if room else thread.room_id,
    )


def is_closed_by_office(session: Session, thread: RelayThread) -> bool:
    """Return whether a member has closed a thread, as it was recorded."""
    recorded = select(StaffAction.id).where(
        StaffAction.municipality_id == thread.municipality_id,
        StaffAction.at == thread.closed_at,
        StaffAction.action == Action.RELAY,
        StaffAction.room_id == thread.room_id,
    )
    return session.scalar(recorded.limit(1)) is not None


def prompt_member(
    session: Session,
    registry: Registry,
    staff: Staff,
    room: StaffRoom,
    booking: Booking,
    now: datetime,
    message_id: str,
) -> None:
    """Ask a member in a room what to write to the citizen of a booking; they answer the message.

    `message_id` is the platform's, of the tap that asks for it.
    """
    cause = Cause.relay_prompt(staff.member_id or 0, message_id)
    message = to_room(room, MessageKind.RELAY_PROMPT, cause, now, booking)
    enqueue(session, registry.accounts, [message], now)


def show_next_first(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> None:
    """Have the message that is a thread's first in its room now show it, with the button.

    For the one that a `row` was to answer was deleted. Where there is none, the row is the first.
    """
    thread = relay_messages.thread_of(session, row)
    if thread is None or row.relay_message_id is None:
        return
    first = relay_messages.first_in_room(session, thread, row)
    if first is not None and first.provider_id is not None:
        cause = Cause.relay_first(row.relay_message_id)
        edit_first(session, registry, first, cause, row.relay_message_id, now)


def edit_first(
    session: Session,
    registry: Registry,
    first: OutboxRow,
    cause: Cause,
    relay_message_id: int | None,
    now: datetime,
) -> None:
    """Enqueue an edit by which a first message shows how its thread is."""
    room = session.get_one(StaffRoom, first.room_id)
    edit = replace(
        to_room(room, MessageKind.RELAY_EDIT, cause, now, None),
        replaces_id=first.id,
        relay_message_id=relay_message_id,
    )
    enqueue(session, registry.accounts, [edit], now)


def enqueue_unread(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> None:
    """Tell the room that the citizen hasn't got a member's text: once for each text.

    And the room in which they wrote it, as it was recorded, if that is another.
    """
    thread, written = relay_messages.thread_of(session, row), relay_messages.text_of(session, row)
    if thread is None or written is None:
        return
    recorded = select(StaffAction.room_id).where(
        StaffAction.municipality_id == thread.municipality_id,
        StaffAction.at == written.written_at,
        StaffAction.action == Action.RELAY,
        StaffAction.member_id == written.member_id,
    )
    rooms = {thread.room_id, *session.scalars(recorded)} - {None}
    cause = Cause.relay_undelivered(written.id)
    messages = [
        to_room(session.get_one(StaffRoom, each), MessageKind.RELAY_UNDELIVERED, cause, now, None)
        for each in sorted(rooms)
    ]
    with_text = [replace(message, relay_message_id=written.id) for message in messages]
    enqueue(session, registry.accounts, with_text, now)
