"""Putting a conversation's messages in order that arrive at the same time, in any process."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.db.models import PendingInbound
from core.messaging import conversations

MAX_WAIT = timedelta(seconds=5)
"""The time that later messages wait for an earlier one, whose process may have died."""


def add(session: Session, account: str, address: str, number: int, now: datetime) -> None:
    """Record that the message with that number has arrived and isn't answered yet."""
    if found := conversations.find(session, account, address):
        session.merge(PendingInbound(conversation_id=found.id, number=number, until=now + MAX_WAIT))


def is_next(session: Session, conversation_id: int, number: int, now: datetime) -> bool:
    """Return whether no earlier message is pending; if so, clear this one."""
    earlier = select(func.min(PendingInbound.number)).where(
        PendingInbound.conversation_id == conversation_id, PendingInbound.until > now
    )
    first = session.scalar(earlier)
    if first is not None and first < number:
        return False
    if first is not None:
        clear(session, conversation_id, number)
    return True


def clear(session: Session, conversation_id: int, number: int) -> None:
    """Delete the records of messages up to that number."""
    session.execute(
        delete(PendingInbound).where(
            PendingInbound.conversation_id == conversation_id, PendingInbound.number <= number
        )
    )
