"""An office whose citizens write over a platform that pushes, and takes no time."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bot.bootstrap import Application
from bot.messages import Inbound
from bot.platforms.base import Platform, Send
from bot.settings import Settings
from core.catalogue.registry import Registry
from core.db.database import Database
from tests.bench.clock import Cost, now
from tests.bench.talk import Talk

ACCOUNT = "pager:one"


class Silent(Platform):
    """A platform that pushes and takes no time; `sent` is when each address was written to."""

    def __init__(self) -> None:
        super().__init__(ACCOUNT)
        self.sent: dict[str, float] = {}
        self.number = 0
        self.told: Callable[[], None] = lambda: None

    def render(self, reply: Any) -> Any:
        return reply

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        yield self._send

    async def _send(self, address: str, payload: Any, replaces: str | None) -> str | None:
        self.sent.setdefault(address, time.perf_counter())
        self.number += 1
        self.told()
        return str(self.number)


class Pushed:
    """An office whose citizens write over that platform."""

    def __init__(self, database: Database) -> None:
        self.platform = Silent()
        talk = Talk(database)
        registry = Registry("bench", frozenset({"webchat", ACCOUNT}))
        services = replace(talk.services, registry=registry, platforms={ACCOUNT: self.platform})
        self.application = Application(Settings(), database, services)

    def deliver(self, greetings: int) -> Cost:
        """Queue answers, and send them from one loop; the cost of each, to its settlement."""
        queued = sum(
            len(self.application.handle_message_sync(greeting())) for _ in range(greetings)
        )
        last = self.platform.number + queued

        async def work() -> None:
            worker = self.application.delivery_worker()
            self.platform.told = lambda: worker.stop() if self.platform.number == last else None
            await worker.run()

        begun = now()
        asyncio.run(work())
        return (now() - begun) / queued


def greeting() -> Inbound:
    """Return what somebody new says first."""
    who = str(uuid.uuid4())
    return Inbound(platform="pager", account=ACCOUNT, address=who, message_id=who, text="γεια")
