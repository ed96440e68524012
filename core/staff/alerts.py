"""Alerts: the messages to rooms of staff that a change to a booking causes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import (
    UNSENT,
    Booking,
    History,
    HistoryAction,
    OutboxRow,
    StaffRoom,
    TimeOffer,
)
from core.messaging.addresses import OWN_CHANGES, email_given
from core.messaging.keys import Cause, MessageKind
from core.messaging.notifications import redirect_from_ended
from core.messaging.outbox import SENT_STATUSES, OutboxMessage, enqueue
from core.messaging.recipients import RoomRecipient
from core.staff.rooms import is_one_way
from core.staff.webhook_events import enqueue_booking_events

ALERTED = frozenset(
    {
        HistoryAction.CONFIRMED,
        HistoryAction.MOVED,
        HistoryAction.DESK_CHANGED,
        HistoryAction.EDITED,
        HistoryAction.CANCELLED,
        HistoryAction.CONSENT_WITHDRAWN,
    }
)
"""The changes that rooms are alerted to; others are only shown in the alert sent before."""


CALLED_WITH = (MessageKind.NO_TIME_FREE, MessageKind.OFFER_EXPIRED)
"""The messages to citizens with which their rooms are told to call them."""

TOLD_ONCE = frozenset({MessageKind.REPLY, MessageKind.CONFIRMED, MessageKind.REMINDER})
"""The messages that tell nothing new of a booking: one alert is enough that they don't arrive."""


class RoomRow(NamedTuple):
    """A room to which a message can be addressed."""

    id: int
    account: str


def enqueue_alerts(
    session: Session, registry: Registry, booking: Booking, change: History, now: datetime
) -> None:
    """Enqueue the alerts of a change: to the rooms that it is for, and to those told before.

    The municipality's webhook endpoints are sent an event of it.
    """
    enqueue_alerts_of(session, registry, [(booking, change)], now)


def enqueue_alerts_of(
    session: Session,
    registry: Registry,
    changes: Iterable[tuple[Booking, History]],
    now: datetime,
) -> None:
    """Enqueue the alerts and events of several changes, each to another booking."""
    changes = list(changes)
    messages: list[OutboxMessage] = []
    for booking, change in changes:
        for room, first in _rooms(session, registry, booking):
            if change.action in ALERTED:
                cause = Cause.change(change.id)
                alert = to_room(room, MessageKind.ALERT, cause, now, booking)
                messages.append(replace(alert, change_id=change.id))
            if first is not None:
                cause = Cause.edit(change.id)
                edit = to_room(room, MessageKind.ALERT_EDIT, cause, now, booking)
                messages.append(replace(edit, change_id=change.id, replaces_id=first))
    enqueue(session, registry.accounts, messages, now)
    if changes:
        loaded = registry[changes[0][0].municipality_id]
        enqueue_booking_events(session, loaded, changes, now)


def enqueue_edits(
    session: Session,
    registry: Registry,
    booking: Booking,
    cause: Cause,
    now: datetime,
    only: int | None = None,
) -> None:
    """Enqueue edits that show a booking as it is, in the rooms told of it; in `only` one of them.

    For what is no change to the booking: it was seen, or an alert shows what isn't so any more.
    """
    messages = [
        replace(to_room(room, MessageKind.ALERT_EDIT, cause, now, booking), replaces_id=first)
        for room, first in _rooms(session, registry, booking)
        if first is not None and only in (None, room.id)
    ]
    enqueue(session, registry.accounts, messages, now)


def enqueue_offer(
    session: Session,
    registry: Registry,
    booking: Booking,
    offer: TimeOffer,
    now: datetime,
    *,
    only_shown: bool = False,
    kind: MessageKind = MessageKind.OFFER_ALERT,
    due_at: datetime | None = None,
) -> None:
    """Tell the rooms of a booking what has become of an offer; their alerts of it show it.

    `only_shown`: only these do. OFFER_SETTLED as `kind` says that no call is needed any more. Where
    `due_at` is given, they are told then, if it is so still.
    """
    if not only_shown:
        cause = Cause.offer(offer.id, offer.state)
        messages = [
            to_room(room, kind, cause, due_at or now, booking)
            for room, _first in _rooms(session, registry, booking)
        ]
        enqueue(session, registry.accounts, messages, now)
    shown = Cause.offer_edit(offer.id, offer.state)
    enqueue_edits(session, registry, booking, shown, now)


def enqueue_answer_edit(
    session: Session,
    registry: Registry,
    room: StaffRoom,
    booking: Booking,
    provider_id: str,
    cause: Cause,
    now: datetime,
) -> None:
    """Enqueue an edit that shows a booking as it is in an answer to a command, which has no row.

    `provider_id` is the answer's id at its platform. Nothing is done for a message that has a row:
    an alert is edited as such, and a call to the citizen stays as it is.
    """
    known = select(OutboxRow.id).where(
        OutboxRow.provider_id == provider_id, OutboxRow.room_id == room.id
    )
    if session.scalar(known.limit(1)) is None:
        edit = to_room(room, MessageKind.ALERT_EDIT, cause, now, booking)
        enqueue(session, registry.accounts, [replace(edit, provider_id=provider_id)], now)


def to_room(
    room: StaffRoom | RoomRow,
    kind: MessageKind,
    cause: Cause,
    due_at: datetime,
    booking: Booking | None,
) -> OutboxMessage:
    """Return a message to a room, with the dedupe key of its cause."""
    recipient = RoomRecipient(room.id)
    return OutboxMessage(
        room.account,
        kind,
        str(recipient),
        due_at,
        cause.dedupe_key(recipient),
        booking_id=None if booking is None else booking.id,
        room_id=room.id,
    )


def enqueue_undelivered(
    session: Session, registry: Registry, row: OutboxRow, now: datetime
) -> bool:
    """Enqueue the alerts that a citizen's message was given up, where its booking isn't over.

    Of what the office tells anew, for each message; of what says how it was booked, once. Not of
    one with which the rooms were told to call, by what became of an offer. Return whether they are
    told to call now.
    """
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    if booking is None or booking.ends_at <= now or row.kind in CALLED_WITH:
        return False
    if _is_to_be_called(session, booking, row):
        return False
    row_id = row.id
    if row.inbound_id is not None:  # of the replies of a turn, the rooms are told once
        turn = OutboxRow.inbound_id == row.inbound_id, OutboxRow.booking_id == row.booking_id
        row_id = session.scalar(select(func.min(OutboxRow.id)).where(*turn)) or row_id
    _enqueue_call(session, registry, booking, Cause.undelivered(row_id), now)
    return True


def given_up(session: Session, call: OutboxRow) -> OutboxRow | None:
    """Return the message that was given up, for which a room was told to call."""
    row_id = Cause.parse(call.dedupe_key, call.recipient).as_undelivered()
    return session.get(OutboxRow, row_id) if row_id else None


def _is_to_be_called(session: Session, booking: Booking, row: OutboxRow) -> bool:
    """Return whether rooms were told to call already, for the same change or a reminder before.

    Those before the e-mail address was given anew don't count.
    """
    if row.kind not in (*OWN_CHANGES, *TOLD_ONCE):
        return False
    given = email_given(session, booking)
    since = given.at if given else row.due_at
    calls = session.scalars(
        select(OutboxRow).where(
            OutboxRow.booking_id == booking.id,
            OutboxRow.kind == MessageKind.UNDELIVERED_ALERT,
            OutboxRow.due_at >= since,
        )
    )
    return any(
        (call.due_at >= row.due_at and about.kind in (*OWN_CHANGES, *TOLD_ONCE))
        or {about.kind, row.kind} <= TOLD_ONCE
        for call in calls
        if (about := given_up(session, call))
    )


def redirect_or_call(
    session: Session,
    registry: Registry,
    citizen_id: int,
    now: datetime,
    is_news: Callable[[OutboxRow], bool],
) -> None:
    """Send what waits for a citizen's ended conversations another way, else have them called.

    For what `is_news`, and once for each booking.
    """
    called = set()
    for row in redirect_from_ended(session, registry, citizen_id, now):
        is_wanted = row.booking_id not in called and is_news(row)
        if is_wanted and enqueue_undelivered(session, registry, row, now):
            called.add(row.booking_id)


def enqueue_unnotified(
    session: Session, registry: Registry, booking: Booking, change: History, now: datetime
) -> None:
    """Enqueue the alerts of a change of which nobody could be sent a message."""
    if booking.ends_at > now:
        _enqueue_call(session, registry, booking, Cause.unnotified(change.id), now)


def _enqueue_call(
    session: Session, registry: Registry, booking: Booking, cause: Cause, now: datetime
) -> None:
    """Enqueue the alerts that ask the rooms of a booking to call its citizen."""
    messages = [
        to_room(room, MessageKind.UNDELIVERED_ALERT, cause, now, booking)
        for room, _first in _rooms(session, registry, booking)
    ]
    enqueue(session, registry.accounts, messages, now)


def first_alert(session: Session, row: OutboxRow) -> OutboxRow | None:
    """Return the alert that is edited when its booking changes, and answered by the row's message.

    It is the first of its booking in its room, before the row, that was or will be sent by itself
    and has an id at its platform. None where the row is to be that one.
    """
    return session.scalar(
        select(OutboxRow)
        .where(
            OutboxRow.booking_id == row.booking_id,
            OutboxRow.room_id == row.room_id,
            OutboxRow.id < row.id,
            OutboxRow.kind == MessageKind.ALERT,
            OutboxRow.gathered_by.is_(None),
            or_(OutboxRow.provider_id.is_not(None), UNSENT),
        )
        .order_by(OutboxRow.id)
        .limit(1)
    )


def was_alerted(session: Session, room: StaffRoom, row: OutboxRow) -> bool:
    """Return whether a room was alerted to the row's booking before, since it was bound."""
    before = select(OutboxRow.id).where(
        OutboxRow.booking_id == row.booking_id,
        OutboxRow.room_id == room.id,
        OutboxRow.id < row.id,
        OutboxRow.kind == MessageKind.ALERT,
        OutboxRow.status.in_(SENT_STATUSES),
        OutboxRow.due_at >= room.bound_at,
    )
    return session.scalar(before.limit(1)) is not None


def gathered_before(session: Session, row: OutboxRow) -> OutboxRow | None:
    """Return the row in whose message, with others, the row's booking was told of last."""
    earlier = session.scalar(
        select(OutboxRow.gathered_by)
        .where(
            OutboxRow.booking_id == row.booking_id,
            OutboxRow.room_id == row.room_id,
            OutboxRow.id < row.id,
            OutboxRow.gathered_by.is_not(None),
        )
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    return session.get(OutboxRow, earlier) if earlier else None


def is_shown_later(session: Session, row: OutboxRow) -> bool:
    """Return whether a later edit of the same message waits, so that this one is needless."""
    later = select(OutboxRow.id).where(
        OutboxRow.booking_id == row.booking_id,
        OutboxRow.room_id == row.room_id,
        OutboxRow.id > row.id,
        OutboxRow.kind == MessageKind.ALERT_EDIT,
        OutboxRow.provider_id.is_not_distinct_from(row.provider_id),
        UNSENT,
    )
    return session.scalar(later.limit(1)) is not None


def _rooms(
    session: Session, registry: Registry, booking: Booking
) -> Sequence[tuple[RoomRow, int | None]]:
    """Return the rooms of a booking, each with the alert of it to be edited, if there is one.

    In a room to which we only post, nothing can be edited.
    Those are the rooms of its municipality, service group and desk, and the rooms told since they
    were bound, when it was at another desk.
    """
    given = {
        "booking_id": booking.id,
        "municipality_id": booking.municipality_id,
        "service_group": registry[booking.municipality_id].body.group_of(booking.service),
        "desk_id": booking.desk_id,
    }
    rows = session.connection().execute(_ROOMS_OF_BOOKING, given)
    return [(RoomRow(*room), None if is_one_way(chat) else alert) for *room, chat, alert in rows]


def _rooms_of_booking() -> Select[Any]:
    """Return the statement of `_rooms`."""
    told: ColumnElement[bool] = and_(
        OutboxRow.booking_id == bindparam("booking_id"),
        OutboxRow.kind == MessageKind.ALERT,
        OutboxRow.room_id == StaffRoom.id,
    )
    alone = OutboxRow.gathered_by.is_(None)
    of_all = and_(StaffRoom.service_group.is_(None), StaffRoom.desk_id.is_(None))
    return (
        select(
            StaffRoom.id,
            StaffRoom.account,
            StaffRoom.chat,
            select(func.min(OutboxRow.id)).where(told, alone).scalar_subquery(),
        )
        .where(
            StaffRoom.municipality_id == bindparam("municipality_id"),
            StaffRoom.unbound_at.is_(None),
            or_(
                of_all,
                StaffRoom.service_group == bindparam("service_group"),
                StaffRoom.desk_id == bindparam("desk_id"),
                # Before it was bound (anew), it may have been for others.
                select(OutboxRow.id).where(told, OutboxRow.due_at >= StaffRoom.bound_at).exists(),
            ),
        )
        .order_by(StaffRoom.id)
    )


_ROOMS_OF_BOOKING = _rooms_of_booking()
"""Built once, and run on the connection: each confirmation of a citizen runs it."""
