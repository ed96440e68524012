"""Reading what a chat was told last, to which few words that are typed then may be the answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.models import Booking, BookingState, OutboxRow, RelayMessage, RelayThread
from core.messaging.keys import MessageKind
from core.messaging.outbox import SENT_STATUSES
from core.messaging.page_inbox import was_fetched
from core.messaging.routes import PAGE


class Reminded(NamedTuple):
    """A booking of which a chat was reminded, and when."""

    booking: Booking
    at: datetime


def was_notified_since(session: Session, citizen_id: int, contact_id: int, at: datetime) -> bool:
    """Return whether a citizen's contact was told of an appointment after a time: no answer."""
    notices = select(OutboxRow.id).where(
        OutboxRow.booking_id.in_(select(Booking.id).where(Booking.citizen_id == citizen_id)),
        OutboxRow.contact_id == contact_id,
        OutboxRow.inbound_id.is_(None),
        OutboxRow.status.in_(SENT_STATUSES),
        OutboxRow.due_at > at,
    )
    return session.scalar(notices.limit(1)) is not None


def was_told_since(session: Session, citizen_id: int, contact_id: int, at: datetime) -> bool:
    """Return whether a citizen's contact was told anything after a time but by answers.

    Neither of an appointment of theirs, nor in a conversation with the office.
    """
    if was_notified_since(session, citizen_id, contact_id, at):
        return True
    texts = (
        select(RelayMessage.id)
        .join(RelayThread, RelayMessage.thread_id == RelayThread.id)
        .where(
            RelayThread.contact_id == contact_id,
            RelayMessage.member_id.is_not(None),
            RelayMessage.written_at > at,
        )
    )
    return session.scalar(texts.limit(1)) is not None


def reminded_last(
    session: Session, citizen_id: int, contact_id: int, before: datetime
) -> Sequence[Reminded]:
    """Return the booking whose reminder a contact was told last before a time, if that asked.

    Several where they were due at once; none where anything else was told since.
    """
    found = session.execute(
        select(OutboxRow, Booking)
        .join(Booking, OutboxRow.booking_id == Booking.id)
        .where(
            Booking.citizen_id == citizen_id,
            Booking.state == BookingState.CONFIRMED,
            Booking.starts_at > before,
            OutboxRow.contact_id == contact_id,
            OutboxRow.kind == MessageKind.REMINDER,
            OutboxRow.status.in_(SENT_STATUSES),
            OutboxRow.due_at < before,
            OutboxRow.expires_at == Booking.starts_at,  # not moved since
        )
        .order_by(OutboxRow.due_at, Booking.starts_at)
    )
    told = [
        (row.due_at, booking)
        for row, booking in found
        if row.platform != PAGE or was_fetched(session, row, contact_id, before)
    ]
    last = max((at for at, _booking in told), default=None)
    if last is None or was_told_since(session, citizen_id, contact_id, last):
        return []
    return [Reminded(each, at) for at, each in told if at == last and each.coming_at is None]
