"""What reminders by e-mail need is read for all of them at once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from bot.delivery import dispatch, read_ahead
from bot.messages import Reply
from core.db.models import Booking, OutboxRow
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.conftest import mostly_on

pytestmark = mostly_on("sqlite")


def broken(*_anything: Any) -> None:
    raise ZeroDivisionError


def test_more_reminders_need_no_more_statements_and_are_the_same(
    push: PushDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (3, 10, 17):
        push.deployment.talk(*BOOK[:4], f"{day}/12", "12:30", *DETAILS, who=f"citizen {day}")
    services = replace(push.deployment.services, public_address="https://rantevou.gr")
    push.deployment.clock.forward(days=2, hours=4)

    def render(session: Session, numbers: list[int]) -> tuple[list[Reply], int]:
        """Claim and render the reminders of some bookings; change nothing."""
        ids = session.scalars(select(Booking.id).where(Booking.code.is_not(None))).all()
        assert len(ids) == 3
        now, statements = services.clock(), list[str]()
        session.execute(update(OutboxRow).values(status="cancelled"))
        for booking_id in (ids[number] for number in numbers):
            reminder = OutboxRow.booking_id == booking_id, OutboxRow.kind == "reminder"
            row = session.scalars(select(OutboxRow).where(*reminder)).first()
            assert row
            row.account = row.platform = "email"
            row.status, row.try_at, row.recipient = "pending", now, f"email of booking {booking_id}"
            row.due_at = now
            session.flush()

        def count(*given: Any) -> None:
            statements.append(given[2])

        event.listen(session.connection(), "before_cursor_execute", count)
        given = (["email"], "worker", 20, timedelta(hours=1))
        found = dispatch.claim_and_render(session, services, *given).messages
        session.flush()
        session.rollback()
        return [each.reply for each in found], len(statements)

    def run(*numbers: int) -> tuple[list[Reply], int]:
        with Session(push.deployment.database.engine) as session:
            return render(session, list(numbers))

    two, few = run(0, 1)
    three, many = run(0, 1, 2)
    one, _number = run(0)
    assert (len(two), len(three), few) == (2, 3, many)

    def known(replies: list[Reply]) -> set[str]:
        """Return replies without the links, whose tokens were made for each."""
        without = {"email": {"link", "unsubscribe"}}
        return {each.model_dump_json(exclude=without) for each in replies}

    assert known(one) < known(two) < known(three)
    monkeypatch.setattr(read_ahead, "read_due", broken)
    with capture_logs() as logs:
        again = known(run(0, 1, 2)[0])
    assert again == known(three), "what can't be read at once is read one by one"
    assert [(each["event"], each["error"]) for each in logs] == [
        ("reading ahead failed", "ZeroDivisionError")
    ]
