"""The server is killed at any point of a relayed text: nothing is lost, twice only by a kill.

A citizen and an employee write to one another at Telegram, which sends an update until it is
answered by 200, and now and then once more.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from core.db.database import Database
from core.db.models import Conversation, OutboxRow, OutboxStatus, RelayMessage, StaffAction
from core.messaging import conversations
from core.staff import relay, relay_messages, relay_sending, rooms
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.test_telegram import telegram
from tests.bot.processes import free_port
from tests.conftest import SOAK, on_both
from tests.fakes.http_server import late
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.telegram import TelegramServer, telegram_server
from tests.proofs.invariants import wait_until_delivered
from tests.proofs.kill_times import KillTimes
from tests.proofs.telegram_town import ACCOUNT, GROUP, TelegramTown, process_of
from tests.soak.tell import Tell

HELEN, FIRST_CITIZEN = 501, 7001
TEXTS_OF_A_CITIZEN = 4
BEGIN = "Καλημέρα"


@dataclass
class Talk(TelegramTown):
    """Citizens who write, one after the other, and an employee who answers each text."""

    server: TelegramServer = field(kw_only=True)
    pause: float = field(kw_only=True)
    """The longest between two texts, in seconds."""
    written: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    sent: int = 0
    killed: int = 0
    kill_times: KillTimes = field(default_factory=lambda: KillTimes(5.0), kw_only=True)

    def _bind(self, session: Session) -> None:
        super()._bind(session)
        self._link(session, HELEN)

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
        written = relay_sending.keep(session, thread, BEGIN, env.now)
        relay_sending.send_to_room(session, env.registry, thread, written, env.now)
        (row,) = relay_messages.rows_in_room(session, thread)
        row.status, row.provider_id = OutboxStatus.SENT, str(citizen)
        self.server.chats[GROUP][citizen] = {"text": BEGIN, "markup": {}}

    def _go_on(self) -> None:
        while not self.enough.is_set():
            number = len(self.written)
            citizen = FIRST_CITIZEN + number // TEXTS_OF_A_CITIZEN
            if number % TEXTS_OF_A_CITIZEN == 0:
                self.database.write_sync(partial(self._begin, citizen=citizen))
            asks, answers = f"Ερώτηση {number}.", f"Απάντηση {number}."
            self._write(citizen, text=asks)
            self.written.append(asks)
            self._write(HELEN, text=answers, to=citizen)
            self.answered.append(answers)
            time.sleep(random.uniform(0, self.pause))

    def _write(self, who: int, text: str, to: int | None = None) -> None:
        """Write until it is answered, and now and then once more."""
        chat = {**updates.CHAT, "id": who} if to is None else {**updates.GROUP, "id": GROUP}
        number = next(self.updates)
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
        for _time in range(1 + (random.random() < 0.3)):
            self._send({**update, "update_id": number})
            self.sent += 1

    def on_kill(self) -> None:
        """Wait until an update has been answered, or a message has arrived, in turns.

        The process doesn't know of the message then. On a busy machine, a process that is killed
        soon after its start would never answer.
        """

        def done() -> int:
            return len(self.server.timed) if self.killed % 2 else self.sent

        before, until = done(), time.monotonic() + self.kill_times.longest
        while done() == before and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.04))
        self.killed += 1
        self.kill_times.note_kill()


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


def check_arrived(server: TelegramServer, texts: Sequence[str], *, to_group: bool) -> int:
    """Check that each text has arrived; return how many twice, each time from another process.

    The times of kills don't tell: on a busy machine the fake notes a request half a second late.
    """
    twice = 0
    for text in texts:
        arrived = [
            (at, client)
            for (at, method, given), client in zip(server.timed, server.clients, strict=True)
            if method == "sendMessage"
            and text in str(given["text"])
            and (int(given["chat_id"]) == GROUP) == to_group
        ]
        assert arrived, f"lost: {text}"
        clients = [client for _at, client in arrived]
        assert len(set(clients)) == len(clients), f"twice without a kill: {text} {arrived}"
        twice += len(clients) - 1
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
    port = free_port()
    with telegram_server() as server:
        talk = Talk(database, port, telegram(texts).secret, server=server, pause=pause)
        server.answer_faults[GROUP] = [late(0.1)] * 10_000
        process = process_of("serve", tmp_path, database, push_platform, server, port)
        talk.go_on_killed(process, kills, tell, lambda: wait_until_delivered(database))
        database.write_sync(lambda s: check(s, talk))
        twice = check_arrived(server, talk.written, to_group=True)
        twice += check_arrived(server, talk.answered, to_group=False)
        assert server.too_many == 0
    tell(
        f"{type(database.backend).__name__}: {kills} kills, {len(talk.written)} texts and answers,"
        f" {twice} twice, {talk.sent_again} updates sent again"
    )
