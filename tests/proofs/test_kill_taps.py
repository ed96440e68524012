"""The server is killed at any point of a tap: nothing is lost, and nothing is done twice.

Telegram sends an update until it is answered by 200, and now and then once more.
"""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from bot.staff_messages import StaffButton, StaffTap
from core.db.database import Database
from core.db.models import Booking, History, OutboxRow, StaffAction, StaffQuestion
from core.staff.questions import step_of
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.test_telegram import telegram
from tests.bot.processes import free_port
from tests.conftest import SOAK, on_both
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.telegram import telegram_server
from tests.proofs.kill_times import KillTimes
from tests.proofs.telegram_town import GROUP, TelegramTown, process_of
from tests.soak.tell import Tell

PEOPLE = (501, 502)
CLOCKS = ("09:00", "09:30", "10:00", "10:30")
DAYS = 14


@dataclass
class Colleagues(TelegramTown):
    """Two members who tap on one booking after the other, at the same time."""

    pop_ups: list[tuple[str, str]] = field(default_factory=list)
    """The buttons that were tapped, with the pop-ups."""
    made: list[int] = field(default_factory=list)

    def _bind(self, session: Session) -> None:
        super()._bind(session)
        for who in PEOPLE:
            self._link(session, who, f"Υπάλληλος {who}")

    def _book(self, session: Session) -> Booking:
        env = self._environment(session)
        # Those before are cancelled, and beyond the horizon nothing is free.
        day = env.now.date() + timedelta(days=3 + len(self.made) // len(CLOCKS) % DAYS)
        offer = env.offer_of("permit")
        held = env.hold(CLOCKS[len(self.made) % len(CLOCKS)], day=day, offer=offer)
        return env.confirm(held, offer=offer, phone=f"+3069{held.id:08}")

    def _go_on(self) -> None:
        with ThreadPoolExecutor(len(PEOPLE)) as pool:
            while not self.enough.is_set():
                booking = self.database.write_sync(self._book)
                self.made.append(booking.id)
                self._handle(pool, booking.id, int(booking.starts_at.timestamp()))

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
        answer = self._send(update).json()
        if random.random() < 0.3:
            assert self._send(update).json() == answer, "the same update was answered otherwise"
        assert answer["method"] == "answerCallbackQuery"
        self.pop_ups.append((tap.button, answer.get("text", "")))


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
    colleagues = Colleagues(database, port, telegram(texts).secret, kill_times=KillTimes(0.04))
    with telegram_server() as server:
        process = process_of("serve", tmp_path, database, push_platform, server, port)
        colleagues.go_on_killed(process, kills, tell)
    database.write_sync(lambda s: check(s, colleagues.made))
    seen = [text for button, text in colleagues.pop_ups if button == StaffButton.SEEN]
    told = Counter("Υπάλληλος" in text for text in seen)
    assert told[True] == told[False] == len(colleagues.made)
    tell(
        f"{type(database.backend).__name__}: {kills} kills, {len(colleagues.pop_ups)} taps,"
        f" {colleagues.sent_again} sent again"
    )
