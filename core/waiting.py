"""Messages of one conversation that come at once: the earlier is taken first, wherever it waits."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core import conversations
from core.tables import Waiting

LONGEST = timedelta(seconds=5)
"""How long a message is waited for: its process may have died."""


def wait(session: Session, account: str, address: str, number: int, now: datetime) -> None:
    """Note that the message with that number waits for its turn."""
    if found := conversations.find(session, account, address):
        session.merge(Waiting(conversation_id=found.id, number=number, until=now + LONGEST))


def is_next(session: Session, conversation_id: int, number: int, now: datetime) -> bool:
    """Whether no earlier message waits."""
    earlier = select(func.min(Waiting.number)).where(
        Waiting.conversation_id == conversation_id, Waiting.until > now
    )
    first = session.scalar(earlier)
    if first is not None and first < number:
        return False
    if first is not None:
        over(session, conversation_id, number)
    return True


def over(session: Session, conversation_id: int, number: int) -> None:
    """Forget that messages waited, up to that number."""
    session.execute(
        delete(Waiting).where(Waiting.conversation_id == conversation_id, Waiting.number <= number)
    )
