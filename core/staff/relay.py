"""The relay: threads in which a citizen and the employees of a room write to one another.

A thread has one contact and one room, to which the citizen's texts go. It begins when the citizen
asks for a human or a member writes to the citizen of a booking, and ends when either closes it, or
after hours of silence.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db.models import (
    Booking,
    OutboxStatus,
    RelayMessage,
    RelayThread,
    StaffRoom,
)
from core.messaging.keys import Cause
from core.messaging.outbox import notify_workers
from core.staff import relay_messages, relay_sending
from core.staff.rights import Action, Target, check_booking, check_municipality, target_of
from core.staff.rooms import AT, CHANNEL, is_for
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
        ~StaffRoom.chat.contains(AT),
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
    opens it for the office: where its room isn't for their appointment, it goes on in theirs. The
    citizen is told then of the one that was closed.
    """
    thread = find_open(session, contact_id)
    if thread is not None and thread.municipality_id != room.municipality_id:
        close(session, registry, thread, now, tell=staff is not None)
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
    relay_sending.put_off(session, registry, thread, now)
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
    former, written = thread.room_id, relay_messages.messages_of(session, thread)
    move_to(session, registry, thread, room, now)
    for room_id in (former, room.id):
        if first := relay_messages.first_in_room(session, thread, room_id=room_id):
            last = written[-1].id
            relay_sending.edit_first(session, registry, first, Cause.relay_moved(last), last, now)


def move_to(
    session: Session, registry: Registry, thread: RelayThread, room: StaffRoom, now: datetime
) -> None:
    """Hold a thread in another room; what hasn't arrived in the former is sent there.

    What is on its way there since the thread was there before is left as it is.
    """
    lost = {
        row.relay_message_id
        for row in relay_messages.rows_in_room(session, thread, of_members=True)
        if row.status not in relay_messages.ARRIVED
    }
    thread.room_id = room.id
    no_more = (*relay_messages.ARRIVED, *relay_messages.WAITING)
    for row in relay_messages.rows_in_room(session, thread, of_members=True):
        if row.relay_message_id in lost and row.status not in no_more:
            row.status, row.try_at, row.due_at, row.attempts = OutboxStatus.PENDING, now, now, 0
            notify_workers(session)
    for written in relay_messages.messages_of(session, thread):
        if written.id in lost:
            relay_sending.send_to_room(session, registry, thread, written, now)


def gave_way(session: Session, thread: RelayThread) -> bool:
    """Return whether a thread was closed for one with another municipality."""
    following = select(RelayThread.id).where(
        RelayThread.contact_id == thread.contact_id,
        RelayThread.id != thread.id,
        RelayThread.opened_at == thread.closed_at,
    )
    return session.scalar(following.limit(1)) is not None


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
        relay_sending.record_text(session, thread, staff, now)
    if first := relay_messages.first_in_room(session, thread):
        cause = Cause.relay_closed(thread.id)
        relay_sending.edit_first(session, registry, first, cause, None, now)
    if tell and relay_messages.messages_of(session, thread):
        relay_sending.tell_closed(session, registry, thread, now)
