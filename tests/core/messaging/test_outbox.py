"""Which outbox messages are claimed, in which order and by whom, and their statuses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Citizen, Contact, Conversation, InboundRow, OutboxRow
from core.errors import RetryTransaction
from core.messaging import outbox, receipts
from core.messaging.outbox import OutboxMessage
from tests.core.small_municipality import NOW

ACCOUNTS = ("push:one",)


class Queue:
    """An outbox with two recipients, and a clock."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.registry = Registry("secret", frozenset(ACCOUNTS))
        self.now = NOW
        self.count = 0
        citizen = Citizen(details={}, created_at=NOW)
        session.add(citizen)
        session.flush()
        self.contacts = [
            Contact(account=ACCOUNTS[0], address=name, citizen_id=citizen.id) for name in "ab"
        ]
        session.add_all(self.contacts)
        session.flush()
        talk = Conversation(contact_id=self.contacts[0].id, language="el", timezone="", state={})
        session.add(talk)
        session.flush()
        self.conversation = talk.id

    def turn(self) -> int:
        """Store an inbound message; return its id."""
        self.count += 1
        row = InboundRow(
            account=ACCOUNTS[0],
            message_id=str(self.count),
            conversation_id=self.conversation,
            replies=[],
            received_at=self.now,
        )
        self.session.add(row)
        self.session.flush()
        return row.id

    def add(self, kind: str, who: int = 0, key: str = "", **more: Any) -> None:
        """Enqueue a message that a test knows by its kind."""
        self.count += 1
        contact = self.contacts[who].id
        given = {"due_at": self.now, "account": ACCOUNTS[0], "contact_id": contact, **more}
        key = key or str(self.count)
        message = OutboxMessage(kind=kind, recipient=f"contact {contact}", dedupe_key=key, **given)
        outbox.enqueue(self.session, self.registry.accounts, [message], self.now)

    def claim(self, worker: str = "me", limit: int = 20) -> str:
        """Claim messages; return their kinds, in order."""
        rows = outbox.claim(self.session, ACCOUNTS, worker, self.now, limit)
        return " ".join(row.kind for row in rows)

    def settle(self, kind: str, worker: str = "me", status: str = "sent", **values: Any) -> bool:
        found = self.row(kind)
        row = outbox.get_claimed(self.session, found.id, worker, found.attempts)
        if row:
            for name, value in {"status": status, **values}.items():
                setattr(row, name, value)
        return row is not None

    def row(self, kind: str) -> OutboxRow:
        self.session.flush()
        self.session.expire_all()
        return self.session.scalars(select(OutboxRow).where(OutboxRow.kind == kind)).one()

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def queue(session: Session) -> Queue:
    return Queue(session)


def test_what_is_due_is_claimed_once(queue: Queue) -> None:
    queue.add("hello")
    assert queue.claim() == "hello"
    assert queue.claim("another") == ""
    assert queue.settle("hello")
    queue.later(days=1)
    assert queue.claim() == ""


def test_the_same_key_is_enqueued_once(queue: Queue) -> None:
    queue.add("first", key="same")
    queue.add("second", key="same")
    assert queue.claim() == "first"


def test_what_goes_to_an_unknown_account_is_not_stored(queue: Queue) -> None:
    queue.add("hello", account="push:two")
    assert queue.session.scalars(select(OutboxRow)).all() == []


def test_accounts_that_fetch_their_messages_themselves_are_left_alone(queue: Queue) -> None:
    queue.registry.accounts = frozenset({"webchat"})
    queue.add("hello", account="webchat")
    queue.later(days=1)
    assert queue.claim() == ""


def test_the_rows_of_a_turn_go_one_after_the_other_however_long_it_takes(queue: Queue) -> None:
    turn = queue.turn()
    for position, kind in enumerate(("first", "second", "third")):
        queue.add(kind, inbound_id=turn, position=position)
    assert queue.claim() == "first"
    assert queue.claim() == ""
    queue.settle("first", status="pending", try_at=queue.now + timedelta(minutes=30))
    queue.later(minutes=29)
    assert queue.claim() == ""
    queue.later(minutes=1)
    assert queue.claim() == "first"
    queue.settle("first", status="failed")
    assert queue.claim() == "second"


def test_others_wait_for_earlier_ones_to_the_same_recipient_two_minutes_at_most(
    queue: Queue,
) -> None:
    queue.add("first", inbound_id=queue.turn())
    assert queue.claim() == "first"
    queue.settle("first", status="pending", try_at=queue.now + timedelta(hours=1))
    queue.later(seconds=10)
    queue.add("second", inbound_id=queue.turn())
    queue.later(seconds=119)
    assert queue.claim() == ""
    queue.later(seconds=1)
    assert queue.claim() == "second"


def test_what_replaces_another_waits_for_it_however_long(queue: Queue) -> None:
    queue.add("month", inbound_id=queue.turn())
    assert queue.claim() == "month"
    queue.settle("month", status="pending", try_at=queue.now + timedelta(hours=2))
    queue.later(seconds=10)
    queue.add("next month", inbound_id=queue.turn(), replaces_id=queue.row("month").id)
    queue.later(hours=1)
    assert queue.claim() == ""
    queue.later(hours=1)
    assert queue.claim() == "month"
    queue.settle("month")
    assert queue.claim() == "next month"


def test_answers_keep_their_order_though_the_clock_was_set_back(queue: Queue) -> None:
    queue.add("first", inbound_id=queue.turn())
    queue.later(seconds=-30)
    queue.add("second", inbound_id=queue.turn())
    assert queue.claim() == ""
    queue.later(seconds=30)
    assert queue.claim() == "first"
    queue.settle("first")
    assert queue.claim() == "second"


def test_no_ring_of_waiting_comes_of_a_clock_that_was_set_back(queue: Queue) -> None:
    queue.add("first", inbound_id=queue.turn())
    queue.later(seconds=-30)
    queue.add("second", inbound_id=queue.turn())
    queue.later(seconds=10)
    queue.add("moved")
    queue.later(seconds=20)
    for kind in ("first", "second", "moved"):
        assert queue.claim() == kind
        queue.settle(kind)


def test_nobody_waits_for_what_is_due_to_another(queue: Queue) -> None:
    queue.add("to a")
    queue.add("to b", who=1)
    assert queue.claim() == "to a to b"


def test_what_is_not_due_yet_blocks_nobody(queue: Queue) -> None:
    queue.add("reminder", due_at=queue.now + timedelta(days=1))
    queue.add("hello")
    assert queue.claim() == "hello"
    queue.settle("hello")
    queue.later(days=1)
    assert queue.claim() == "reminder"


def test_earlier_is_what_was_due_earlier(queue: Queue) -> None:
    queue.add("reminder", due_at=queue.now + timedelta(seconds=5))
    queue.later(seconds=10)
    queue.add("hello")
    assert queue.claim() == "reminder"


def test_no_more_are_claimed_than_were_asked_for(queue: Queue) -> None:
    queue.add("one")
    queue.add("two", who=1)
    assert queue.claim(limit=1) == "one"
    assert queue.claim(limit=1) == "two"


def test_what_a_dead_worker_had_is_anothers_when_its_lease_runs_out(queue: Queue) -> None:
    queue.add("hello")
    assert queue.claim("dead") == "hello"
    queue.later(seconds=outbox.LEASE.total_seconds() - 1)
    assert queue.claim("other") == ""
    queue.later(seconds=1)
    assert queue.claim("other") == "hello"
    assert queue.row("hello").attempts == 2


def test_only_the_worker_that_holds_the_lease_settles(queue: Queue) -> None:
    queue.add("hello")
    queue.claim("slow")
    queue.later(hours=1)
    queue.claim("quick")
    assert not queue.settle("hello", "slow")
    assert queue.settle("hello", "quick")
    assert not queue.settle("hello", "quick", status="pending")
    assert queue.row("hello").status == "sent"


def test_an_earlier_claim_of_the_same_worker_settles_nothing(queue: Queue) -> None:
    queue.add("hello")
    queue.claim()
    queue.later(hours=1)
    queue.claim()
    row = queue.row("hello")
    assert outbox.get_claimed(queue.session, row.id, "me", 1) is None
    assert outbox.get_claimed(queue.session, row.id, "me", 2) is not None


def test_what_was_rescheduled_while_it_was_sent_is_still_pending(queue: Queue) -> None:
    queue.add("hello")
    queue.claim()
    row = queue.row("hello")
    row.status, row.try_at, row.claimed_by = "pending", queue.now + timedelta(days=1), None
    assert not queue.settle("hello")
    queue.later(days=1)
    assert queue.claim() == "hello"


def test_a_receipt_waits_for_what_is_being_sent_and_no_longer(queue: Queue) -> None:
    def told(address: str = "a", number: str = "5", account: str = ACCOUNTS[0]) -> str | None:
        row = receipts.find_by_provider_id(queue.session, account, address, number, queue.now)
        return row.kind if row else None

    queue.add("hello", inbound_id=queue.turn())
    assert told() is None
    queue.claim()
    with pytest.raises(RetryTransaction):
        told()
    assert told("b") is None
    queue.later(seconds=3)
    assert told() is None
    queue.settle("hello", provider_id="5")
    assert told() == "hello"
    assert told(account="push:two") is None
    assert told(number="6") is None


def test_pauses_grow_up_to_ten_minutes_and_differ() -> None:
    def pauses(attempts: int) -> set[float]:
        found = (outbox.retry_at(attempts, NOW) - NOW for _ in range(50))
        return {pause.total_seconds() for pause in found}

    for attempts, most in ((1, 2), (2, 4), (5, 32), (12, 600), (10_000, 600)):
        assert all(most / 2 <= pause <= most * 1.5 for pause in pauses(attempts))
        assert len(pauses(attempts)) > 1


def test_workers_at_once_claim_nothing_twice(empty: Database) -> None:
    def fill(session: Session) -> None:
        queue = Queue(session)
        for number in range(60):
            contact = Contact(
                account=ACCOUNTS[0], address=f"x{number}", citizen_id=queue.contacts[0].citizen_id
            )
            session.add(contact)
            queue.contacts.append(contact)
            session.flush()
            queue.add(f"m{number}", who=number + 2)

    empty.write_sync(fill)

    def work(name: int) -> list[int]:
        own = Database(empty.url)
        mine: list[int] = []
        while True:
            rows = own.write_sync(
                lambda s: [row.id for row in outbox.claim(s, ACCOUNTS, str(name), NOW, 2)]
            )
            if not rows:
                break
            mine += rows
        own.close()
        return mine

    with ThreadPoolExecutor(3) as threads:
        claimed = [row for rows in threads.map(work, range(3)) for row in rows]
    assert len(claimed) == len(set(claimed)) == 60
