"""What piled up for a room over a long outage costs no more than what is sent of it."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from functools import partial

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.delivery.dispatch import claim_and_render
from bot.delivery.settlement import mark_sent
from core.db.models import UNSENT, Booking, OutboxRow, StaffRoom
from core.messaging import outbox
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue
from core.staff.alerts import to_room
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff_chat import StaffChat
from tests.conftest import on_both, on_sqlite

ROWS = 600


def pile_up(chat: StaffChat) -> None:
    """Enqueue the alerts of two hours, all older than what waits for what is before it."""
    room_id, booking_id = chat.bind(), chat.book()
    begun = chat.services.clock() - timedelta(hours=2)

    def run(session: Session) -> None:
        room, booking = session.get_one(StaffRoom, room_id), session.get_one(Booking, booking_id)
        messages = [
            to_room(room, MessageKind.ALERT, Cause(f"change of old {number}"), due, booking)
            for number in range(ROWS)
            for due in [begun + timedelta(seconds=10 * number)]
        ]
        change = session.connection().exec_driver_sql("SELECT max(id) FROM history").scalar()
        messages = [replace(each, change_id=change) for each in messages]
        enqueue(session, chat.services.registry.accounts, messages, chat.services.clock())

    chat.do(run)


@on_both
def test_what_must_wait_is_not_claimed_and_put_back_row_by_row(staff_chat: StaffChat) -> None:
    pile_up(staff_chat)
    given = (staff_chat.services, [ACCOUNT], "worker", 20, timedelta(hours=24))
    claims = sent = 0
    for _slot in range(4):
        while True:
            messages, claimed, *_counts = staff_chat.do(lambda s: claim_and_render(s, *given))
            claims += 1
            for message in messages:
                staff_chat.do(
                    partial(
                        mark_sent, services=staff_chat.services, message=message, provider_id="5"
                    )
                )
                sent += 1
            if not claimed:
                break
        staff_chat.deployment.clock.forward(seconds=4)
    assert sent == 8  # five at once, then one each four seconds
    assert claims <= 4 * sent


@on_sqlite
def test_what_has_waited_long_is_not_compared_with_all_others(staff_chat: StaffChat) -> None:
    pile_up(staff_chat)
    now, steps = staff_chat.services.clock(), [0]

    def count() -> None:
        steps[0] += 1

    def claim(session: Session) -> None:
        session.execute(update(OutboxRow).where(UNSENT).values(try_at=now))  # as after a pause
        driver = session.connection().connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(count, 1000)
        outbox.claim(session, [ACCOUNT], "worker", now, 20)
        driver.set_progress_handler(None, 0)

    staff_chat.do(claim)
    assert steps[0] < ROWS / 10  # thousands of SQLite's instructions
