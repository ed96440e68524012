"""Two taps at the same time, on PostgreSQL."""

import threading
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import event, select

from bot.staff.receive import receive
from bot.staff_messages import StaffInbound
from core.db.models import ScheduleException, StaffQuestion
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


@pytest.mark.parametrize("database", BOTH[1:], indirect=True)
@pytest.mark.parametrize("same", [True, False])
def test_two_who_close_at_once_do_not_wait_for_each_other(people: People, *, same: bool) -> None:
    people.chat.bind()
    people.linked(HELEN)
    previews = []
    for text in ("/close 7/12 09:00-10:00", "/close 7/12 10:00-11:00"):
        people.write(text)
        previews.append(people.chat.server.buttons(GROUP)["Κλείσιμο"])
    taps = previews[:1] * 2 if same else previews
    at_once, errors = threading.Barrier(2), list[str]()

    def wait(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "pg_advisory_xact_lock(" in statement:
            with suppress(threading.BrokenBarrierError):
                at_once.wait(0.5)

    engine = people.chat.deployment.database.engine
    event.listen(engine, "before_cursor_execute", wait)
    event.listen(
        engine, "handle_error", lambda failed: errors.append(f"{failed.sqlalchemy_exception}")
    )

    def tap(number: int) -> None:
        inbound = StaffInbound(
            platform="telegram",
            account=ACCOUNT,
            message_id=str(number),
            chat=str(GROUP),
            address=str(HELEN),
            tap=taps[number % 2],
        )
        people.chat.do(lambda s: receive(s, people.chat.services, inbound))

    threads = [threading.Thread(target=tap, args=(number,)) for number in (902, 903)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    made = people.chat.do(lambda s: s.scalars(select(ScheduleException.start)).all())
    assert sorted(map(str, made)) == ["09:00"] if same else ["09:00", "10:00"]
