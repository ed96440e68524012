"""The technician's view of the outbox: counts, stuck messages, retry, drop."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.events import events
from core.db.models import OutboxRow
from core.errors import ConfigurationError
from core.messaging import outbox_admin
from tests.conftest import NOW

ACCOUNTS = frozenset({"viber:one", "email"})
NUMBERS = count(1)


def add(
    session: Session, status: str, ago: float, account: str = "viber:one", **more: object
) -> int:
    """A message that was due so many seconds ago; its id."""
    due_at = NOW - timedelta(seconds=ago)
    row = {
        "account": account,
        "platform": account.partition(":")[0],
        "status": status,
        "due_at": due_at,
        "try_at": due_at,
        "attempts": 0,
        "kind": "reminder",
        "recipient": "contact 1",
        "dedupe_key": f"test {next(NUMBERS)}",
        **more,
    }
    message = OutboxRow(**row)
    session.add(message)
    session.flush()
    return message.id


def stuck(session: Session) -> list[int]:
    return [row.id for row in outbox_admin.stuck(session, "webchat", NOW)]


def test_the_oldest_owed_is_one_that_is_due_of_an_account_we_have(session: Session) -> None:
    assert outbox_admin.oldest_due(session, ACCOUNTS, NOW) is None
    for status in ("sent", "failed", "expired", "cancelled", "delivered"):
        add(session, status, 900)
    add(session, "pending", 900, "webchat")
    add(session, "pending", 900, "viber:two")
    add(session, "pending", -60)
    assert outbox_admin.oldest_due(session, ACCOUNTS, NOW) is None
    add(session, "pending", 20, "email")
    add(session, "claimed", 30)
    assert outbox_admin.oldest_due(session, ACCOUNTS, NOW) == NOW - timedelta(seconds=30)
    assert outbox_admin.oldest_due(session, frozenset(), NOW) is None


def test_what_is_due_is_counted_by_platform_and_status(session: Session) -> None:
    for status, ago in (("pending", 5), ("pending", -5), ("failed", 5), ("failed", 9), ("sent", 5)):
        add(session, status, ago)
    add(session, "claimed", 5, "email")
    add(session, "pending", 5, "viber:two")
    assert sorted(outbox_admin.count_by_status(session, ACCOUNTS, NOW)) == [
        ("email", "claimed", 1),
        ("viber", "failed", 2),
        ("viber", "pending", 1),
    ]


def test_stuck_is_what_failed_or_is_owed_though_tried_or_overdue(session: Session) -> None:
    failed = add(session, "failed", 5000)
    overdue = add(session, "pending", 121, "viber:gone")
    tried = add(session, "pending", 30, attempts=1)
    sending = add(session, "claimed", 20, attempts=1)
    add(session, "pending", 60)
    add(session, "pending", -60)
    add(session, "sent", 900, attempts=3)
    add(session, "pending", 9000, "webchat")
    assert stuck(session) == [failed, overdue, tried, sending]


def test_what_is_retried_is_owed_now_as_if_never_tried(session: Session) -> None:
    failed = add(session, "failed", 5000, attempts=9, last_error="gone", claimed_by="w")
    other = add(session, "failed", 5000)
    assert outbox_admin.retry(session, "webchat", NOW, [failed]) == 1
    row = session.get_one(OutboxRow, failed)
    assert (row.status, row.attempts, row.due_at, row.try_at) == ("pending", 0, NOW, NOW)
    assert events(session.info)[("posted",)] == 1
    assert stuck(session) == [other]


def test_what_is_dropped_is_owed_no_more(session: Session) -> None:
    for _each in range(3):
        add(session, "failed", 50)
    assert outbox_admin.drop(session, "webchat", NOW, None) == 3
    assert set(session.scalars(select(OutboxRow.status))) == {"cancelled"}
    assert outbox_admin.drop(session, "webchat", NOW, None) == 0


@pytest.mark.parametrize("change", [outbox_admin.retry, outbox_admin.drop])
def test_what_is_not_stuck_is_refused_and_nothing_is_changed(
    session: Session, change: type[object]
) -> None:
    failed = add(session, "failed", 50)
    sent = add(session, "sent", 50)
    later = NOW + timedelta(seconds=30)
    sending = add(session, "claimed", 50, attempts=2, try_at=later)
    for other in (sent, sending, 10**9):
        with pytest.raises(ConfigurationError, match=rf": {other}\. Nothing was changed"):
            change(session, "webchat", NOW, [failed, other])  # type: ignore[call-arg]
    assert session.get_one(OutboxRow, failed).status == "failed"


def test_what_is_being_sent_just_now_is_left_alone_with_all(session: Session) -> None:
    sending = add(session, "claimed", 50, attempts=2, try_at=NOW + timedelta(seconds=30))
    left = add(session, "claimed", 500, attempts=2, try_at=NOW - timedelta(seconds=1))
    assert outbox_admin.drop(session, "webchat", NOW, None) == 1
    assert session.get_one(OutboxRow, sending).status == "claimed"
    assert session.get_one(OutboxRow, left).status == "cancelled"


def test_events_are_looked_after_by_their_endpoint(session: Session) -> None:
    given = {"kind": "event", "endpoint_id": 1, "attempts": 2}
    event = add(session, "failed", 900, "webhook:1", **given)
    assert stuck(session) == []
    with pytest.raises(ConfigurationError):
        outbox_admin.retry(session, "webchat", NOW, [event])
