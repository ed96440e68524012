"""Reminders that were sent are recorded together."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.delivery import settlement
from bot.delivery.claimed import ClaimedMessage
from bot.delivery.settlement import MOST, Sent, TogetherRecorded
from bot.messages import Reply


def message(number: int) -> ClaimedMessage:
    reply = Reply(text="Αύριο στις 10:00", language="el")
    return ClaimedMessage(
        number, "me", 1, "email", "reminder", "email", "maria@example.gr", reply, None, False
    )


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_sent_meanwhile_is_recorded_at_once(
    monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    monkeypatch.setattr(settlement, "WAIT_SECONDS", 0)
    recorded, numbers = list[int](), [MOST, 3]

    async def record(sent: Sequence[Sent]) -> None:
        recorded.append(len(sent))
        if fails:
            raise ZeroDivisionError

    async def settle() -> list[bool]:
        together = TogetherRecorded(record)
        sent = [Sent(message(number), None) for number in range(sum(numbers))]
        return await asyncio.gather(*map(together.add, sent))

    assert asyncio.run(settle()) == [not fails] * sum(numbers)
    assert recorded == numbers


def test_of_those_that_wait_one_is_cancelled_and_all_are_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settlement, "WAIT_SECONDS", 0.01)
    recorded = list[int]()

    async def record(sent: Sequence[Sent]) -> None:
        recorded.extend(each.message.id for each in sent)

    async def settle(cancelled: int) -> list[bool | BaseException]:
        together = TogetherRecorded(record)
        tasks = [asyncio.create_task(together.add(Sent(message(n), None))) for n in range(3)]
        await asyncio.sleep(0)
        tasks[cancelled].cancel()
        async with asyncio.timeout(5):
            return await asyncio.gather(*tasks, return_exceptions=True)

    for cancelled in (0, 1):  # the first of a batch, and another
        recorded.clear()
        found = asyncio.run(settle(cancelled))
        assert isinstance(found.pop(cancelled), asyncio.CancelledError)
        assert (found, recorded) == ([True, True], [0, 1, 2])
