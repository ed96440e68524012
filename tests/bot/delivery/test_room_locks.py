"""On PostgreSQL, those that lock the same rooms and rows don't wait for each other in a circle."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from bot.delivery.dispatch import claim_and_render, leave_room
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff_chat import StaffChat
from tests.conftest import BOTH

GROUPS = (-1, -2)


def together(
    chat: StaffChat, pauses: Callable[[str], bool], **works: Callable[[Session], object]
) -> list[str]:
    """Run transactions at once, which wait for each other after their first such statement.

    Return the name of each for each time that it was tried.
    """
    both_have_one, mine = threading.Barrier(len(works)), threading.local()

    def wait(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not pauses(statement) or hasattr(mine, "one"):
            return
        mine.one = True
        with suppress(threading.BrokenBarrierError):
            both_have_one.wait(0.5)

    event.listen(chat.deployment.database.engine, "after_cursor_execute", wait)
    tries: list[str] = []

    def work(name: str) -> None:
        def once(session: Session) -> None:
            tries.append(name)
            works[name](session)

        chat.do(once)

    threads = [threading.Thread(target=work, args=(name,)) for name in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(tries)


def claiming(chat: StaffChat, worker: str, limit: int) -> Callable[[Session], object]:
    given = (chat.services, [ACCOUNT], worker, limit, timedelta(hours=1))
    return lambda s: claim_and_render(s, *given)


def locks_rooms(statement: str) -> bool:
    return "staff_rooms" in statement and "FOR UPDATE" in statement


def claims(statement: str) -> bool:
    return "UPDATE outgoing" in statement and "SKIP LOCKED" in statement


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
    works = {worker: claiming(staff_chat, worker, 2) for worker in "ab"}
    tries = together(staff_chat, locks_rooms, **works)
    assert tries == ["a", "b"]  # none was the victim of a deadlock


@pytest.mark.parametrize("database", BOTH[1:], indirect=True)
def test_a_worker_and_the_news_that_its_chat_was_left_do_not_wait_for_each_other(
    staff_chat: StaffChat,
) -> None:
    (group, _other) = GROUPS
    staff_chat.bind(chat=group)
    staff_chat.book("09:00")
    staff_chat.book("09:30")

    def leave(session: Session) -> None:
        leave_room(session, staff_chat.services, ACCOUNT, str(group))

    tries = together(
        staff_chat,
        lambda statement: claims(statement) or locks_rooms(statement),
        claim=claiming(staff_chat, "a", 1),
        leave=leave,
    )
    assert tries == ["claim", "leave"]
    # The first was just being claimed, for a room that is bound no more.
    assert staff_chat.rows() == [("alert", "cancelled"), ("alert", "failed")]
