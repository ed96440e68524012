"""The server is killed at any point of a tap: nothing is lost, and nothing is done twice.

Telegram sends an update until it is answered by 200, and now and then once more.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from bot.platforms.telegram.adapter import HEADER
from bot.staff_messages import StaffButton, StaffTap
from core.actor import Role
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Booking, History, OutboxRow, StaffAction, StaffQuestion
from core.staff import codes, links, members, rooms
from core.staff.questions import step_of
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.test_telegram import telegram
from tests.bot.processes import free_port
from tests.conftest import SOAK, on_both
from tests.core.booking_environment import BookingEnvironment
from tests.core.staff.two_towns import OPERATOR, TOWN, with_groups
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.telegram import TOKEN, telegram_server
from tests.preloaded import SECRET
from tests.proofs.processes import Process
from tests.proofs.test_kill import kill
from tests.soak.tell import Tell

ACCOUNT, GROUP = "telegram:town", -100
PEOPLE = (501, 502)
CLOCKS = ("09:00", "09:30", "10:00", "10:30")
DAYS = 14
TIMEOUT_SECONDS = 120
"""Seconds without an answer after which an update counts as lost."""


@dataclass
class Colleagues:
    """Two members who tap on one booking after the other, at the same time."""

    database: Database
    port: int
    secret: str
    pop_ups: list[tuple[str, str]] = field(default_factory=list)
    """The buttons that were tapped, with the pop-ups."""
    failed: list[BaseException] = field(default_factory=list)
    sent_again: int = 0
    begun: int = 0
    in_flight: threading.Event = field(default_factory=threading.Event)
    enough: threading.Event = field(default_factory=threading.Event)
    updates: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.town, self.registry = with_groups(TOWN), Registry(SECRET, frozenset({ACCOUNT}))
        self.made: list[int] = []
        self.database.write_sync(self._settle)

    def _settle(self, session: Session) -> None:
        """Bind the group, and link both members."""
        env = self._environment(session)
        registry, now = env.registry, env.now
        code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id=TOWN)
        rooms.bind(session, registry, code, now, account=ACCOUNT, chat=str(GROUP))
        for who in PEOPLE:
            added = members.add(
                session,
                registry,
                OPERATOR,
                now,
                name=f"Υπάλληλος {who}",
                role=Role.MANAGER,
                municipality_id=TOWN,
            )
            code = codes.make_link_code(session, registry, OPERATOR, now, member_id=added)
            links.link(session, registry, code, now, account=ACCOUNT, address=str(who))

    def _environment(self, session: Session) -> BookingEnvironment:
        now = datetime.now(UTC).replace(microsecond=0)
        return BookingEnvironment(session, self.town, frozenset({ACCOUNT}), now)

    def _book(self, session: Session) -> Booking:
        env = self._environment(session)
        # Those before are cancelled, and beyond the horizon nothing is free.
        day = env.now.date() + timedelta(days=3 + len(self.made) // len(CLOCKS) % DAYS)
        env.choose = random.choice
        offer = env.offer_of("permit")
        held = env.hold(CLOCKS[len(self.made) % len(CLOCKS)], day=day, offer=offer)
        return env.confirm(held, offer=offer, phone=f"+3069{held.id:08}")

    @contextmanager
    def tapping(self) -> Iterator[None]:
        """Tap meanwhile; in the end wait for the last booking's taps."""
        thread = threading.Thread(target=self._tap_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.enough.set()
            thread.join()

    def _tap_on(self) -> None:
        try:
            with ThreadPoolExecutor(len(PEOPLE)) as pool:
                while not self.enough.is_set():
                    booking = self.database.write_sync(self._book)
                    self.made.append(booking.id)
                    self._handle(pool, booking.id, int(booking.starts_at.timestamp()))
        except BaseException as error:
            self.failed.append(error)

    def _handle(self, pool: ThreadPoolExecutor, booking: int, shown: int) -> None:
        """Both see a booking, one looks up the number, and both cancel it."""

        def both(*taps: StaffTap) -> None:
            list(pool.map(self._tap, taps, PEOPLE))

        both(*[StaffTap(StaffButton.SEEN, booking, shown)] * 2)
        self._tap(StaffTap(StaffButton.NUMBER, booking, shown), PEOPLE[0])
        both(*[StaffTap(StaffButton.CANCEL, booking, shown)] * 2)
        asked = select(StaffQuestion).where(StaffQuestion.booking_id == booking)
        asked = asked.order_by(StaffQuestion.member_id)
        questions = self.database.write_sync(lambda s: s.scalars(asked).all())
        both(*(StaffTap(StaffButton.REASON, each.id) for each in questions))
        steps = self.database.write_sync(lambda s: [step_of(s, each) for each in questions])
        both(
            *(
                StaffTap(StaffButton.CONFIRM, each.id, option=step)
                for each, step in zip(questions, steps, strict=True)
            )
        )

    def _tap(self, tap: StaffTap, who: int) -> None:
        """Send a tap until it is answered, and once more."""
        sender = {"chat": {**updates.GROUP, "id": GROUP}, "from": {**updates.WHO, "id": who}}
        update = {**updates.tap(tap.dump(), **sender), "update_id": next(self.updates)}
        answer = self._send(update)
        if random.random() < 0.3:
            assert self._send(update) == answer, "the same update was answered otherwise"
        assert answer["method"] == "answerCallbackQuery"
        self.pop_ups.append((tap.button, answer.get("text", "")))

    def _send(self, update: dict[str, Any]) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.port}/webhooks/telegram/town"
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            self.begun += 1
            self.in_flight.set()
            try:
                response = httpx.post(url, json=update, headers={HEADER: self.secret}, timeout=10)
                if response.is_success:
                    answer: dict[str, Any] = response.json()
                    return answer
            except httpx.TransportError:
                pass
            self.sent_again += 1
            time.sleep(0.1)
        raise AssertionError(f"never answered: {update}")

    def on_kill(self) -> None:
        """Wait until a tap is on its way, and then for any part of its time."""
        self.in_flight.clear()
        self.in_flight.wait(2)
        time.sleep(random.uniform(0, 0.04))


def check(session: Session, made: list[int]) -> None:
    """Check that each booking was seen, looked up and cancelled once, for the reason given."""
    for booking_id in made:
        of = StaffAction.booking_id == booking_id
        done = session.scalars(select(StaffAction).where(of)).all()
        assert Counter(each.action for each in done) == {"seen": 1, "number": 1, "cancel": 1}
        assert {each.reason for each in done} == {None, "Ο υπάλληλος δεν θα είναι διαθέσιμος"}
        assert session.get_one(Booking, booking_id).state == "cancelled"
        changes = select(History.action).where(History.booking_id == booking_id)
        assert Counter(session.scalars(changes)) == {"held": 1, "confirmed": 1, "cancelled": 1}
        questions = select(StaffQuestion).where(StaffQuestion.booking_id == booking_id)
        asked = session.scalars(questions).all()
        assert [each.closed_at is not None for each in asked] == [True] * len(PEOPLE)
        # Nothing that is to be sent is lost: the alerts, what was seen, both questions' steps.
        rows = session.scalars(select(OutboxRow).where(OutboxRow.booking_id == booking_id)).all()
        kinds = Counter(row.kind for row in rows)
        assert kinds["alert"] == 2
        assert kinds["staff_question"] == 3 * len(PEOPLE)
        assert kinds["alert_edit"] >= 2
        assert {row.status for row in rows if row.room_id} <= {
            "pending",
            "claimed",
            "sent",
            "cancelled",
        }


@on_both
@pytest.mark.parametrize("kills", [2, pytest.param(100, marks=SOAK)])
def test_a_tap_is_done_once_when_the_server_is_killed(
    database: Database,
    push_platform: PushPlatformServer,
    texts: Translator,
    tmp_path: Path,
    tell: Tell,
    kills: int,
) -> None:
    port = free_port()
    colleagues = Colleagues(database, port, telegram(texts).secret)
    with telegram_server() as server:
        given = {"telegram__town__token": TOKEN, "telegram__town__api_url": server.url}
        process = Process(tmp_path, database.url, push_platform.url, "serve", port=port, **given)
        try:
            process.start().wait_until_ready()
            with colleagues.tapping():
                kill([process], colleagues.on_kill, kills, tell)
                process.wait_until_ready()
        finally:
            process.kill()
    assert not colleagues.failed, colleagues.failed
    database.write_sync(lambda s: check(s, colleagues.made))
    seen = [text for button, text in colleagues.pop_ups if button == StaffButton.SEEN]
    told = Counter("Υπάλληλος" in text for text in seen)
    assert told[True] == told[False] == len(colleagues.made)
    tell(
        f"{type(database.backend).__name__}: {kills} kills, {len(colleagues.pop_ups)} taps,"
        f" {colleagues.sent_again} sent again"
    )
