"""On PostgreSQL, workers that write to the same chats don't wait for each other in a circle."""

import threading
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from bot.delivery.dispatch import claim_and_render
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff_chat import StaffChat
from tests.conftest import BOTH

GROUPS = (-1, -2)


@pytest.mark.parametrize("database", BOTH[1:], indirect=True)
def test_two_workers_with_rows_to_the_same_chats_lock_them_in_one_order(
    staff_chat: StaffChat,
) -> None:
    rooms = {
        (chat, group): staff_chat.bind(chat=chat, topic=topic, group=group)
        for chat in GROUPS
        for topic, group in (("1", "building"), ("2", "money"))
    }
    for service in ("permit", "tax"):
        staff_chat.book("09:00", service=service)
    # The first worker gets the permit's rows, the second the tax's, in the other order.
    for seconds, chat in ((1, -2), (2, -1)):
        later = text(
            "UPDATE outgoing SET due_at = due_at + :s, try_at = try_at + :s WHERE room_id = :r"
        )
        given = {"s": seconds, "r": rooms[chat, "money"]}
        staff_chat.do(partial(Session.execute, statement=later, params=given))
    staff_chat.deployment.clock.forward(seconds=10)
    both_have_one, mine = threading.Barrier(2), threading.local()

    def wait(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "staff_rooms" not in statement or "FOR UPDATE" not in statement or hasattr(mine, "one"):
            return
        mine.one = True
        with suppress(threading.BrokenBarrierError):
            both_have_one.wait(0.5)

    event.listen(staff_chat.deployment.database.engine, "after_cursor_execute", wait)
    tries: list[str] = []

    def work(worker: str) -> None:
        def once(session: Any) -> None:
            tries.append(worker)
            given = (staff_chat.services, [ACCOUNT], worker, 2, timedelta(hours=1))
            claim_and_render(session, *given)

        staff_chat.do(once)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tries) == ["a", "b"]  # none was the victim of a deadlock
