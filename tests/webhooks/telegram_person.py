"""Somebody who writes to a bot on Telegram, against a real server."""

import itertools
from typing import Any

import httpx

from bot.platforms.telegram.adapter import HEADER, Telegram
from tests.bot.platforms import telegram_updates as updates
from tests.conftest import Deployment
from tests.core.wait_until import until
from tests.fakes.telegram import TelegramServer
from tests.webhooks.chat_client import ServedClient

CHAT = 4711


class Person:
    """Somebody who writes to the bot, and what they see."""

    def __init__(
        self, deployment: Deployment, client: ServedClient, server: TelegramServer
    ) -> None:
        self.server = server
        self._deployment, self._client = deployment, client
        (self._bot,) = deployment.services.platforms.values()
        self._numbers = itertools.count(1000)

    def send(self, update: dict[str, Any]) -> httpx.Response:
        """Have Telegram tell the update, and wait until all is delivered."""
        if said := update.get("message"):
            update = {"message": {**said, "message_id": self.server.number()}}
        told = self.tell({**update, "update_id": next(self._numbers)})
        assert told.status_code == 200, told.text
        self.wait()
        return told

    def tell(self, update: dict[str, Any]) -> httpx.Response:
        assert isinstance(self._bot, Telegram)
        headers = {HEADER: self._bot.secret}
        return self._client.post("/webhooks/telegram/town", json=update, headers=headers)

    def wait(self) -> None:
        """Wait until nothing is on its way."""
        unsent = "SELECT 1 FROM outgoing WHERE status IN ('pending', 'claimed') AND kind = 'reply'"
        until(lambda: self._deployment.rows(unsent) == [])

    def write(self, *texts: str) -> None:
        for text in texts:
            self.send(updates.message(text=text))

    def tap(self, label: str) -> httpx.Response:
        data = self.server.buttons(CHAT)[label]
        return self.send(updates.tap(data))

    @property
    def chat(self) -> list[str]:
        """The texts that stand there."""
        return [message["text"] for message in self.server.chats[CHAT].values()]

    @property
    def with_buttons(self) -> list[dict[str, Any]]:
        """The messages under which something can be tapped."""
        standing = self.server.chats[CHAT].values()
        return [message for message in standing if "inline_keyboard" in message["markup"]]

    @property
    def last(self) -> dict[str, Any]:
        return list(self.server.chats[CHAT].values())[-1]
