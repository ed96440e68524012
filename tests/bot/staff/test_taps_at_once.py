"""Two taps of one member on the same button at the same time, on PostgreSQL."""

import threading
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import event, select

from bot.staff.receive import receive
from bot.staff_messages import StaffInbound
from core.db.models import StaffQuestion
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff.people import HELEN, People
from tests.bot.staff_chat import GROUP
from tests.conftest import BOTH


@pytest.mark.parametrize("database", BOTH[1:], indirect=True)
def test_of_two_taps_at_once_one_asks_why_it_is_cancelled(people: People) -> None:
    people.chat.bind()
    people.linked(HELEN)
    people.chat.book()
    people.deliver()
    buttons = people.chat.server.buttons(GROUP)
    cancel = next(data for label, data in buttons.items() if label.startswith("Ακύρωση"))
    at_once = threading.Barrier(2)

    def wait(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "INSERT INTO staff_questions" in statement:
            with suppress(threading.BrokenBarrierError):
                at_once.wait(0.5)

    event.listen(people.chat.deployment.database.engine, "before_cursor_execute", wait)

    def tap(number: int) -> None:
        inbound = StaffInbound(
            platform="telegram",
            account=ACCOUNT,
            message_id=str(number),
            chat=str(GROUP),
            address=str(HELEN),
            tap=cancel,
        )
        people.chat.do(lambda s: receive(s, people.chat.services, inbound))

    threads = [threading.Thread(target=tap, args=(number,)) for number in (901, 902)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(people.chat.do(lambda s: s.scalars(select(StaffQuestion)).all())) == 1
