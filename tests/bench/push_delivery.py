"""Deliver answers over a push platform that accepts every message at once."""

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
from tests.bench.conversations import Conversations

ACCOUNT = "push:one"


class InstantPlatform(Platform):
    """Accepts every message at once; `sent` is when each address was first written to."""

    def __init__(self) -> None:
        super().__init__(ACCOUNT)
        self.sent: dict[str, float] = {}
        self.number = 0
        self.on_sent: Callable[[], None] = lambda: None

    def render(self, reply: Any) -> Any:
        return reply

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        yield self._send

    async def _send(self, address: str, payload: Any, replaces: str | None) -> str | None:
        self.sent.setdefault(address, time.perf_counter())
        self.number += 1
        self.on_sent()
        return str(self.number)


class PushDelivery:
    """The application with that platform, on a database."""

    def __init__(self, database: Database) -> None:
        self.platform = InstantPlatform()
        conversations = Conversations(database)
        registry = Registry("bench", frozenset({"webchat", ACCOUNT}))
        services = replace(
            conversations.services, registry=registry, platforms={ACCOUNT: self.platform}
        )
        self.application = Application(Settings(), database, services)

    def deliver(self, greetings: int) -> Cost:
        """Enqueue the answers to some greetings, deliver them, return the cost of each."""
        queued = sum(
            len(self.application.handle_message_sync(greeting())) for _ in range(greetings)
        )
        last = self.platform.number + queued

        async def work() -> None:
            worker = self.application.delivery_worker()
            self.platform.on_sent = lambda: worker.stop() if self.platform.number == last else None
            await worker.run()

        started = now()
        asyncio.run(work())
        return (now() - started) / queued


def greeting() -> Inbound:
    """Return the first message of a new citizen."""
    who = str(uuid.uuid4())
    return Inbound(platform="push", account=ACCOUNT, address=who, message_id=who, text="γεια")
