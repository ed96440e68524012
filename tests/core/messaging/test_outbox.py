"""What is claimed, in which order, by whom; and what becomes of it."""

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

ACCOUNTS = ("pager:one",)


class Desk:
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
        """The number of a message that is answered."""
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

    def post(self, kind: str, who: int = 0, key: str = "", **more: Any) -> None:
        """Owe a message that is known by its kind."""
        self.count += 1
        contact = self.contacts[who].id
        given = {"due_at": self.now, "account": ACCOUNTS[0], "contact_id": contact, **more}
        key = key or str(self.count)
        owed = OutboxMessage(kind=kind, recipient=f"contact {contact}", dedupe_key=key, **given)
        outbox.enqueue(self.session, self.registry.accounts, [owed], self.now)

    def claim(self, worker: str = "me", limit: int = 20) -> str:
        """The kinds of what is claimed, in order."""
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
def desk(session: Session) -> Desk:
    return Desk(session)


def test_what_is_due_is_claimed_once(desk: Desk) -> None:
    desk.post("hello")
    assert desk.claim() == "hello"
    assert desk.claim("another") == ""
    assert desk.settle("hello")
    desk.later(days=1)
    assert desk.claim() == ""


def test_the_same_key_is_owed_once(desk: Desk) -> None:
    desk.post("first", key="same")
    desk.post("second", key="same")
    assert desk.claim() == "first"


def test_what_is_owed_to_an_account_we_do_not_have_is_not_kept(desk: Desk) -> None:
    desk.post("hello", account="pager:two")
    assert desk.session.scalars(select(OutboxRow)).all() == []


def test_accounts_that_fetch_their_messages_themselves_are_left_alone(desk: Desk) -> None:
    desk.registry.accounts = frozenset({"webchat"})
    desk.post("hello", account="webchat")
    desk.later(days=1)
    assert desk.claim() == ""


def test_the_rows_of_a_turn_go_one_after_the_other_however_long_it_takes(desk: Desk) -> None:
    turn = desk.turn()
    for position, kind in enumerate(("first", "second", "third")):
        desk.post(kind, inbound_id=turn, position=position)
    assert desk.claim() == "first"
    assert desk.claim() == ""
    desk.settle("first", status="pending", try_at=desk.now + timedelta(minutes=30))
    desk.later(minutes=29)
    assert desk.claim() == ""
    desk.later(minutes=1)
    assert desk.claim() == "first"
    desk.settle("first", status="failed")
    assert desk.claim() == "second"


def test_others_wait_for_earlier_ones_to_the_same_recipient_two_minutes_at_most(
    desk: Desk,
) -> None:
    desk.post("first", inbound_id=desk.turn())
    assert desk.claim() == "first"
    desk.settle("first", status="pending", try_at=desk.now + timedelta(hours=1))
    desk.later(seconds=10)
    desk.post("second", inbound_id=desk.turn())
    desk.later(seconds=119)
    assert desk.claim() == ""
    desk.later(seconds=1)
    assert desk.claim() == "second"


def test_what_replaces_another_waits_for_it_however_long(desk: Desk) -> None:
    desk.post("month", inbound_id=desk.turn())
    assert desk.claim() == "month"
    desk.settle("month", status="pending", try_at=desk.now + timedelta(hours=2))
    desk.later(seconds=10)
    desk.post("next month", inbound_id=desk.turn(), replaces_id=desk.row("month").id)
    desk.later(hours=1)
    assert desk.claim() == ""
    desk.later(hours=1)
    assert desk.claim() == "month"
    desk.settle("month")
    assert desk.claim() == "next month"


def test_answers_keep_their_order_though_the_clock_was_set_back(desk: Desk) -> None:
    desk.post("first", inbound_id=desk.turn())
    desk.later(seconds=-30)
    desk.post("second", inbound_id=desk.turn())
    assert desk.claim() == ""
    desk.later(seconds=30)
    assert desk.claim() == "first"
    desk.settle("first")
    assert desk.claim() == "second"


def test_no_ring_of_waiting_comes_of_a_clock_that_was_set_back(desk: Desk) -> None:
    desk.post("first", inbound_id=desk.turn())
    desk.later(seconds=-30)
    desk.post("second", inbound_id=desk.turn())
    desk.later(seconds=10)
    desk.post("moved")
    desk.later(seconds=20)
    for kind in ("first", "second", "moved"):
        assert desk.claim() == kind
        desk.settle(kind)


def test_nobody_waits_for_what_is_owed_to_another(desk: Desk) -> None:
    desk.post("to a")
    desk.post("to b", who=1)
    assert desk.claim() == "to a to b"


def test_what_is_not_due_yet_blocks_nobody(desk: Desk) -> None:
    desk.post("reminder", due_at=desk.now + timedelta(days=1))
    desk.post("hello")
    assert desk.claim() == "hello"
    desk.settle("hello")
    desk.later(days=1)
    assert desk.claim() == "reminder"


def test_earlier_is_what_was_due_earlier(desk: Desk) -> None:
    desk.post("reminder", due_at=desk.now + timedelta(seconds=5))
    desk.later(seconds=10)
    desk.post("hello")
    assert desk.claim() == "reminder"


def test_no_more_are_claimed_than_were_asked_for(desk: Desk) -> None:
    desk.post("one")
    desk.post("two", who=1)
    assert desk.claim(limit=1) == "one"
    assert desk.claim(limit=1) == "two"


def test_what_a_dead_worker_had_is_anothers_when_its_lease_runs_out(desk: Desk) -> None:
    desk.post("hello")
    assert desk.claim("dead") == "hello"
    desk.later(seconds=outbox.LEASE.total_seconds() - 1)
    assert desk.claim("other") == ""
    desk.later(seconds=1)
    assert desk.claim("other") == "hello"
    assert desk.row("hello").attempts == 2


def test_only_the_worker_that_holds_the_lease_settles(desk: Desk) -> None:
    desk.post("hello")
    desk.claim("slow")
    desk.later(hours=1)
    desk.claim("quick")
    assert not desk.settle("hello", "slow")
    assert desk.settle("hello", "quick")
    assert not desk.settle("hello", "quick", status="pending")
    assert desk.row("hello").status == "sent"


def test_an_earlier_claim_of_the_same_worker_settles_nothing(desk: Desk) -> None:
    desk.post("hello")
    desk.claim()
    desk.later(hours=1)
    desk.claim()
    row = desk.row("hello")
    assert outbox.get_claimed(desk.session, row.id, "me", 1) is None
    assert outbox.get_claimed(desk.session, row.id, "me", 2) is not None


def test_what_was_put_off_while_it_was_on_its_way_is_still_owed(desk: Desk) -> None:
    desk.post("hello")
    desk.claim()
    row = desk.row("hello")
    row.status, row.try_at, row.claimed_by = "pending", desk.now + timedelta(days=1), None
    assert not desk.settle("hello")
    desk.later(days=1)
    assert desk.claim() == "hello"


def test_a_receipt_waits_for_what_is_being_sent_and_no_longer(desk: Desk) -> None:
    def told(address: str = "a", number: str = "5", account: str = ACCOUNTS[0]) -> str | None:
        row = receipts.find_by_provider_id(desk.session, account, address, number, desk.now)
        return row.kind if row else None

    desk.post("hello", inbound_id=desk.turn())
    assert told() is None
    desk.claim()
    with pytest.raises(RetryTransaction):
        told()
    assert told("b") is None
    desk.later(seconds=3)
    assert told() is None
    desk.settle("hello", provider_id="5")
    assert told() == "hello"
    assert told(account="pager:two") is None
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
        desk = Desk(session)
        for number in range(60):
            contact = Contact(
                account=ACCOUNTS[0], address=f"x{number}", citizen_id=desk.contacts[0].citizen_id
            )
            session.add(contact)
            desk.contacts.append(contact)
            session.flush()
            desk.post(f"m{number}", who=number + 2)

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
