"""Keeps the pace of messages to rooms of staff, and gathers what piles up into one message."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import or_, select, tuple_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.platforms.layout import ROOM_UNITS, utf16_units
from bot.views.staff_alert import LANGUAGE, render_line
from bot.views.staff_offer import offer_alert_line
from core.db.models import UNSENT, OutboxRow, OutboxStatus, StaffRoom
from core.messaging.keys import MessageKind
from core.messaging.recipients import RoomRecipient
from core.staff.chat_pace import BURST, INTERVAL, paced_until
from core.staff.rooms import is_one_way
from dialogs.messages.staff_alert import HOW_TO_FIND, gathered

MOST = 200
"""The most alerts that are looked at for one message, which holds fewer."""

OF_OFFERS = (MessageKind.OFFER_ALERT, MessageKind.OFFER_SETTLED)
GATHERED = (MessageKind.ALERT, MessageKind.UNDELIVERED_ALERT, *OF_OFFERS)


def lock_rooms(session: Session, rows: Collection[OutboxRow]) -> None:
    """Lock the rooms of the chats that claimed rows go to, all at once and always in one order.

    Else two workers that have rows to the same two chats would wait for each other.
    """
    ids = [row.room_id for row in rows if row.room_id is not None]
    if not ids:
        return
    chats = select(StaffRoom.account, StaffRoom.chat).where(StaffRoom.id.in_(ids))
    session.scalars(
        select(StaffRoom)
        .where(tuple_(StaffRoom.account, StaffRoom.chat).in_(chats))
        .order_by(StaffRoom.id)
        .with_for_update()
    ).all()


def pace(
    session: Session,
    services: Services,
    row: OutboxRow,
    reply: Reply,
    claimed: Collection[int],
) -> Reply | None:
    """Return what is sent now to the room of a claimed row: its reply, or one that gathers.

    Where more alerts are due than may be sent now, one message tells of as many as it holds. Their
    rows are claimed with this one, whose id they get as `gathered_by`, and share its outcome;
    `claimed` are the ids of those that are claimed already, and not sent yet. None where nothing
    may be sent now: the row waits until then.
    """
    now = services.clock()
    rooms = _rooms_of_chat(session, row)
    until = paced_until(rooms, now)
    allowed = (BURST * INTERVAL - (until - now)) // INTERVAL
    if allowed < 1:
        row.status, row.claimed_by = OutboxStatus.PENDING, None
        row.attempts -= 1
        row.try_at = until - (BURST - 1) * INTERVAL
        _put_off(session, rooms, row.try_at)
        return None
    row.gathered_by = None
    others = _others(session, row, now, claimed) if row.kind in GATHERED else ()
    if others and (row.may_have_arrived or len(others) >= allowed):
        reply = _gather(session, services, row, reply, others, _room(rooms, row))
    _room(rooms, row).paced_until = until + INTERVAL
    return reply


def hold(session: Session, row: OutboxRow, until: datetime) -> None:
    """Send nothing to the chat of a row's room until a time, as its platform has asked for."""
    rooms = _rooms_of_chat(session, row)
    _room(rooms, row).paced_until = until + (BURST - 1) * INTERVAL


def _put_off(session: Session, rooms: Sequence[StaffRoom], until: datetime) -> None:
    """Have all that waits for a chat's rooms wait until then.

    Else each row would be claimed, rendered and put back: of 2,000, for 30 seconds each time.
    """
    waiting = (
        select(OutboxRow.id)
        .where(
            OutboxRow.recipient.in_([str(RoomRecipient(room.id)) for room in rooms]),
            UNSENT,
            OutboxRow.status == OutboxStatus.PENDING,
            OutboxRow.try_at < until,
        )
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(OutboxRow).where(OutboxRow.id.in_(waiting)).values(try_at=until),
        execution_options={"synchronize_session": False},
    )


def carried_by(session: Session, row: OutboxRow) -> Sequence[OutboxRow]:
    """Return the rows that are sent in the message of a row, and share its outcome."""
    if row.gathered_by != row.id:
        return ()
    return session.scalars(
        select(OutboxRow).where(
            OutboxRow.recipient == row.recipient,
            UNSENT,
            OutboxRow.gathered_by == row.id,
            OutboxRow.claimed_by == row.claimed_by,
            OutboxRow.id != row.id,
        )
    ).all()


def release_younger(session: Session, row: OutboxRow, since: datetime) -> None:
    """Have those wait that are sent in the message of a row but were due at a time or later.

    The row is given up for its age, which isn't theirs.
    """
    for each in carried_by(session, row):
        if each.due_at >= since:
            each.status, each.claimed_by, each.gathered_by = OutboxStatus.PENDING, None, None


def _rooms_of_chat(session: Session, row: OutboxRow) -> Sequence[StaffRoom]:
    """Return the rooms of a chat, locked: its topics share what it takes."""
    of = select(StaffRoom.account, StaffRoom.chat).where(StaffRoom.id == row.room_id).subquery()
    return session.scalars(
        select(StaffRoom)
        .where(StaffRoom.account == of.c.account, StaffRoom.chat == of.c.chat)
        .order_by(StaffRoom.id)
        .with_for_update(of=StaffRoom)
        .execution_options(populate_existing=True)
    ).all()


def _room(rooms: Sequence[StaffRoom], row: OutboxRow) -> StaffRoom:
    return next(room for room in rooms if room.id == row.room_id)


def _others(
    session: Session, row: OutboxRow, now: datetime, claimed: Collection[int]
) -> Sequence[OutboxRow]:
    """Return the other alerts that could be sent with a row, the oldest first, locked.

    With one that may have arrived, those that it was sent with, and no others: all may have.
    """
    among = select(OutboxRow).where(
        OutboxRow.recipient == row.recipient,
        UNSENT,
        OutboxRow.kind.in_(GATHERED),
        OutboxRow.id != row.id,
        OutboxRow.due_at <= now,
        or_(
            OutboxRow.status == OutboxStatus.PENDING,
            (OutboxRow.try_at <= now) & (OutboxRow.claimed_by != row.claimed_by),
            OutboxRow.id.in_(claimed),
        ),
    )
    if row.may_have_arrived:
        # Of those that a dead worker had, not all are claimed with this one, and so marked.
        in_doubt = OutboxRow.may_have_arrived | (OutboxRow.status == OutboxStatus.CLAIMED)
        among = among.where(OutboxRow.gathered_by == row.id, in_doubt)
    else:
        among = among.where(~OutboxRow.may_have_arrived)
    return session.scalars(
        among.order_by(OutboxRow.due_at, OutboxRow.id).limit(MOST).with_for_update(skip_locked=True)
    ).all()


def _gather(
    session: Session,
    services: Services,
    row: OutboxRow,
    reply: Reply,
    others: Sequence[OutboxRow],
    room: StaffRoom,
) -> Reply:
    """Return the message that tells of a row and of as many others as it holds, a line each.

    It has no buttons; its last line says how to get them, where that is possible.
    """
    say = partial(services.texts.say, language=LANGUAGE)
    last = [] if is_one_way(room.chat) else [say(HOW_TO_FIND)]
    lines: list[str] = []
    carried: list[OutboxRow] = []
    left = ROOM_UNITS - utf16_units("\n".join((say(gathered(MOST)), *last)))
    for each in (row, *others):
        line = _line(session, services, each)
        if line is None:
            continue
        left -= utf16_units(line) + 1
        if left < 0:
            break
        lines.append(line)
        carried.append(each)
    if row not in carried or len(carried) == 1:
        return reply
    for each in carried:
        each.status, each.claimed_by, each.try_at = row.status, row.claimed_by, row.try_at
        each.gathered_by, each.may_have_arrived = row.id, row.may_have_arrived
    text = "\n".join((say(gathered(len(lines))), *lines, *last))
    return reply.model_copy(update={"text": text, "choices": [], "answers": None})


def _line(session: Session, services: Services, row: OutboxRow) -> str | None:
    """Return a row's line; None where it fails, which is reported when it is sent by itself."""
    try:
        if row.kind in OF_OFFERS:
            return offer_alert_line(session, services, row)
        return render_line(session, services, row)
    except DBAPIError:
        raise
    except Exception:
        return None
