"""The relay: threads in which a citizen and the employees of a room write to one another.

A thread has one contact and one room, to which the citizen's texts go. It begins when the citizen
asks for a human or a member writes to the citizen of a booking, and ends when either closes it, or
after hours of silence.
"""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db.models import (
    Booking,
    Contact,
    OutboxRow,
    OutboxStatus,
    RelayMessage,
    RelayThread,
    StaffAction,
    StaffRoom,
)
from core.messaging.keys import Cause, ContactRecipient, MessageKind
from core.messaging.outbox import OutboxMessage, enqueue, notify_workers
from core.staff import relay_messages
from core.staff.alerts import to_room
from core.staff.record import record
from core.staff.rights import Action, Target, check_booking, check_municipality, target_of
from core.staff.rooms import CHANNEL, is_for
from core.staff.webhook_events import enqueue_relay_opened

MAX_TEXT = 4096
"""The most characters of a text, as many as a message of Telegram has."""

MAX_PER_MINUTE = 10
"""The most texts of a citizen in a minute: a group takes 20 messages of a bot."""


def find_room(
    session: Session,
    registry: Registry,
    body: Municipality,
    service: str | None = None,
    desk_id: int | None = None,
) -> StaffRoom | None:
    """Return the room in which a citizen's text can be answered; None where there is none.

    That of the desk or of the service's group, else that of the whole municipality. A room of an
    account to which we only post isn't one.
    """
    group = None if service is None else body.group_of(service)
    bound = select(StaffRoom).where(
        StaffRoom.municipality_id == body.id,
        StaffRoom.unbound_at.is_(None),
        StaffRoom.chat != CHANNEL,
    )
    found = [
        room
        for room in session.scalars(bound.order_by(StaffRoom.id))
        if room.account in registry.accounts
        and room.desk_id in (None, desk_id)
        and room.service_group in (None, group)
    ]
    found.sort(key=lambda room: (room.desk_id is None, room.service_group is None))
    return next(iter(found), None)


def find_open(session: Session, contact_id: int) -> RelayThread | None:
    """Return the open thread of a contact, locked; None where there is none."""
    return session.scalar(
        select(RelayThread)
        .where(RelayThread.contact_id == contact_id, RelayThread.closed_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def open_thread(
    session: Session,
    registry: Registry,
    contact_id: int,
    room: StaffRoom,
    now: datetime,
    *,
    booking: Booking | None = None,
    service: str | None = None,
    staff: Staff | None = None,
) -> RelayThread:
    """Return the open thread of a contact with a room's municipality; open one if need be.

    One with another municipality is closed first; one in another room goes on there. An
    appointment that is in question from now on is the thread's, if its room is for it. `staff`
    opens it for the office: where its room isn't for their appointment, it goes on in theirs.
    """
    thread = find_open(session, contact_id)
    if thread is not None and thread.municipality_id != room.municipality_id:
        close(session, registry, thread, now)
        thread = None
    is_new = thread is None
    if thread is None:
        thread = RelayThread(
            municipality_id=room.municipality_id,
            room_id=room.id,
            contact_id=contact_id,
            member_id=staff.member_id if staff else None,
            opened_at=now,
            expires_at=now,
        )
        session.add(thread)
    if booking is not None:
        held_in = session.get_one(StaffRoom, thread.room_id)
        body = registry[thread.municipality_id].body
        is_its = held_in == room or is_for(held_in, body, booking.service, booking.desk_id)
        if staff is not None and held_in != room and (not is_its or held_in.unbound_at):
            hand_over(session, registry, thread, room, now)
            is_its = True
        service = booking.service if is_its else None
        thread.booking_id = booking.id if is_its else thread.booking_id
    if service is not None:
        thread.service = service
    _put_off(registry, thread, now)
    session.flush()
    if is_new:
        enqueue_relay_opened(session, registry, thread, now)
    return thread


def hand_over(
    session: Session, registry: Registry, thread: RelayThread, room: StaffRoom, now: datetime
) -> None:
    """Hold a thread in the room from which the office has written last.

    Its first message in the former says so; one that it has there already has the button again.
    An appointment for which that isn't is the thread's no more.
    """
    body = registry[thread.municipality_id].body
    booking = session.get(Booking, thread.booking_id) if thread.booking_id else None
    if booking is None or not is_for(room, body, booking.service, booking.desk_id):
        thread.booking_id = thread.service = None
    former, last = thread.room_id, relay_messages.messages_of(session, thread)[-1:]
    move_to(session, registry, thread, room, now)
    for room_id, written in itertools.product((former, room.id), last):
        if first := relay_messages.first_in_room(session, thread, room_id=room_id):
            _edit_first(session, registry, first, Cause.relay_moved(written.id), written.id, now)


def move_to(
    session: Session, registry: Registry, thread: RelayThread, room: StaffRoom, now: datetime
) -> None:
    """Hold a thread in another room; what hasn't arrived in the former is sent there."""
    lost = {
        row.relay_message_id
        for row in relay_messages.rows_in_room(session, thread, of_members=True)
        if row.status not in relay_messages.ARRIVED
    }
    thread.room_id = room.id
    for row in relay_messages.rows_in_room(session, thread, of_members=True):
        if row.relay_message_id in lost and row.status not in relay_messages.ARRIVED:
            row.status, row.try_at, row.due_at, row.attempts = OutboxStatus.PENDING, now, now, 0
            notify_workers(session)
    for written in relay_messages.messages_of(session, thread):
        if written.id in lost:
            send_to_room(session, registry, thread, written, now)


def _put_off(registry: Registry, thread: RelayThread, now: datetime) -> None:
    hours = registry[thread.municipality_id].body.staff_chat.relay_hours
    thread.expires_at = now + timedelta(hours=hours)


def may_write(session: Session, contact_id: int, now: datetime) -> bool:
    """Return whether a citizen hasn't written too much within the last minute, in any thread."""
    since = now - timedelta(minutes=1)
    lately = (
        select(func.count())
        .select_from(RelayMessage)
        .join(RelayThread, RelayMessage.thread_id == RelayThread.id)
        .where(
            RelayThread.contact_id == contact_id,
            or_(RelayThread.closed_at.is_(None), RelayThread.closed_at > since),
            RelayMessage.member_id.is_(None),
            RelayMessage.written_at > since,
        )
    )
    return (session.scalar(lately) or 0) < MAX_PER_MINUTE


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
    _put_off(registry, thread, now)
    room = session.get_one(StaffRoom, thread.room_id)
    message = to_room(room, MessageKind.RELAY, Cause.relay(written.id), now, None)
    enqueue(session, registry.accounts, [replace(message, relay_message_id=written.id)], now)


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
    _put_off(registry, thread, now)
    _to_citizen(
        session, registry, thread, MessageKind.RELAY_ANSWER, Cause.relay(written.id), now, written
    )
    _record(session, thread, staff, now, room)
    return written


def _to_citizen(
    session: Session,
    registry: Registry,
    thread: RelayThread,
    kind: MessageKind,
    cause: Cause,
    now: datetime,
    written: RelayMessage | None = None,
) -> None:
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
    )
    enqueue(session, registry.accounts, [message], now)


def _record(
    session: Session,
    thread: RelayThread,
    staff: Staff,
    now: datetime,
    room: StaffRoom | None = None,
) -> None:
    record(
        session,
        staff,
        Action.RELAY,
        now,
        municipality_id=thread.municipality_id,
        booking_id=thread.booking_id,
        room_id=room.id if room else thread.room_id,
    )


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


def check_right(
    session: Session,
    registry: Registry,
    staff: Staff,
    thread: RelayThread,
    room_id: int | None = None,
) -> None:
    """Raise StaffRefused (not_allowed, not_found) unless a member may write in a thread.

    It is their area's by its appointment; without one, or where they answer what another room has
    of it, by the room. In a room of the whole municipality, all its members may.
    """
    body = registry[thread.municipality_id].body
    room = session.get_one(StaffRoom, thread.room_id)
    other = session.get(StaffRoom, room_id) if room_id else None
    booking = session.get(Booking, thread.booking_id) if thread.booking_id else None
    if other is not None and other != room and other.municipality_id == body.id:
        booking, room = None, other
    if booking is not None:
        check_booking(staff, Action.RELAY, target_of(body, booking.service, [booking.desk_id]))
    elif room.service_group is None and room.desk_id is None:
        check_municipality(staff, Action.RELAY, thread.municipality_id)
    else:
        desks = frozenset(() if room.desk_id is None else (room.desk_id,))
        check_booking(staff, Action.RELAY, Target(body.id, room.service_group, desks))


def close(
    session: Session,
    registry: Registry,
    thread: RelayThread,
    now: datetime,
    *,
    staff: Staff | None = None,
    tell: bool = False,
) -> None:
    """Close a thread; its first message in the room shows it. `tell` its citizen, too.

    Where nothing was written, there is nothing to tell. `staff` is who closes it for the office.
    """
    if thread.closed_at is not None:
        return
    thread.closed_at = now
    session.flush()
    if staff is not None:
        _record(session, thread, staff, now)
    cause = Cause.relay_closed(thread.id)
    if first := relay_messages.first_in_room(session, thread):
        _edit_first(session, registry, first, cause, None, now)
    if tell and relay_messages.messages_of(session, thread):
        _to_citizen(session, registry, thread, MessageKind.RELAY_CLOSED, cause, now)


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
        _edit_first(session, registry, first, cause, row.relay_message_id, now)


def _edit_first(
    session: Session,
    registry: Registry,
    first: OutboxRow,
    cause: Cause,
    relay_message_id: int | None,
    now: datetime,
) -> None:
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
