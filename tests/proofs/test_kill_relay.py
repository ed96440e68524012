"""The server is killed at any point of a relayed text: nothing is lost, twice only by a kill.

A citizen and an employee write to one another at Telegram, which sends an update until it is
answered by 200, and now and then once more.
"""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from bot.platforms.telegram.adapter import HEADER
from core.actor import Role
from core.db.database import Database
from core.db.models import Conversation, OutboxRow, OutboxStatus, RelayMessage, StaffAction
from core.messaging import conversations
from core.staff import codes, links, members, relay, rooms
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.test_telegram import telegram
from tests.bot.processes import free_port
from tests.conftest import SOAK, on_both
from tests.core.booking_environment import BookingEnvironment
from tests.core.staff.two_towns import OPERATOR, TOWN, with_groups
from tests.fakes.http_server import late
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.telegram import TOKEN, TelegramServer, telegram_server
from tests.proofs.invariants import wait_until_delivered
from tests.proofs.processes import Process
from tests.proofs.test_kill import kill
from tests.soak.tell import Tell

ACCOUNT, GROUP, HELEN, FIRST_CITIZEN = "telegram:town", -100, 501, 7001
TEXTS_OF_A_CITIZEN = 4
BEGIN = "Καλημέρα"
TIMEOUT_SECONDS = 120
"""Seconds without an answer after which an update counts as lost."""


@dataclass
class Talk:
    """Citizens who write, one after the other, and an employee who answers each text."""

    database: Database
    server: TelegramServer
    port: int
    secret: str
    pause: float
    """The longest between two texts, in seconds."""
    written: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    failed: list[BaseException] = field(default_factory=list)
    sent: int = 0
    sent_again: int = 0
    enough: threading.Event = field(default_factory=threading.Event)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.town = with_groups(TOWN)
        self.database.write_sync(self._settle)

    def _environment(self, session: Session) -> BookingEnvironment:
        now = datetime.now(UTC).replace(microsecond=0)
        return BookingEnvironment(session, self.town, frozenset({ACCOUNT}), now)

    def _settle(self, session: Session) -> None:
        """Bind the group, and link the employee."""
        env = self._environment(session)
        registry, now = env.registry, env.now
        code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id=TOWN)
        rooms.bind(session, registry, code, now, account=ACCOUNT, chat=str(GROUP))
        added = members.add(
            session,
            registry,
            OPERATOR,
            now,
            name="Ελένη Δήμου",
            role=Role.MANAGER,
            municipality_id=TOWN,
        )
        code = codes.make_link_code(session, registry, OPERATOR, now, member_id=added)
        links.link(session, registry, code, now, account=ACCOUNT, address=str(HELEN))

    def _begin(self, session: Session, citizen: int) -> None:
        """Open a thread whose first text is in the group, so that it can be answered there.

        Its message has the citizen's id. The citizen is at the menu, with no task begun.
        """
        env = self._environment(session)
        found = conversations.create(session, ACCOUNT, str(citizen), env.now)
        session.get_one(Conversation, found.id).state = {"dialog": "menu", "number": 1}
        room = rooms.find(session, ACCOUNT, str(GROUP))
        assert room
        thread = relay.open_thread(session, env.registry, found.contact_id, room, env.now)
        written = relay.keep(session, thread, BEGIN, env.now)
        relay.send_to_room(session, env.registry, thread, written, env.now)
        (row,) = relay.rows_in_room(session, thread)
        row.status, row.provider_id = OutboxStatus.SENT, str(citizen)
        self.server.chats[GROUP][citizen] = {"text": BEGIN, "markup": {}}

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Write meanwhile; in the end wait for the last answer."""
        thread = threading.Thread(target=self._go_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.enough.set()
            thread.join()

    def _go_on(self) -> None:
        try:
            while not self.enough.is_set():
                number = len(self.written)
                citizen = FIRST_CITIZEN + number // TEXTS_OF_A_CITIZEN
                if number % TEXTS_OF_A_CITIZEN == 0:
                    self.database.write_sync(partial(self._begin, citizen=citizen))
                asks, answers = f"Ερώτηση {number}.", f"Απάντηση {number}."
                self._send(citizen, text=asks)
                self.written.append(asks)
                self._send(HELEN, text=answers, to=citizen)
                self.answered.append(answers)
                time.sleep(random.uniform(0, self.pause))
        except BaseException as error:
            self.failed.append(error)

    def _send(self, who: int, text: str, to: int | None = None) -> None:
        """Send an update until it is answered by 200, and now and then once more."""
        chat = {**updates.CHAT, "id": who} if to is None else {**updates.GROUP, "id": GROUP}
        number = next(self.numbers)
        said: dict[str, Any] = {
            "chat": chat,
            "from": {**updates.WHO, "id": who},
            "message_id": 1_000_000 + number,
        }
        update = (
            updates.message(text=text, **said)
            if to is None
            else updates.answering(text, to=to, **said)
        )
        url = f"http://127.0.0.1:{self.port}/webhooks/telegram/town"
        body, headers = {**update, "update_id": number}, {HEADER: self.secret}
        deadline, wanted = time.monotonic() + TIMEOUT_SECONDS, 1 + (random.random() < 0.3)
        while wanted:
            assert time.monotonic() < deadline, f"never answered: {text}"
            try:
                if httpx.post(url, timeout=10, json=body, headers=headers).is_success:
                    wanted -= 1
                    self.sent += 1
                    continue
            except httpx.TransportError:
                pass
            self.sent_again += 1
            time.sleep(0.05)


def check(session: Session, talk: Talk) -> None:
    """Check that each text is stored and recorded once, in order, and none waits any more."""
    of = select(RelayMessage).order_by(RelayMessage.id)
    stored = [each for each in session.scalars(of) if each.text != BEGIN]
    assert [each.text for each in stored if each.member_id is None] == talk.written
    assert [each.text for each in stored if each.member_id] == talk.answered
    done = select(func.count()).where(StaffAction.action == "relay")
    assert session.scalar(done) == len(talk.answered)
    relayed = select(OutboxRow.status).where(OutboxRow.relay_message_id.is_not(None))
    assert set(session.scalars(relayed)) == {"sent"}


def check_arrived(
    server: TelegramServer, texts: Sequence[str], kills: Sequence[float], *, to_group: bool
) -> int:
    """Check that each text has arrived; return how many twice, all by a kill in between."""
    twice = 0
    for text in texts:
        arrived = [
            at
            for at, method, given in server.timed
            if method == "sendMessage"
            and text in str(given["text"])
            and (int(given["chat_id"]) == GROUP) == to_group
        ]
        assert arrived, f"lost: {text}"
        for before, after in pairwise(arrived):
            assert any(before < at < after for at in kills), f"twice without a kill: {text}"
            twice += 1
    return twice


@on_both
@pytest.mark.parametrize(("kills", "pause"), [(2, 1.0), pytest.param(200, 8.0, marks=SOAK)])
def test_no_relayed_text_is_lost_when_the_server_is_killed(
    database: Database,
    push_platform: PushPlatformServer,
    texts: Translator,
    tmp_path: Path,
    tell: Tell,
    kills: int,
    pause: float,
) -> None:
    port, killed = free_port(), list[float]()
    with telegram_server() as server:
        talk = Talk(database, server, port, telegram(texts).secret, pause)
        server.answer_faults[GROUP] = [late(0.1)] * 10_000

        def on_kill() -> None:
            """Kill when an update has been answered, or a message has arrived, in turns.

            The process doesn't know of the message then. On a busy machine, a process that is
            killed soon after its start would never answer.
            """

            def done() -> int:
                return len(server.timed) if len(killed) % 2 else talk.sent

            before, until = done(), time.monotonic() + 5
            while done() == before and time.monotonic() < until:
                time.sleep(0.005)
            time.sleep(random.uniform(0, 0.04))
            killed.append(time.perf_counter())

        given = {"telegram__town__token": TOKEN, "telegram__town__api_url": server.url}
        process = Process(tmp_path, database.url, push_platform.url, "serve", port=port, **given)
        try:
            process.start().wait_until_ready()
            with talk.going_on():
                kill([process], on_kill, kills, tell)
                process.wait_until_ready()
            wait_until_delivered(database)
        finally:
            process.kill()
        assert not talk.failed, talk.failed
        database.write_sync(lambda s: check(s, talk))
        twice = check_arrived(server, talk.written, killed, to_group=True)
        twice += check_arrived(server, talk.answered, killed, to_group=False)
        assert server.too_many == 0
    tell(
        f"{type(database.backend).__name__}: {kills} kills, {len(talk.written)} texts and answers,"
        f" {twice} twice, {talk.sent_again} updates sent again"
    )
