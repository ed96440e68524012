"""Processes are killed at any time: staff are told of every change, and twice only by a kill."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.bookings.reference import format_code
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Booking, OutboxRow
from core.staff import codes, rooms
from tests.bot.processes import free_port
from tests.conftest import SOAK, on_both
from tests.core.booking_environment import BookingEnvironment
from tests.core.staff.two_towns import OPERATOR, TOWN, with_groups
from tests.fakes.http_server import late
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.telegram import TOKEN, TelegramServer, telegram_server
from tests.preloaded import SECRET
from tests.proofs.invariants import wait_until_delivered
from tests.proofs.processes import Process
from tests.proofs.test_kill import kill
from tests.soak.tell import Tell

ACCOUNT = "telegram:town"
GROUP = -100
CLOCKS = ("09:00", "09:30", "10:00", "10:30")
SENDS = "sendMessage"


class Office:
    """Bookings that are made and cancelled without a pause, in a town that has a group of staff."""

    def __init__(self, database: Database, pause: float) -> None:
        """`pause` is the longest between two bookings, in seconds."""
        self._database, self._town, self._pause = database, with_groups(TOWN), pause
        self._registry = Registry(SECRET, frozenset({ACCOUNT}))
        self._enough = threading.Event()
        self._made: list[int] = []
        self.failed: list[Exception] = []
        database.write_sync(self._bind)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Book and cancel meanwhile, on a thread."""
        thread = threading.Thread(target=self._go_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._enough.set()
            thread.join()

    def _go_on(self) -> None:
        choose = random.Random(1)
        try:
            while not self._enough.is_set():
                self._database.write_sync(self._book)
                if choose.random() < 0.4:
                    self._database.write_sync(self._cancel)
                time.sleep(choose.uniform(0, self._pause))
        except Exception as error:
            self.failed.append(error)

    def _bind(self, session: Session) -> None:
        env = self._environment(session)
        code = codes.make_room_code(session, env.registry, OPERATOR, env.now, municipality_id=TOWN)
        rooms.bind(session, env.registry, code, env.now, account=ACCOUNT, chat=str(GROUP))

    def _environment(self, session: Session) -> BookingEnvironment:
        now = datetime.now(UTC).replace(microsecond=0)
        return BookingEnvironment(session, self._town, frozenset({ACCOUNT}), now)

    def _book(self, session: Session) -> None:
        env = self._environment(session)
        number = len(self._made)
        day = env.now.date() + timedelta(days=3 + number // (2 * len(CLOCKS)))  # at two desks
        env.choose = random.choice  # codes of its own in each transaction
        offer = env.offer_of("permit")
        held = env.hold(CLOCKS[number % len(CLOCKS)], day=day, offer=offer)
        env.confirm(held, offer=offer, phone=f"+3069{held.id:08}")
        self._made.append(held.id)

    def _cancel(self, session: Session) -> None:
        """Cancel the one before the last, whose alert was just sent, or is on its way."""
        env = self._environment(session)
        booking = session.get(Booking, self._made[-2]) if len(self._made) > 1 else None
        if booking and booking.state == "confirmed":
            env.cancel(booking)


def check_told(database: Database, server: TelegramServer, kills: list[float]) -> tuple[int, int]:
    """Check that the group was told of every change; return of how many, and of how many twice.

    Of those, a process was killed meanwhile.
    """

    def check(session: Session) -> tuple[int, int]:
        count = twice = 0
        statuses = select(OutboxRow.kind, OutboxRow.status).where(OutboxRow.room_id.is_not(None))
        ended = {tuple(row) for row in session.execute(statuses)}
        assert ended <= {("alert", "sent"), ("alert_edit", "sent"), ("alert_edit", "cancelled")}
        alerts = (
            select(Booking, func.count())
            .join(OutboxRow, OutboxRow.booking_id == Booking.id)
            .where(OutboxRow.kind == "alert")
            .group_by(Booking.id)
        )
        for booking, changes in session.execute(alerts):
            code = format_code(booking.code or "")
            told = [
                at
                for at, method, given in server.timed
                if method == SENDS
                for _mention in range(given["text"].count(code))
            ]
            assert len(told) >= changes, f"{code}: {changes} changes, told of {len(told)}"
            again = len(told) - changes
            assert sum(any(a < at < b for at in kills) for a, b in pairwise(told)) >= min(again, 1)
            count, twice = count + changes, twice + again
        return count, twice

    return database.write_sync(check)


def check_shown(database: Database, server: TelegramServer) -> None:
    """Check that the alerts which were sent by themselves show how their bookings are."""

    def check(session: Session) -> None:
        alone = (
            select(Booking.state, func.min(OutboxRow.id))
            .join(OutboxRow, OutboxRow.booking_id == Booking.id)
            .where(
                OutboxRow.kind == "alert",
                OutboxRow.gathered_by.is_(None),
                OutboxRow.provider_id.is_not(None),
            )
            .group_by(Booking.id)
        )
        for state, row in session.execute(alone):
            sent = session.get_one(OutboxRow, row).provider_id or ""
            shown = server.chats[GROUP][int(sent)]["text"]
            assert shown.startswith("Ακυρώθηκε") == (state == "cancelled"), (state, shown)

    database.write_sync(check)


@contextmanager
def two_workers(folder: Path, database: str, push: str, **settings: str) -> Iterator[list[Process]]:
    """Run two processes that deliver."""
    workers = [
        Process(folder / f"worker {n}", database, push, "worker", port=free_port(), **settings)
        for n in (1, 2)
    ]
    try:
        for each in workers:
            each.log.parent.mkdir(exist_ok=True)
            each.start()
        yield workers
    finally:
        for each in workers:
            each.kill()


@on_both
@pytest.mark.parametrize(("kills", "pause"), [(2, 0.2), pytest.param(100, 1.0, marks=SOAK)])
def test_no_alert_is_lost_when_processes_are_killed(
    database: Database,
    push_platform: PushPlatformServer,
    tmp_path: Path,
    tell: Tell,
    kills: int,
    pause: float,
) -> None:
    office, killed = Office(database, pause), list[float]()
    with telegram_server() as telegram:
        telegram.answer_faults[GROUP] = [late(0.1)] * 10_000

        def on_kill() -> None:
            """Every other time, kill a process whose message has arrived, before it knows."""
            arrived, until = len(telegram.timed), time.monotonic() + len(killed) % 2
            while len(telegram.timed) == arrived and time.monotonic() < until:
                time.sleep(0.005)
            killed.append(time.perf_counter())

        given = {"telegram__town__token": TOKEN, "telegram__town__api_url": telegram.url}
        with two_workers(tmp_path, database.url, push_platform.url, **given) as workers:
            with office.busy():
                kill(workers, on_kill, kills, tell)
            assert not office.failed
            wait_until_delivered(database)
        changes, twice = check_told(database, telegram, killed)
        check_shown(database, telegram)
        assert telegram.too_many == 0
    tell(
        f"{type(database.backend).__name__}: {kills} kills, {changes} changes told in"
        f" {len(telegram.timed)} messages and edits, {twice} of them twice"
    )
