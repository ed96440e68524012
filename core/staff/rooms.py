"""Rooms: the chats in which staff learn of bookings, each bound by a one-time code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.actor import Role, Staff
from core.catalogue.model import Municipality
from core.catalogue.registry import Registry
from core.db.models import CodePurpose, Desk, OutboxRow, StaffRoom
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import _
from core.messaging.outbox import fail_unsent, platform_of
from core.messaging.recipients import RoomRecipient
from core.staff.codes import find_code, invalid_code, make_room_code, take
from core.staff.record import record
from core.staff.rights import Action, Scope, not_found, scope_of

LEFT = "the room is bound no more"
"""Why messages to a room fail whose chat was left."""

CHANNEL = "one-way"
"""The chat of the only room of an account to which we only post.

Not "channel": addresses are taken out of errors, such as channel_is_archived.
"""

AT = "@"
"""A part of the chats that are e-mail addresses, and of no others."""


@dataclass(frozen=True)
class Room:
    """A bound room, as it is listed; `desk` as BRANCH/DESK."""

    id: int
    municipality_id: str
    group: str | None
    desk: str | None
    account: str
    chat: str
    topic: str
    bound_at: datetime


def rooms_of_all(session: Session, municipality_id: str) -> Sequence[StaffRoom]:
    """Return the rooms of a whole municipality; where there is none, all of its rooms."""
    rooms = session.scalars(
        select(StaffRoom)
        .where(StaffRoom.municipality_id == municipality_id, StaffRoom.unbound_at.is_(None))
        .order_by(StaffRoom.id)
    ).all()
    return [each for each in rooms if each.service_group is None and each.desk_id is None] or rooms


def find(session: Session, account: str, chat: str, topic: str = "") -> StaffRoom | None:
    """Return the room that is bound to a chat, or to a topic of it; None where none is."""
    return session.scalar(
        select(StaffRoom).where(
            StaffRoom.account == account,
            StaffRoom.chat == chat,
            StaffRoom.topic == topic,
            StaffRoom.unbound_at.is_(None),
        )
    )


def is_one_way(chat: str) -> bool:
    """Return whether we only post to the chat of a room: nobody writes or taps there.

    It is so of an e-mail address, too.
    """
    return chat == CHANNEL or AT in chat


def is_for(room: StaffRoom, body: Municipality, service: str, desk_id: int) -> bool:
    """Return whether a room is for bookings of a service at a desk, by what it is bound to now."""
    return (
        room.municipality_id == body.id
        and room.service_group in (None, body.group_of(service))
        and room.desk_id in (None, desk_id)
    )


def bind(
    session: Session,
    registry: Registry,
    typed: str,
    now: datetime,
    *,
    account: str,
    chat: str,
    topic: str = "",
    by: Staff | None = None,
) -> StaffRoom:
    """Bind a chat, or a topic of it, by a one-time code; return the room.

    `by` is the member who typed the code, if it was one. A room that is bound already gets the
    code's service group or desk instead. Raises StaffRefused (invalid), also where the chat has a
    room of another municipality.
    """
    code = find_code(session, registry, typed, CodePurpose.ROOM, account, now)
    there = session.scalars(
        select(StaffRoom)
        .where(StaffRoom.account == account, StaffRoom.chat == chat)
        .with_for_update()
    ).all()
    home = code.municipality_id
    if home is None or any(
        each.unbound_at is None and each.municipality_id != home for each in there
    ):
        raise invalid_code()
    take(session, code, now)
    room = next((each for each in there if each.topic == topic), None)
    if room is None:
        room = StaffRoom(account=account, chat=chat, topic=topic)
        session.add(room)
    room.municipality_id = home
    room.service_group, room.desk_id = code.service_group, code.desk_id
    room.bound_at, room.unbound_at = now, None
    session.flush()
    # The record of a municipality names nobody of another one.
    is_own = by is not None and by.municipality_id in (None, home)
    record(
        session,
        by if by and is_own else _platform(account),
        Action.BIND_ROOM,
        now,
        municipality_id=home,
        room_id=room.id,
    )
    return room


def bind_one_way(
    session: Session,
    registry: Registry,
    staff: Staff,
    now: datetime,
    *,
    account: str,
    municipality_id: str,
    group: str | None = None,
    desk: str | None = None,
    address: str = CHANNEL,
) -> StaffRoom:
    """Bind the room of an account to which we only post, where no code can be typed.

    An account of e-mail has a room for each `address`, others have only one.
    It is needed to have the right to make a code. Raises StaffRefused: not_allowed, not_found;
    invalid, also where the account or its room is another municipality's.
    """
    code = make_room_code(
        session, registry, staff, now, municipality_id=municipality_id, group=group, desk=desk
    )
    there = find(session, account, address)
    for owner in (registry.own_accounts.get(account), there and there.municipality_id):
        if owner not in (None, municipality_id):
            raise StaffRefused(
                StaffRefusalKind.INVALID, _("{account} is another municipality's.", account=account)
            )
    return bind(session, registry, code, now, account=account, chat=address, by=staff)


def unbind(session: Session, staff: Staff, room_id: int, now: datetime) -> None:
    """Unbind a room, which learns nothing any more. Raises StaffRefused: not_allowed, not_found."""
    scope = scope_of(staff, Action.UNBIND_ROOM)
    room = session.get(StaffRoom, room_id, with_for_update=True)
    is_own = room is not None and room.municipality_id == staff.municipality_id
    hidden = scope is not Scope.DEPLOYMENT and not is_own
    if room is None or hidden or room.unbound_at is not None:
        raise not_found(_("There is no such room."))
    _unbind(session, staff, room, now)


def leave(session: Session, account: str, chat: str, now: datetime) -> Sequence[int]:
    """Unbind the rooms of a chat in which the account can't write any more; return their ids.

    The messages that wait for them fail, where the technician sees them. Of one that is being
    claimed at that moment, the worker finds that its room is bound no more.
    """
    return [_leave(session, room, now) for room in _bound(session, account, chat)]


def move(session: Session, account: str, chat: str, new_chat: str, now: datetime) -> None:
    """Store that a chat has another address: all that its rooms are sent goes there.

    A room that was bound there meanwhile stays as it is, and the one that would be in its place is
    left. Messages have other ids there: the earlier ones can neither be answered nor edited.
    """
    for room in _bound(session, account, chat):
        there = session.scalar(
            select(StaffRoom)
            .where(
                StaffRoom.account == account,
                StaffRoom.chat == new_chat,
                StaffRoom.topic == room.topic,
            )
            .with_for_update()
        )
        if there is not None and there.unbound_at is None:
            _leave(session, room, now)
            continue
        if there is not None:  # of an address there is one row: the unbound one gets the old
            there.chat = ""
            session.flush()
        room.chat = new_chat
        session.flush()
        if there is not None:
            there.chat = chat
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.room_id == room.id, OutboxRow.provider_id.is_not(None))
            .values(provider_id=None)
        )


def lock_chat(session: Session, account: str, chat: str) -> Sequence[StaffRoom]:
    """Return all rooms of a chat, read anew and locked, always in one order."""
    return session.scalars(
        select(StaffRoom)
        .where(StaffRoom.account == account, StaffRoom.chat == chat)
        .order_by(StaffRoom.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _bound(session: Session, account: str, chat: str) -> Sequence[StaffRoom]:
    """Return the rooms that are bound to a chat, or to topics of it, locked."""
    bound = select(StaffRoom).where(
        StaffRoom.account == account, StaffRoom.chat == chat, StaffRoom.unbound_at.is_(None)
    )
    return session.scalars(bound.order_by(StaffRoom.id).with_for_update()).all()


def _leave(session: Session, room: StaffRoom, now: datetime) -> int:
    _unbind(session, _platform(room.account), room, now)
    fail_unsent(session, RoomRecipient(room.id), LEFT)
    return room.id


def _unbind(session: Session, staff: Staff, room: StaffRoom, now: datetime) -> None:
    room.unbound_at = now
    home = room.municipality_id
    record(session, staff, Action.UNBIND_ROOM, now, municipality_id=home, room_id=room.id)


def _platform(account: str) -> Staff:
    """Return who stands in the record for what nobody known did: the platform."""
    return Staff(Role.EMPLOYEE, platform_of(account))


def list_rooms(session: Session, staff: Staff) -> Sequence[Room]:
    """Return the bound rooms that one may see, by municipality and id. Raises StaffRefused."""
    query = (
        select(StaffRoom, Desk.branch, Desk.name)
        .outerjoin(Desk, StaffRoom.desk_id == Desk.id)
        .where(StaffRoom.unbound_at.is_(None))
        .order_by(StaffRoom.municipality_id, StaffRoom.id)
    )
    if scope_of(staff, Action.LIST_STAFF) is not Scope.DEPLOYMENT:
        query = query.where(StaffRoom.municipality_id == staff.municipality_id)
    return [
        Room(
            room.id,
            room.municipality_id,
            room.service_group,
            f"{branch}/{desk}" if desk is not None else None,
            room.account,
            room.chat,
            room.topic,
            room.bound_at,
        )
        for room, branch, desk in session.execute(query)
    ]
