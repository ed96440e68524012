"""Measure reminders by e-mail that are all due in the same minute, to a real mail server.

Beside them citizens write: their turns are compared with those before.
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import CursorResult, Result, text

from bot.bootstrap import Application
from bot.platforms.base import Send
from bot.platforms.email.adapter import Email
from bot.platforms.email.settings import EmailAccount
from bot.platforms.email.smtp import Mail
from bot.settings import Settings
from core.catalogue.registry import Registry
from core.db.database import Database
from tests.bench.bare import BareConnection
from tests.bench.clock import Cost, mean, median_cost, now
from tests.bench.conversations import Conversations, turn_of_somebody
from tests.bench.databases import NOW
from tests.bench.report import BARE, line
from tests.bench.sizes import Sizes

ACCOUNT, PUBLIC = "email", "https://rantevou.example.gr"
DUE = 100_000
TURNS, WARM_UP = 200, 20
PAUSE_SECONDS = 0.02
BARE_WRITES = 200

# Those that are stored with the bookings have no hours, by which one makes another obsolete.
_NONE_STORED = "DELETE FROM outgoing WHERE kind = 'reminder'"

# As they are stored until they are due: without a way.
_REMINDERS = """INSERT INTO outgoing (dedupe_key, platform, account, recipient, kind, booking_id,
  due_at, try_at, expires_at, status, attempts)
SELECT 'reminder ' || id || ' 3 booking ' || id, 'reminder', 'reminder', 'booking ' || id,
  'reminder', id, :now, :now, starts_at, 'pending', 0
FROM bookings WHERE state = 'confirmed' AND starts_at > :now + 3600 ORDER BY id LIMIT :due"""


def reminders(kind: str, databases: Sequence[Database], sizes: Sizes) -> None:
    """Measure with many bookings stored: first the reminders alone, then turns beside them."""
    database = databases[-1]
    bare = BareConnection(database)
    once = mean(bare.write() for _ in range(BARE_WRITES))
    with mail_server() as port:
        cost, idle, beside = asyncio.run(_measure(database, port, sizes.reminded))
    bare.close()
    alone, among, name = median_cost(idle), median_cost(beside), kind.lower()
    what = f"{kind}: one of {sizes.reminded} reminders by e-mail, of {DUE} due at once"
    line(f"{name}.reminders", what, cost, ratio=cost.wall / once.wall, bound=BARE, by="cpu")
    line(f"{name}.reminders.rate", "  a second", cost, "per second", bound="at least 200", by="cpu")
    line(f"{name}.reminders.idle", "  a turn before: p50", alone)
    what, ratio = "  a turn beside them: p50, to that before", among.wall / alone.wall
    line(f"{name}.reminders.turn", what, among, ratio=ratio, bound="at most 1.5")


@contextmanager
def mail_server() -> Iterator[int]:
    """Run a mail server that takes everything, in a process of its own; give its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    sink = ("-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink")
    process = subprocess.Popen([sys.executable, *sink])
    try:
        while process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


class CountedEmail(Email):
    """An e-mail account that tells of each e-mail that was taken."""

    on_sent: Callable[[], object]

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        async with super().connect() as send:

            async def counted(address: str, message: Mail, replaces: str | None) -> str | None:
                sent = await send(address, message, replaces)
                self.on_sent()
                return sent

            yield counted


def _count(done: Result[Any]) -> int:
    return done.rowcount if isinstance(done, CursorResult) else 0


async def _measure(
    database: Database, port: int, wanted: int
) -> tuple[Cost, list[Cost], list[Cost]]:
    """Return the cost of a reminder, and those of turns before the sending and beside it."""
    services = replace(
        Conversations(database).services,
        registry=Registry("bench", frozenset({"webchat", ACCOUNT})),
        public_address=PUBLIC,
    )
    given = {"host": "127.0.0.1", "port": port, "tls": "none", "from": "town@example.gr"}
    platform = CountedEmail(ACCOUNT, EmailAccount.model_validate(given), services.texts)
    services = replace(services, platforms={ACCOUNT: platform})
    database.write_sync(services.registry.refresh)
    turn = partial(turn_of_somebody, database, services, PAUSE_SECONDS)
    idle = [await turn() for _each in range(TURNS)][WARM_UP:]
    due = {"now": int(NOW.timestamp()), "due": DUE}
    database.write_sync(lambda s: s.execute(text(_NONE_STORED)))
    if _count(database.write_sync(lambda s: s.execute(text(_REMINDERS), due))) < wanted + TURNS:
        raise AssertionError("too few appointments are stored")
    application = Application(Settings(), database, services)
    worker, sent = application.delivery_worker(), count(1)
    platform.on_sent = lambda: worker.stop() if next(sent) == wanted else None
    started = now()
    await worker.run()
    cost = (now() - started) / wanted
    platform.on_sent = lambda: None
    worker = application.delivery_worker()
    working = asyncio.create_task(worker.run())
    beside = [await turn() for _each in range(TURNS)][WARM_UP:]
    worker.stop()
    await working
    return cost, idle, beside
