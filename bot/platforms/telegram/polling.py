"""Long polling of Telegram's updates, by a machine that Telegram can't reach."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from telegram import Bot, Update

from bot.platforms.base import HandleResult
from bot.platforms.telegram.updates import UPDATES
from bot.platforms.webhook import WebhookResponse, WebhookResult
from bot.retry import repeat, retry
from bot.telemetry.logging import cause, traceback_lines
from core.errors import DatabaseUnavailable

log = structlog.get_logger()

WAIT_SECONDS = 25
"""The time that Telegram holds a request open while there are no updates."""

RETRY_SECONDS = 2.0
"""Before trying again when Telegram or the database is unavailable."""

TRIES = 3
"""The most tries of handling an update that fails by an error of ours."""


@dataclass
class Poller:
    """Polls the updates of one bot."""

    bot: Bot
    account: str
    parse: Callable[[Update], WebhookResult]
    handle: HandleResult
    _offset: int | None = None

    async def run(self) -> None:
        """Handle updates until cancelled."""

        def report(error: Exception) -> None:
            log.warning("polling failed", account=self.account, **cause(error))

        await repeat(self._poll, report, after_error=RETRY_SECONDS)

    async def _poll(self) -> None:
        """Handle the next updates; requesting those after them confirms them to Telegram."""
        if self._offset is None:
            await self.bot.delete_webhook()  # while there is one, Telegram gives no updates
            self._offset = 0
        updates = await self.bot.get_updates(
            self._offset, timeout=WAIT_SECONDS, allowed_updates=UPDATES
        )
        by_chat: dict[int | None, list[Update]] = defaultdict(list)
        for update in updates:
            by_chat[update.effective_chat.id if update.effective_chat else None].append(update)
        await asyncio.gather(*map(self._handle_in_order, by_chat.values()))
        self._offset = max((each.update_id + 1 for each in updates), default=self._offset)

    async def _handle_in_order(self, updates: Sequence[Update]) -> None:
        for update in updates:
            await self._handle(update)

    async def _handle(self, update: Update) -> None:
        """Answer and handle an update; one that keeps failing by an error of ours is skipped."""
        ids = {"account": self.account, "update": update.update_id}
        answered = False

        async def once() -> None:
            nonlocal answered
            result = self.parse(update)
            if result.response.body and not answered:
                answered = True
                await self._answer(result.response, ids)
            await self.handle(self.account, result)

        for _try in range(TRIES):
            try:
                await retry(once, DatabaseUnavailable, RETRY_SECONDS)
            except Exception as error:
                places = traceback_lines(error)[-3:]
                log.error("an update failed", **cause(error), places=places, **ids)
            else:
                return

    async def _answer(self, response: WebhookResponse, ids: Mapping[str, Any]) -> None:
        """Call the method that is the response to a webhook's request."""
        given = json.loads(response.body)
        try:
            await getattr(self.bot, given.pop("method"))(**given)
        except Exception as error:  # mostly because it is too late to confirm a tap
            log.info("an update wasn't answered", error=type(error).__name__, **ids)
