"""Whatever is killed, whenever: what was confirmed is told, in order, and nothing is lost."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.database import Database
from core.tables import OWED, Booking, Contact, Conversation, InboundRow, Outgoing
from tests.conftest import on_both
from tests.core.overlaps import overlaps
from tests.fakes.pager import PagerServer, pager_server
from tests.proofs.citizens import Citizens
from tests.proofs.processes import Process, family

PATIENCE = 90


@pytest.fixture
def pager() -> Iterator[PagerServer]:
    with pager_server() as server:
        yield server


def kill(processes: list[Process], times: int) -> None:
    """Kill one of them at random, so often, and begin it again each time."""
    choose = random.Random()
    for _ in range(times):
        victim = choose.choice(processes)
        if choose.random() < 0.8:  # else while it begins
            victim.wait_until_ready()
        time.sleep(choose.uniform(0, 1.5))
        victim.kill()
        victim.start()


def wait_until_delivered(database: Database, account: str) -> None:
    """Wait until nothing is owed by now."""

    def owed(session: Session) -> int:
        now = int(time.time())
        query = select(Outgoing.id).where(OWED, Outgoing.due_at <= text(str(now)))
        return len(session.scalars(query).all())

    deadline = time.monotonic() + PATIENCE
    while left := database.write_now(owed):
        assert time.monotonic() < deadline, f"{left} messages are still owed"
        time.sleep(0.2)


def delivered(expected: list[str], got: list[str], who: str) -> int:
    """Check that all arrived in order, some perhaps more than once; how many times more."""
    arrived = twice = 0
    for text_ in got:
        if arrived < len(expected) and text_ == expected[arrived]:
            arrived += 1
        else:
            assert text_ in expected[:arrived], (who, "out of order", text_, expected[arrived:])
            twice += 1
    assert arrived == len(expected), (who, "never arrived", expected[arrived:])
    return twice


@on_both
@pytest.mark.parametrize(
    ("kills", "at_once"), [(5, 4), pytest.param(200, 6, marks=pytest.mark.soak)]
)
def test_nothing_is_lost_when_processes_are_killed(
    database: Database,
    pager: PagerServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kills: int,
    at_once: int,
) -> None:
    url, processes = family(tmp_path, database.url, pager.url)
    citizens = Citizens(pager, url)
    try:
        for each in processes:
            each.start()
        for each in processes:
            each.wait_until_ready()
        citizens.start(at_once)
        kill(processes, kills)
        citizens.finish()
        wait_until_delivered(database, "pager:one")
    finally:
        citizens.enough.set()
        for each in processes:
            each.kill()
    assert citizens.stuck == []
    assert len(citizens.booked) == citizens.begun

    def check(session: Session) -> int:
        confirmed = select(Booking).where(Booking.state == "confirmed")
        bookings = {booking.code: booking for booking in session.scalars(confirmed)}
        assert set(bookings) == set(citizens.booked.values())
        assert overlaps(session) == 0
        assert set(session.scalars(select(Outgoing.status).distinct())) <= {"sent", "pending"}
        mailed = {
            booking.details["email"]
            for booking in bookings.values()
            if booking.details.get("email")
        }
        assert mailed <= set(pager.by_address)
        twice = 0
        talks = select(Conversation.id, Contact.address).join(Contact)
        for number, address in session.execute(talks).all():
            query = select(InboundRow.replies).where(InboundRow.conversation_id == number)
            answered = session.scalars(query.order_by(InboundRow.id))
            expected = [reply["text"] for replies in answered for reply in replies]
            got = [message.text for message in pager.by_address[address]]
            twice += delivered(expected, got, address)
        return twice

    twice = database.write_now(check)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{type(database.backend).__name__}: {kills} kills,"
            f" {len(citizens.booked)} bookings, {len(pager.messages)} messages,"
            f" {twice} duplicates, {citizens.retried} requests sent again"
        )
