"""The transactions that record that messages were sent.

Several reminders are recorded in one, for thousands may be due.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from bot.context import Services
from bot.delivery.addresses import unsuppress
from bot.delivery.claimed import ClaimedMessage
from bot.delivery.dispatch import set_status
from bot.delivery.text_counts import count_text
from core.db.models import OutboxRow, OutboxStatus, StaffRoom
from core.messaging import outbox

MOST = 10
"""The most that are recorded together: half of those that are sent at once."""

WAIT_SECONDS = 0.1
"""The time for which the first waits for others. A process that is killed meanwhile leaves them to
be sent again."""


@dataclass(frozen=True)
class Sent:
    """A message that was sent, with its id at the platform."""

    message: ClaimedMessage
    provider_id: str | None


@dataclass
class _Batch:
    sent: list[Sent] = field(default_factory=list)
    is_full: asyncio.Event = field(default_factory=asyncio.Event)
    recorded: asyncio.Task[bool] = field(init=False)


class TogetherRecorded:
    """Gathers what was sent, and has it recorded by `record`."""

    def __init__(self, record: Callable[[Sequence[Sent]], Awaitable[object]]) -> None:
        self._record = record
        self._open: _Batch | None = None

    async def add(self, sent: Sent) -> bool:
        """Return once it is recorded; False where an error prevents that, of one or of all.

        Where who waits is cancelled, it is recorded all the same, as are the others.
        """
        batch = self._open
        if batch is None:
            batch = self._open = _Batch()
            batch.recorded = asyncio.create_task(self._record_full(batch))
        batch.sent.append(sent)
        if len(batch.sent) == MOST:
            self._open = None
            batch.is_full.set()
        return await asyncio.shield(batch.recorded)

    async def _record_full(self, batch: _Batch) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS):
                await batch.is_full.wait()
        if self._open is batch:
            self._open = None
        with suppress(Exception):  # which each will meet for itself, and log
            await self._record(batch.sent)
            return True
        return False


def mark_sent(
    session: Session, services: Services, message: ClaimedMessage, provider_id: str | None
) -> bool:
    """Record that a message was sent; return False where another worker has claimed it by now."""
    row = outbox.get_claimed(session, message.id, message.worker, message.attempts)
    if row is not None:
        _mark_sent(session, services, row, Sent(message, provider_id))
    return row is not None


def mark_all_sent(
    session: Session, services: Services, worker: str, sent: Sequence[Sent]
) -> Sequence[ClaimedMessage]:
    """Record that several were sent; return those that another worker has claimed by now."""
    attempts = {each.message.id: each.message.attempts for each in sent}
    found = {row.id: row for row in outbox.get_all_claimed(session, worker, attempts)}
    for each in sent:
        if row := found.get(each.message.id):
            _mark_sent(session, services, row, each)
    return [each.message for each in sent if each.message.id not in found]


def _mark_sent(session: Session, services: Services, row: OutboxRow, sent: Sent) -> None:
    message = sent.message
    room = session.get(StaffRoom, row.room_id, with_for_update=True) if row.room_id else None
    # In a chat that has moved meanwhile, that id is another message's.
    row.provider_id = None if room and room.chat != message.address else sent.provider_id
    set_status(session, row, OutboxStatus.SENT)
    count_text(session, services, row, message.reply)
    if message.was_suppressed and not services.platforms[message.account].has_stop_word:
        unsuppress(session, services, message.account, message.address)
