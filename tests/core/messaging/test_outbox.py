"""The outbox: what is claimed, in which order and by whom, and how it ends."""

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
from tests.postgres import KEY

ACCOUNTS = ("pager:one",)


class OutboxEnvironment:
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

    def enqueue(self, kind: str, who: int = 0, key: str = "", **more: Any) -> None:
        """Enqueue a message, whose kind is its name in the test."""
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
def env(session: Session) -> OutboxEnvironment:
    return OutboxEnvironment(session)


def test_what_is_due_is_claimed_once(env: OutboxEnvironment) -> None:
    env.enqueue("hello")
    assert env.claim() == "hello"
    assert env.claim("another") == ""
    assert env.settle("hello")
    env.later(days=1)
    assert env.claim() == ""


def test_the_same_key_is_enqueued_once(env: OutboxEnvironment) -> None:
    env.enqueue("first", key="same")
    env.enqueue("second", key="same")
    assert env.claim() == "first"


def test_messages_of_other_accounts_are_not_enqueued(env: OutboxEnvironment) -> None:
    env.enqueue("hello", account="pager:two")
    assert env.session.scalars(select(OutboxRow)).all() == []


def test_accounts_whose_pages_fetch_are_not_claimed(
    env: OutboxEnvironment,
) -> None:
    env.registry.accounts = frozenset({"webchat"})
    env.enqueue("hello", account="webchat")
    env.later(days=1)
    assert env.claim() == ""


def test_the_rows_of_a_turn_go_one_after_the_other_however_long_it_takes(
    env: OutboxEnvironment,
) -> None:
    turn = env.turn()
    for position, kind in enumerate(("first", "second", "third")):
        env.enqueue(kind, inbound_id=turn, position=position)
    assert env.claim() == "first"
    assert env.claim() == ""
    env.settle("first", status="pending", try_at=env.now + timedelta(minutes=30))
    env.later(minutes=29)
    assert env.claim() == ""
    env.later(minutes=1)
    assert env.claim() == "first"
    env.settle("first", status="failed")
    assert env.claim() == "second"


def test_others_wait_for_earlier_ones_to_the_same_recipient_two_minutes_at_most(
    env: OutboxEnvironment,
) -> None:
    env.enqueue("first", inbound_id=env.turn())
    assert env.claim() == "first"
    env.settle("first", status="pending", try_at=env.now + timedelta(hours=1))
    env.later(seconds=10)
    env.enqueue("second", inbound_id=env.turn())
    env.later(seconds=119)
    assert env.claim() == ""
    env.later(seconds=1)
    assert env.claim() == "second"


def test_what_is_said_in_a_conversation_with_the_office_keeps_its_order_however_long(
    env: OutboxEnvironment,
) -> None:
    for number in range(2):
        env.enqueue(f"text {number}", thread_id=1)
    assert env.claim() == "text 0"
    env.settle("text 0", status="pending", try_at=env.now + timedelta(hours=3))
    env.later(hours=1)
    for kind, thread in (("closed", 1), ("another's", 2), ("no text", None)):
        env.enqueue(kind, thread_id=thread)
    env.enqueue("to the room", who=1, thread_id=1)
    env.later(minutes=5)
    assert env.claim() == "another's no text to the room"
    for kind in ("another's", "no text", "to the room"):
        env.settle(kind)
    env.later(hours=2)
    assert env.claim() == "text 0"
    env.settle("text 0", status="failed")
    assert env.claim() == "text 1"
    env.settle("text 1")
    assert env.claim() == "closed"


def test_what_replaces_another_waits_for_it_however_long(env: OutboxEnvironment) -> None:
    env.enqueue("month", inbound_id=env.turn())
    assert env.claim() == "month"
    env.settle("month", status="pending", try_at=env.now + timedelta(hours=2))
    env.later(seconds=10)
    env.enqueue("next month", inbound_id=env.turn(), replaces_id=env.row("month").id)
    env.later(hours=1)
    assert env.claim() == ""
    env.later(hours=1)
    assert env.claim() == "month"
    env.settle("month")
    assert env.claim() == "next month"


def test_replies_keep_their_order_though_the_clock_was_set_back(env: OutboxEnvironment) -> None:
    env.enqueue("first", inbound_id=env.turn())
    env.later(seconds=-30)
    env.enqueue("second", inbound_id=env.turn())
    assert env.claim() == ""
    env.later(seconds=30)
    assert env.claim() == "first"
    env.settle("first")
    assert env.claim() == "second"


def test_a_clock_that_was_set_back_causes_no_deadlock(env: OutboxEnvironment) -> None:
    env.enqueue("first", inbound_id=env.turn())
    env.later(seconds=-30)
    env.enqueue("second", inbound_id=env.turn())
    env.later(seconds=10)
    env.enqueue("moved")
    env.later(seconds=20)
    for kind in ("first", "second", "moved"):
        assert env.claim() == kind
        env.settle(kind)


def test_nobody_waits_for_messages_to_another(env: OutboxEnvironment) -> None:
    env.enqueue("to a")
    env.enqueue("to b", who=1)
    assert env.claim() == "to a to b"


def test_what_is_not_due_yet_blocks_nobody(env: OutboxEnvironment) -> None:
    env.enqueue("reminder", due_at=env.now + timedelta(days=1))
    env.enqueue("hello")
    assert env.claim() == "hello"
    env.settle("hello")
    env.later(days=1)
    assert env.claim() == "reminder"


def test_earlier_is_what_was_due_earlier(env: OutboxEnvironment) -> None:
    env.enqueue("reminder", due_at=env.now + timedelta(seconds=5))
    env.later(seconds=10)
    env.enqueue("hello")
    assert env.claim() == "reminder"


def test_no_more_are_claimed_than_were_asked_for(env: OutboxEnvironment) -> None:
    env.enqueue("one")
    env.enqueue("two", who=1)
    assert env.claim(limit=1) == "one"
    assert env.claim(limit=1) == "two"


def test_a_dead_workers_messages_are_claimed_once_its_lease_expires(env: OutboxEnvironment) -> None:
    env.enqueue("hello")
    assert env.claim("dead") == "hello"
    env.later(seconds=outbox.LEASE.total_seconds() - 1)
    assert env.claim("other") == ""
    env.later(seconds=1)
    assert env.claim("other") == "hello"
    assert env.row("hello").attempts == 2


def test_plain_failures_and_a_timeout_before_dont_count_as_deaths(env: OutboxEnvironment) -> None:
    env.enqueue("hello")
    for _ in range(3):
        assert env.claim() == "hello"
        env.settle("hello", status="pending", try_at=env.now)
    assert env.claim() == "hello"
    env.settle("hello", status="pending", may_have_arrived=True, try_at=env.now)
    assert env.claim() == "hello"
    env.later(minutes=2)  # the worker died
    assert env.claim() == "hello"
    assert env.row("hello").status == "claimed"


def test_only_the_worker_that_holds_the_lease_settles(env: OutboxEnvironment) -> None:
    env.enqueue("hello")
    env.claim("slow")
    env.later(hours=1)
    env.claim("quick")
    assert not env.settle("hello", "slow")
    assert env.settle("hello", "quick")
    assert not env.settle("hello", "quick", status="pending")
    assert env.row("hello").status == "sent"


def test_an_earlier_claim_of_the_same_worker_settles_nothing(env: OutboxEnvironment) -> None:
    env.enqueue("hello")
    env.claim()
    env.later(hours=1)
    env.claim()
    row = env.row("hello")
    assert outbox.get_claimed(env.session, row.id, "me", 1) is None
    assert outbox.get_claimed(env.session, row.id, "me", 2) is not None
    for worker, attempts, found in (("me", 1, []), ("other", 2, []), ("me", 2, [row])):
        assert outbox.get_all_claimed(env.session, worker, {row.id: attempts}) == found


def test_what_is_rescheduled_while_it_is_sent_is_sent_again(env: OutboxEnvironment) -> None:
    env.enqueue("hello")
    env.claim()
    row = env.row("hello")
    row.status, row.try_at, row.claimed_by = "pending", env.now + timedelta(days=1), None
    assert not env.settle("hello")
    env.later(days=1)
    assert env.claim() == "hello"


def test_a_receipt_waits_for_what_is_being_sent_and_no_longer(env: OutboxEnvironment) -> None:
    def find(address: str = "a", number: str = "5", account: str = ACCOUNTS[0]) -> str | None:
        row = receipts.find_by_provider_id(env.session, account, address, number, env.now)
        return row.kind if row else None

    env.enqueue("hello", inbound_id=env.turn())
    assert find() is None
    env.claim()
    with pytest.raises(RetryTransaction):
        find()
    assert find("b") is None
    env.later(seconds=3)
    assert find() is None
    env.settle("hello", provider_id="5")
    assert find() == "hello"
    assert find(account="pager:two") is None
    assert find(number="6") is None


def test_delays_grow_up_to_ten_minutes_and_differ() -> None:
    def pauses(attempts: int) -> set[float]:
        found = (outbox.retry_at(attempts, NOW) - NOW for _ in range(50))
        return {pause.total_seconds() for pause in found}

    for attempts, most in ((1, 2), (2, 4), (5, 32), (12, 600), (10_000, 600)):
        assert all(most / 2 <= pause <= most * 1.5 for pause in pauses(attempts))
        assert len(pauses(attempts)) > 1


def test_workers_at_once_claim_nothing_twice(empty: Database) -> None:
    def fill(session: Session) -> None:
        env = OutboxEnvironment(session)
        for number in range(60):
            contact = Contact(
                account=ACCOUNTS[0], address=f"x{number}", citizen_id=env.contacts[0].citizen_id
            )
            session.add(contact)
            env.contacts.append(contact)
            session.flush()
            env.enqueue(f"m{number}", who=number + 2)

    empty.write_sync(fill)

    def work(name: int) -> list[int]:
        own = Database(empty.url, KEY)
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
