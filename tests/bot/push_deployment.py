"""A deployment with a push platform, delivery workers and an e-mail account."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import bindparam, select

from bot.bootstrap import Application
from bot.messages import Reply
from bot.platforms.base import Platform, Send
from bot.settings import Settings
from core.db.models import REMINDERS, UNSENT, OutboxRow
from tests.conftest import Deployment
from tests.core.wait_until import soon
from tests.fakes.push_platform import ACCOUNT, PushPlatform, PushPlatformServer

BOOK = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30")
DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130", "συμφωνώ", "ναι")

DUE = select(OutboxRow.recipient, OutboxRow.status, OutboxRow.try_at).where(
    UNSENT,
    OutboxRow.due_at <= bindparam("now"),
    OutboxRow.account.in_(bindparam("accounts", expanding=True)),
)
"""Built once: it is asked every hundredth of a second while messages are delivered."""


class PushDeployment:
    """A deployment whose citizens write over the push platform, with delivery workers."""

    def __init__(self, deployment: Deployment, server: PushPlatformServer) -> None:
        self.deployment, self.server = deployment, server
        self.email = Mailbox()
        self.platforms: dict[str, Platform] = {
            ACCOUNT: PushPlatform(server.url),
            "email": self.email,
        }
        deployment.connect(self.platforms)
        deployment.platform, deployment.account = "push", ACCOUNT
        self.application = Application(
            Settings(give_up_hours=1), deployment.database, deployment.services
        )

    def deliver(self, until: Callable[[], bool], *, workers: int = 1) -> None:
        """Run delivery workers until `until` returns true."""
        deliver(self.application, until, workers)

    def rows(self, kind: str | None = None) -> list[Any]:
        """Return kind, status, attempts and last error of the outbox messages."""

        def read(session: Any) -> list[Any]:
            rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
            return [
                (row.kind, row.status, row.attempts, row.last_error)
                for row in rows
                if kind in (None, row.kind)
            ]

        return self.deployment.database.write_sync(read)

    def statuses(self) -> set[str]:
        return {row[1] for row in self.rows()}

    def settled(self) -> bool:
        return settled(self.deployment)


def deliver(application: Application, until: Callable[[], bool], workers: int = 1) -> None:
    """Run delivery workers until `until` returns true."""

    async def work() -> None:
        running = [application.delivery_worker() for _ in range(workers)]
        tasks = [asyncio.create_task(each.run()) for each in running]
        await soon(until)
        for each in running:
            each.stop()
        await asyncio.gather(*tasks)

    asyncio.run(work())


def settled(deployment: Deployment) -> bool:
    """Return whether no message is being sent or could be sent now."""
    now, accounts = deployment.clock(), [*deployment.services.platforms, REMINDERS]
    with deployment.database.engine.connect() as connection:
        rows = connection.execute(DUE, {"now": now, "accounts": accounts}).all()
    waiting = {row.recipient for row in rows if row.try_at > now and row.status == "pending"}
    return all(row.status == "pending" and row.recipient in waiting for row in rows)


class Mailbox(Platform):
    """An account that only sends, here e-mails; `fails` and `refuses` are the next failures."""

    def __init__(self) -> None:
        super().__init__("email")
        self.sent: list[tuple[str, str]] = []
        self.fails: list[Exception] = []
        self.refuses = 0

    def render(self, reply: Reply) -> str:
        return reply.text

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        if self.refuses:
            self.refuses -= 1
            raise OSError
        yield self.send

    async def send(self, address: str, payload: Any, replaces: str | None) -> str | None:
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((address, payload))
        return None


class TextMessages(Mailbox):
    """One that sends text messages, where each character costs."""

    def render(self, reply: Reply) -> str:
        return reply.brief or reply.text
