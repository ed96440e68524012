"""The proofs call lost every message that should have been sent, and nothing else."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update

from core.db.models import OutboxRow
from tests.bot.push_deployment import PushDeployment
from tests.dialogs.scripted_citizen import confirmed
from tests.proofs.invariants import check_outbox

MORNING = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
LATE_IN_THE_EVENING = datetime(2026, 12, 1, 21, 50, tzinfo=UTC)
"""Times of booking, the second past the times of both reminders, for quiet hours have begun."""

SAID = (
    *("Γεια", "κεπ", "επιχειρήσεις", "2/12", "9:40", "Νίκος Ιωάννου", "nikos@example.gr"),
    *("6971234567", "Ομονοίας 12, 65302 Καβάλα", "ελληνική", "ΑΒ 123456", "Έναρξη επαγγέλματος"),
    *("με email", "όχι", "-", "συμφωνώ", "ναι"),
)
"""The citizen's messages, for an appointment on 2 December at 9:40 in Athens."""

REMINDERS = OutboxRow.kind == "reminder"


@pytest.fixture
def booked_at(request: pytest.FixtureRequest, push: PushDeployment) -> PushDeployment:
    """Book at that time and deliver all that is due."""
    push.deployment.clock.now = request.param
    assert confirmed(push.deployment.talk(*SAID))
    push.deliver(push.settled)
    return push


def check(push: PushDeployment) -> None:
    push.deployment.database.write_sync(check_outbox)


@pytest.mark.parametrize(
    ("booked_at", "reminder"),
    [(MORNING, "pending"), (LATE_IN_THE_EVENING, "cancelled")],
    indirect=["booked_at"],
)
def test_at_no_hour_is_anything_called_lost(booked_at: PushDeployment, reminder: str) -> None:
    assert [row[1] for row in booked_at.rows("reminder")] == [reminder] * 2
    check(booked_at)


@pytest.mark.parametrize("booked_at", [MORNING], indirect=True)
def test_a_reminder_that_was_sent_is_not_called_lost(booked_at: PushDeployment) -> None:
    booked_at.deployment.clock.forward(hours=1)
    booked_at.deliver(lambda: {"pending", "sent"} == {row[1] for row in booked_at.rows("reminder")})
    booked_at.deployment.clock.forward(days=1, hours=10, minutes=57)  # just before quiet hours
    booked_at.deliver(lambda: booked_at.statuses() == {"sent"})
    check(booked_at)


LOST = {
    "a cancelled reply": update(OutboxRow).where(~REMINDERS).values(status="cancelled"),
    "a failed reply": update(OutboxRow).where(~REMINDERS).values(status="failed"),
    "a cancelled reminder": update(OutboxRow).where(REMINDERS).values(status="cancelled"),
    "an expired reminder": update(OutboxRow).where(REMINDERS).values(status="expired"),
    "no reminder": delete(OutboxRow).where(REMINDERS),
}


@pytest.mark.parametrize("booked_at", [MORNING], indirect=True)
@pytest.mark.parametrize("how", LOST)
def test_what_is_lost_is_called_lost(booked_at: PushDeployment, how: str) -> None:
    booked_at.deployment.database.write_sync(lambda s: s.execute(LOST[how]))
    with pytest.raises(AssertionError):
        check(booked_at)


@pytest.mark.parametrize("booked_at", [LATE_IN_THE_EVENING], indirect=True)
def test_a_late_reminder_is_called_wrong(booked_at: PushDeployment) -> None:
    booked_at.deployment.database.write_sync(
        lambda s: s.execute(update(OutboxRow).where(REMINDERS).values(status="pending"))
    )
    with pytest.raises(AssertionError):
        check(booked_at)
