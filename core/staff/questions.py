"""Questions why a booking is to be cancelled: asked in a room, answered by the member who tapped.

A question's first message is edited at each step, so that the room shows how it stands.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.catalogue.registry import Registry
from core.db.models import Booking, OutboxRow, StaffQuestion, StaffRoom
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue
from core.messaging.recipients import RoomRecipient
from core.staff.alerts import to_room

LIFETIME = timedelta(hours=1)
"""The time after which a question that wasn't answered is closed."""

DOUBLE_TAP = timedelta(seconds=5)
"""The time in which a member who taps again is still asked by the first tap's question."""


def ask(
    session: Session,
    registry: Registry,
    staff: Staff,
    room: StaffRoom,
    booking: Booking,
    now: datetime,
) -> None:
    """Ask a member in a room why they cancel a booking; what they were asked before is closed.

    For its message may be gone: deleted, or in a group that has become a supergroup since. Not
    where that was within DOUBLE_TAP.
    """
    if staff.member_id is None:
        return
    session.refresh(booking, with_for_update=True)  # of two taps at once, one asks
    asked = select(StaffQuestion).where(
        StaffQuestion.room_id == room.id,
        StaffQuestion.member_id == staff.member_id,
        StaffQuestion.booking_id == booking.id,
        StaffQuestion.closed_at.is_(None),
    )
    for former in session.scalars(asked.with_for_update()).all():
        if former.asked_at > now - DOUBLE_TAP:
            return
        close(session, registry, former, now)
    question = StaffQuestion(
        room_id=room.id,
        member_id=staff.member_id,
        booking_id=booking.id,
        shown=booking.starts_at,
        asked_at=now,
        reason=None,  # which gives the row its public id
    )
    session.add(question)
    session.flush()
    cause = Cause.question(question.id, 0)
    message = to_room(room, MessageKind.STAFF_QUESTION, cause, now, booking)
    enqueue(session, registry.accounts, [message], now)


def find(session: Session, question_id: int) -> StaffQuestion | None:
    """Return a question, locked; None where there is none."""
    return session.get(StaffQuestion, question_id, with_for_update=True)


def find_answered(session: Session, room: StaffRoom, provider_id: str) -> StaffQuestion | None:
    """Return the question whose message in a room's chat has that id of the platform; else None."""
    row = session.execute(
        select(OutboxRow.dedupe_key, OutboxRow.room_id)
        .join(StaffRoom, OutboxRow.room_id == StaffRoom.id)
        .where(
            StaffRoom.account == room.account,
            StaffRoom.chat == room.chat,
            OutboxRow.kind == MessageKind.STAFF_QUESTION,
            OutboxRow.provider_id == provider_id,
            OutboxRow.replaces_id.is_(None),
        )
    ).first()
    return find(session, question_of(row.dedupe_key, row.room_id or 0)) if row else None


def question_of(dedupe_key: str, room_id: int) -> int:
    """Return the id of the question that a message to a room is a step of."""
    cause = Cause.parse(dedupe_key, str(RoomRecipient(room_id)))
    return int(cause.text.split()[1].partition(".")[0])


def is_open(question: StaffQuestion, now: datetime) -> bool:
    """Return whether a question can be answered still."""
    return question.closed_at is None and now < question.asked_at + LIFETIME


def asked_anew(session: Session, question: StaffQuestion) -> StaffQuestion | None:
    """Return the last question that took the place of a closed one; None where none did."""
    return session.scalar(
        select(StaffQuestion)
        .where(
            StaffQuestion.room_id == question.room_id,
            StaffQuestion.member_id == question.member_id,
            StaffQuestion.booking_id == question.booking_id,
            StaffQuestion.id > question.id,
        )
        .order_by(StaffQuestion.id.desc())
        .limit(1)
    )


def provider_id(session: Session, question: StaffQuestion) -> str | None:
    """Return the platform's id of a question's message; None where it has none yet, or no more."""
    first = _first_message(session, question)
    return session.scalar(select(OutboxRow.provider_id).where(OutboxRow.id == first))


def step_of(session: Session, question: StaffQuestion) -> int:
    """Return how many steps a question has taken: the edits of its message so far."""
    first = _first_message(session, question)
    edits = select(func.count()).where(
        OutboxRow.booking_id == question.booking_id, OutboxRow.replaces_id == first
    )
    return session.scalar(edits) or 0


def give_reason(
    session: Session, registry: Registry, question: StaffQuestion, reason: str, now: datetime
) -> None:
    """Keep the member's reason until they confirm it; their question shows it."""
    question.reason = reason
    _edit(session, registry, question, now)


def close(session: Session, registry: Registry, question: StaffQuestion, now: datetime) -> None:
    """Close a question; the reason is erased here, for a cancellation's is in the record."""
    question.closed_at, question.reason = now, None
    _edit(session, registry, question, now)


def close_old(session: Session, registry: Registry, now: datetime) -> None:
    """Close the questions that weren't answered within LIFETIME."""
    old = select(StaffQuestion).where(
        StaffQuestion.closed_at.is_(None), StaffQuestion.asked_at <= now - LIFETIME
    )
    for question in session.scalars(old.with_for_update(skip_locked=True)).all():
        close(session, registry, question, now)


def _first_message(session: Session, question: StaffQuestion) -> int | None:
    key = Cause.question(question.id, 0).dedupe_key(RoomRecipient(question.room_id))
    return session.scalar(select(OutboxRow.id).where(OutboxRow.dedupe_key == key))


def _edit(session: Session, registry: Registry, question: StaffQuestion, now: datetime) -> None:
    """Have the question's message show how it stands."""
    session.flush()
    first = _first_message(session, question)
    if first is None:  # its account isn't configured any more
        return
    room = session.get_one(StaffRoom, question.room_id)
    booking = session.get_one(Booking, question.booking_id)
    cause = Cause.question(question.id, step_of(session, question) + 1)
    message = to_room(room, MessageKind.STAFF_QUESTION, cause, now, booking)
    enqueue(session, registry.accounts, [replace(message, replaces_id=first)], now)
