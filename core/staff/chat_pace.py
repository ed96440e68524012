"""The pace of messages to a chat of staff, as far as its rooms store it.

A group at Telegram takes 20 messages a minute, edits too. By the generic cell rate algorithm, each
message moves the chat's time `paced_until` on by INTERVAL; one may be sent while that time is at
most BURST - 1 intervals ahead.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.db.models import StaffRoom
from core.staff.rooms import lock_chat

INTERVAL = timedelta(seconds=4)
BURST = 5

MEASURED = timedelta(minutes=1)
"""The time in which a group counts its messages."""


def paced_until(rooms: Sequence[StaffRoom], now: datetime) -> datetime:
    """Return the time up to which the messages to a chat are spread, given all its rooms."""
    return max((now, *(room.paced_until for room in rooms if room.paced_until is not None)))


def takes_answer(session: Session, account: str, chat: str, now: datetime) -> bool:
    """Return whether a chat takes one more message now, by its pace."""
    ahead = paced_until(lock_chat(session, account, chat), now) - now
    return ahead <= (BURST - 1) * INTERVAL


def count_answer(session: Session, account: str, chat: str, now: datetime) -> None:
    """Count a message that goes to a chat at once: what waits for its rooms, waits for it.

    Those beyond what the chat takes are refused there, and aren't counted.
    """
    if rooms := lock_chat(session, account, chat):
        rooms[0].paced_until = min(paced_until(rooms, now) + INTERVAL, now + MEASURED)
