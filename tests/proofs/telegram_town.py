"""People of a town at Telegram, which sends an update until it is answered by 200.

What they do goes on while the server is killed, again and again.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.orm import Session

from bot.platforms.telegram.adapter import HEADER
from core.catalogue.registry import Registry
from core.db.database import Database
from core.staff import codes, rooms
from tests.core.booking_environment import BookingEnvironment
from tests.core.staff.linked_member import link_member
from tests.core.staff.two_towns import OPERATOR, TOWN, with_groups
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.telegram import TOKEN, TelegramServer
from tests.preloaded import SECRET
from tests.proofs.kill_times import KillTimes
from tests.proofs.processes import Process
from tests.proofs.test_kill import kill
from tests.soak.tell import Tell

ACCOUNT, GROUP = "telegram:town", -100
TIMEOUT_SECONDS = 120
"""Seconds without an answer after which an update counts as lost."""


def process_of(
    name: str,
    folder: Path,
    database: Database,
    push_platform: PushPlatformServer,
    server: TelegramServer,
    port: int,
) -> Process:
    """Return a process of `rantevou` with that command, whose account is at the fake."""
    given = {"telegram__town__token": TOKEN, "telegram__town__api_url": server.url}
    return Process(folder, database.url, push_platform.url, name, port=port, **given)


@dataclass
class TelegramTown:
    """A town with a group of staff, whose people do something on and on."""

    database: Database
    port: int
    secret: str
    failed: list[BaseException] = field(default_factory=list)
    sent_again: int = 0
    enough: threading.Event = field(default_factory=threading.Event)
    updates: "count[int]" = field(default_factory=lambda: count(1))
    kill_times: KillTimes = field(default_factory=lambda: KillTimes(0.5), kw_only=True)

    def __post_init__(self) -> None:
        self.town, self.registry = with_groups(TOWN), Registry(SECRET, frozenset({ACCOUNT}))
        self.database.write_sync(self._bind)

    def _bind(self, session: Session) -> None:
        """Bind the group."""
        env = self._environment(session)
        code = codes.make_room_code(session, env.registry, OPERATOR, env.now, municipality_id=TOWN)
        rooms.bind(session, env.registry, code, env.now, account=ACCOUNT, chat=str(GROUP))

    def _link(self, session: Session, who: int, name: str = "Ελένη Δήμου") -> None:
        """Add a manager with that Telegram id."""
        env = self._environment(session)
        link_member(
            session, env.registry, env.now, account=ACCOUNT, address=str(who), at=TOWN, name=name
        )

    def _environment(self, session: Session) -> BookingEnvironment:
        now = datetime.now(UTC).replace(microsecond=0)
        env = BookingEnvironment(session, self.town, frozenset({ACCOUNT}), now)
        env.choose = random.choice
        return env

    def go_on_killed(
        self, process: Process, kills: int, tell: Tell, then: Callable[[], object] = bool
    ) -> None:
        """Go on while the server is killed so often, and call `then` before it ends.

        Raise AssertionError where anything failed, without the kills that are left.
        """

        def on_kill() -> None:
            assert not self.failed, self.failed
            self.on_kill()

        try:
            process.start().wait_until_ready()
            with self._going_on():
                kill([process], on_kill, kills, tell)
                process.wait_until_ready()
            then()
        finally:
            process.kill()
        assert not self.failed, self.failed

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        """Go on meanwhile; in the end finish what was begun."""
        thread = threading.Thread(target=self._go_on_or_fail, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.enough.set()
            thread.join()

    def _go_on_or_fail(self) -> None:
        try:
            self._go_on()
        except BaseException as error:
            self.failed.append(error)

    def _go_on(self) -> None:
        """Do it until there is `enough`."""
        raise NotImplementedError

    def _send(self, update: dict[str, Any]) -> httpx.Response:
        """Send an update until it is answered; return the answer."""
        url = f"http://127.0.0.1:{self.port}/webhooks/telegram/town"
        deadline, ends = time.monotonic() + TIMEOUT_SECONDS, Counter[str]()
        while time.monotonic() < deadline:
            self.kill_times.begin()
            began = time.monotonic()
            try:
                answer = httpx.post(url, json=update, headers={HEADER: self.secret}, timeout=10)
                if answer.is_success:
                    self.kill_times.end(time.monotonic() - began)
                    return answer
                ends[str(answer.status_code)] += 1
            except httpx.TransportError as error:
                ends[type(error).__name__] += 1
            self._not_answered()
            time.sleep(0.1)
        raise AssertionError(f"never answered, but {ends}: {update}")

    def _not_answered(self) -> None:
        """Count an update that is sent again."""
        self.sent_again += 1

    def on_kill(self) -> None:
        """Wait until the time of the next kill."""
        self.kill_times.wait()
