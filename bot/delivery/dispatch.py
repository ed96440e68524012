"""The transactions of delivery: claim and render messages, then record that sending failed."""

import contextlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.context import Services
from bot.delivery import doubt, room_pace
from bot.delivery.addresses import suppress, suppression_of
from bot.delivery.claimed import Claimed, ClaimedMessage
from bot.delivery.compose import render_message
from bot.delivery.read_ahead import read_ahead
from bot.delivery.text_counts import TextKeptBack
from bot.telemetry.logging import traceback_lines, without_quotes
from bot.views.email import as_email_to_staff
from core.db.events import record_event
from core.db.models import REMINDERS, OutboxRow, OutboxStatus
from core.errors import DeliveryError, UnreadableValue
from core.messaging import outbox, receipts
from core.messaging.keys import MessageKind
from core.messaging.notifications import enqueue_fallback
from core.messaging.reminder_ways import (
    choose_ways,
    patience,
    read_bookings,
    wait_if_quiet,
)
from core.messaging.routes import EMAIL
from core.staff import rooms
from core.staff.alerts import enqueue_undelivered
from core.staff.relay_sending import show_next_first
from core.staff.relay_upkeep import give_up as give_up_relay
from core.staff.webhook_events import enqueue_message_failed

log = structlog.get_logger()

EVENTS = {
    OutboxStatus.FAILED: "message given up",
    OutboxStatus.UNKNOWN: "message may have arrived",
}
"""The event that is logged where a message isn't tried again."""


class Claims(NamedTuple):
    """The messages to send, rendered, and the numbers of rows that a claim changed.

    Of all `rows`, `due` are reminders without a way, `chosen` got one; `reminders` were claimed.
    """

    messages: list[ClaimedMessage]
    rows: int
    due: int
    chosen: int
    reminders: int


def claim_and_render(
    session: Session,
    services: Services,
    accounts: Collection[str],
    worker: str,
    limit: int,
    give_up: timedelta,
    sending: Collection[int] = (),
    ways: int | None = None,
) -> Claims:
    """Claim and render the messages that may be sent now.

    First, the ways of up to `ways` reminders that are due are chosen; None: of `limit`. An obsolete
    or expired message ends here, and one over which processes died again and again. One that can't
    be rendered is tried again later, and delays none but those of its conversation with the office.
    One to a room whose pace it would exceed waits, or is sent with others.
    """
    now = services.clock()
    ways = limit if ways is None else ways
    services.registry.refresh(session)
    due = choose_ways(session, services.registry, now, ways, _log_unchosen)
    _tell_endpoints(session, services, due)
    rows = outbox.claim(session, accounts, worker, now, limit, sending)
    if rows:
        _read_at_once(session, services, rows)
    room_pace.lock_rooms(session, rows)
    messages, claimed, carriers = list[ClaimedMessage](), {row.id for row in rows}, set[int]()
    for row in (each for each in rows if not each.may_have_arrived):
        row.gathered_by = None  # of an earlier try
    for row in rows:
        claimed.discard(row.id)
        if _has_ended(session, services, row, now) or row.gathered_by in carriers:
            continue
        try:
            if wait_if_quiet(session, services.registry, row, now):
                record_event(session, "delivery", row.platform, row.status)
                continue
            rendered = render_message(session, services, row)
        except DBAPIError:
            raise
        except Exception as error:
            _end_unrendered(session, services, row, error, give_up)
            continue
        if rendered is None:
            set_status(session, row, OutboxStatus.CANCELLED)
            continue
        address, reply = rendered
        if row.may_have_arrived and reply.step and receipts.has_later_reply(session, row):
            set_status(session, row, OutboxStatus.UNKNOWN)  # another question is open by now
            continue
        replaces = receipts.provider_id_of(session, row.replaces_id)
        if (reply.closing or reply.edits) and replaces is None:
            set_status(session, row, OutboxStatus.CANCELLED)
            continue
        suppressed = suppression_of(session, services, row, address)
        # A reply is sent all the same: who has just written can usually be reached.
        if suppressed and row.kind != MessageKind.REPLY:
            give_up_on(session, services, row, "suppressed")
            continue
        if row.room_id is not None:
            paced = room_pace.pace(session, services, row, reply, claimed)
            if paced is None:
                continue
            reply = paced
            carriers |= {row.id} & {row.gathered_by}
            if row.platform == EMAIL:
                reply = as_email_to_staff(session, services, row, reply)
        messages.append(
            ClaimedMessage(
                row.id,
                worker,
                row.attempts,
                row.account,
                row.kind,
                row.platform,
                address,
                reply,
                replaces,
                suppressed is not None,
            )
        )
    return Claims(
        messages,
        len(due) + len(rows),
        len(due),
        sum(row.account != REMINDERS for row in due),
        sum(row.kind == MessageKind.REMINDER for row in rows),
    )


def _read_at_once(session: Session, services: Services, rows: Collection[OutboxRow]) -> None:
    """Read the bookings of rows; one that can't be is met again with its row."""
    with contextlib.suppress(UnreadableValue):
        if read_bookings(session, rows):
            read_ahead(session, services, rows)


def _log_unchosen(row: OutboxRow, error: Exception) -> None:
    name, places = type(error).__name__, traceback_lines(error)
    log.error("choosing a way failed", message=row.id, error=name, places=places)


def _end_unrendered(
    session: Session, services: Services, row: OutboxRow, error: Exception, give_up: timedelta
) -> None:
    """Give up a text that a limit keeps back; try again later what can't be rendered."""
    if isinstance(error, TextKeptBack):
        give_up_on(session, services, row, error.why)
        return
    name, places = type(error).__name__, traceback_lines(error)
    log.error("rendering failed", message=row.id, error=name, places=places)
    retry_or_fail(session, services, row, DeliveryError(name), give_up)


def retry_or_fail(
    session: Session, services: Services, row: OutboxRow, error: DeliveryError, give_up: timedelta
) -> None:
    """Try a message again later, or give it up.

    Where its booking can't be read, neither can be told where else to send it.
    """
    if not _done(session, lambda: _retry_or_give_up(session, services, row, error, give_up)):
        set_status(session, row, OutboxStatus.FAILED, error.why)
        _tell_endpoints(session, services, [row])


def _tell_endpoints(session: Session, services: Services, rows: Collection[OutboxRow]) -> None:
    """Enqueue the events of those that were given up, except where that isn't possible either."""
    registry, now = services.registry, services.clock()
    for row in rows:
        if row.status == OutboxStatus.FAILED:
            _done(session, partial(enqueue_message_failed, session, registry, row, now))


def _done(session: Session, act: Callable[[], None]) -> bool:
    """Act; return False, and undo it, where anything but the database prevents it."""
    try:
        with session.begin_nested():
            act()
    except DBAPIError:
        raise
    except Exception:
        return False
    return True


def _has_ended(session: Session, services: Services, row: OutboxRow, now: datetime) -> bool:
    if row.claimed_by is None:
        return True  # with the row that carried it
    if row.expires_at and row.expires_at <= now:
        set_status(session, row, OutboxStatus.EXPIRED)
    elif row.status == OutboxStatus.FAILED:
        give_up_on(session, services, row, outbox.DIED)
    else:
        return False
    return True


def mark_failed(
    session: Session,
    services: Services,
    message: ClaimedMessage,
    error: DeliveryError,
    give_up: timedelta,
) -> bool:
    """Record that sending failed: it is tried again, or given up and sent another way.

    One that may have arrived is tried once more at most. A room that can't be written to any more
    is unbound; one whose chat moved is followed at once. An edit of a message that was deleted is
    made in the next, if there is one; an answer to one is sent as it is then.

    Return False where another worker has claimed it by now.
    """
    services.registry.refresh(session)
    row = outbox.get_claimed(session, message.id, message.worker, message.attempts)
    if row is None:
        return False
    if row.room_id is not None and error.moved_to is not None:
        _follow_room(session, services, row, message, error.moved_to)
        return True
    if error.gone:
        _go_without(session, services, row, message)
        return True
    if error.may_have_arrived:
        _retry_doubtful(session, services, row, message, error)
    else:
        _retry_or_give_up(session, services, row, error, give_up)
    if error.unreachable:
        give_up_address(session, services, row, message.address)
    elif row.room_id is not None and error.retry_after:
        until = services.clock() + timedelta(seconds=error.retry_after)
        room_pace.hold(session, row, until)
    return True


def give_up_address(session: Session, services: Services, row: OutboxRow, address: str) -> None:
    """Send nothing more to the address of a row, which can't be reached; a room is unbound."""
    give_up = suppress if row.room_id is None else leave_room
    give_up(session, services, row.account, address)


def leave_room(session: Session, services: Services, account: str, chat: str) -> None:
    """Unbind the rooms of a chat that an account can't write to any more."""
    if left := rooms.leave(session, account, chat, services.clock()):
        log.info("room left", account=account, rooms=left)


def move_room(session: Session, services: Services, account: str, chat: str, new_chat: str) -> None:
    """Send what is for the rooms of a chat to its new address from now on."""
    rooms.move(session, account, chat, new_chat, services.clock())
    log.info("room moved", account=account)


def _follow_room(
    session: Session, services: Services, row: OutboxRow, message: ClaimedMessage, to: str
) -> None:
    """Send a message to a room again at once, at the new address of its chat."""
    move_room(session, services, message.account, message.address, to)
    if row.status == OutboxStatus.CLAIMED:  # unless another room is bound there
        _send_at_once(session, services, row)


def _go_without(
    session: Session, services: Services, row: OutboxRow, message: ClaimedMessage
) -> None:
    """Send a message again at once, as it is without the deleted one that it edits or answers.

    Another counts as the first of a booking or thread from now on.
    """
    deleted = message.replaces or message.reply.answers
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.room_id == row.room_id, OutboxRow.provider_id == deleted)
        .values(provider_id=None)
    )
    _send_at_once(session, services, row)
    if row.kind == MessageKind.RELAY:
        show_next_first(session, services.registry, row, services.clock())


def _send_at_once(session: Session, services: Services, row: OutboxRow) -> None:
    row.try_at = services.clock()
    set_status(session, row, OutboxStatus.PENDING)
    outbox.notify_workers(session)


def abandon(session: Session, services: Services, message: Claimed) -> bool:
    """Mark a message failed whose outcome couldn't be recorded; `rantevou outbox` lists it."""
    row = outbox.get_claimed(session, message.id, message.worker, message.attempts)
    if row:
        set_status(session, row, OutboxStatus.FAILED, "its outcome couldn't be stored")
        if isinstance(message, ClaimedMessage):  # endpoints aren't told of their own events
            _tell_endpoints(session, services, [row])
    return row is not None


def _retry_or_give_up(
    session: Session, services: Services, row: OutboxRow, error: DeliveryError, give_up: timedelta
) -> None:
    now = services.clock()
    again = max(outbox.retry_at(row.attempts, now), now + timedelta(seconds=error.retry_after))
    if row.kind == MessageKind.REMINDER:  # there must be time for another way
        give_up = min(give_up, patience(row))
    if error.for_good:
        give_up_on(session, services, row, error.why)
    elif again > row.due_at + give_up:
        room_pace.release_younger(session, row, again - give_up)
        give_up_on(session, services, row, error.why)
    else:
        row.try_at = again
        if row.last_error == outbox.DIED:
            # Tried as any other: later messages wait for it, and the list of those stuck has it.
            row.may_have_arrived = False
        set_status(session, row, OutboxStatus.PENDING, error.why)


def _retry_doubtful(
    session: Session,
    services: Services,
    row: OutboxRow,
    message: ClaimedMessage,
    error: DeliveryError,
) -> None:
    """Try a message once more that may have arrived, or leave it at that, as `doubt` says."""
    again = services.clock() + doubt.PAUSE
    send_again = doubt.SEND_AGAIN[doubt.part_of(message.kind, message.reply)]
    in_time = row.expires_at is None or again < row.expires_at
    if send_again and in_time and not row.may_have_arrived:
        row.try_at, row.may_have_arrived = again, True
        set_status(session, row, OutboxStatus.PENDING, error.why)
        return
    set_status(session, row, OutboxStatus.UNKNOWN, error.why)
    if send_again:
        _send_another_way(session, services, row)


def give_up_on(session: Session, services: Services, row: OutboxRow, why: str) -> None:
    """Mark a message failed, and send it another way; endpoints learn of a citizen's."""
    set_status(session, row, OutboxStatus.FAILED, why)
    enqueue_message_failed(session, services.registry, row, services.clock())
    _send_another_way(session, services, row)


def _send_another_way(session: Session, services: Services, row: OutboxRow) -> None:
    """Enqueue the fallback of a citizen's message; where there is none, staff are to call them."""
    registry, now = services.registry, services.clock()
    if row.kind in (MessageKind.RELAY, MessageKind.RELAY_ANSWER):
        give_up_relay(session, registry, row, now)
    elif row.kind == MessageKind.CODE_SENT:
        return  # anybody may have asked for it, and it goes to the address that is known only
    elif row.room_id is None and not enqueue_fallback(session, registry, row, now):
        enqueue_undelivered(session, registry, row, now)


def set_status(
    session: Session, row: OutboxRow, status: OutboxStatus, why: str | None = None
) -> None:
    """Set the status of a row, and of those that are sent in its message."""
    if why:
        why = without_quotes(why)
    for each in (row, *room_pace.carried_by(session, row)):
        each.try_at, each.may_have_arrived = row.try_at, row.may_have_arrived
        each.status, each.last_error, each.claimed_by = status, why, None
        record_event(session, "delivery", each.platform, status)
        if why:
            log.info(
                EVENTS.get(status, "delivery failed"),
                message=each.id,
                platform=each.platform,
                attempts=each.attempts,
                why=why,
            )
