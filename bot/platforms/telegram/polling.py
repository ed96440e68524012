"""Long polling of Telegram's updates, by a machine that Telegram can't reach."""

import asyncio
import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

import structlog
from telegram import Bot
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken

from bot.platforms.base import AnswerLater, HandleResult
from bot.platforms.telegram import setup
from bot.platforms.telegram.updates import UPDATES
from bot.platforms.webhook import WebhookResponse, WebhookResult, parse_or_skip
from bot.retry import repeat, retry
from bot.telemetry.logging import cause, traceback_lines
from core.errors import DatabaseUnavailable

log = structlog.get_logger()

WAIT_SECONDS = 25
"""The time that Telegram holds a request open while there are no updates."""

RETRY_SECONDS = 2.0
"""Before trying again when Telegram or the database is unavailable."""

QUIET_SECONDS = 600.0
"""After which another program that takes the updates is reported again."""

TRIES = 3
"""The most tries of handling an update that fails by an error of ours."""


@dataclass
class Poller:
    """Polls the updates of one bot."""

    bot: Bot
    account: str
    parse: Callable[[Any], WebhookResult]
    handle: HandleResult
    answer_later: AnswerLater
    _offset: int = 0
    _last_conflict: float = -math.inf

    async def run(self) -> None:
        """Handle updates until cancelled. Raises ConfigurationError for a wrong token at first."""

        def report_first(error: Exception) -> None:
            if isinstance(error, InvalidToken):
                with setup.errors_of(self.account):
                    raise error
            self._report(error)

        await retry(self._remove_webhook, Exception, RETRY_SECONDS, report_first)
        await repeat(self._poll, self._report, after_error=RETRY_SECONDS)

    async def _remove_webhook(self) -> None:
        """Remove the webhook: while there is one, Telegram gives no updates."""
        webhook = await self.bot.get_webhook_info()
        if webhook.url:
            await self.bot.delete_webhook()
            # Other programs have the bot's token in it.
            url = webhook.url.replace(self.bot.token, "…")
            log.warning("webhook removed", account=self.account, webhook=url)

    def _report(self, error: Exception) -> None:
        """Log why polling failed: what only a person can end, once, and in words."""
        fields = {"account": self.account, **cause(error)}
        if isinstance(error, Conflict):
            now = time.monotonic()
            is_known = now < self._last_conflict + QUIET_SECONDS
            self._last_conflict = now
            if is_known:  # while both poll, each of them succeeds now and then
                return
            fields["reason"] = f"{setup.OTHER_PROGRAM}. Rantevou keeps trying."
        log.warning("polling failed", **fields)

    async def _poll(self) -> None:
        """Handle the next updates; requesting those after them confirms them to Telegram."""
        by_chat: dict[str | None, list[tuple[int, WebhookResult]]] = defaultdict(list)
        offset = self._offset
        for update in await self._updates():
            number = update["update_id"]
            offset = max(offset, number + 1)
            result = parse_or_skip(self.account, partial(self.parse, update))
            addresses = (getattr(event, "address", None) for event in result.events)
            by_chat[next(addresses, None)].append((number, result))
        await asyncio.gather(*map(self._handle_in_order, by_chat.values()))
        self._offset = offset

    async def _updates(self) -> list[dict[str, Any]]:
        """Return the next updates as Telegram gives them.

        The library's own `get_updates` raises an error for all where it can't read one.
        """
        given = {
            "offset": self._offset,
            "timeout": WAIT_SECONDS,
            "allowed_updates": json.dumps(UPDATES),
        }
        request = self.bot.request
        updates = await request.post(
            f"{self.bot.base_url}/getUpdates?{urlencode(given)}",
            read_timeout=WAIT_SECONDS + (request.read_timeout or 0),
        )
        return cast("list[dict[str, Any]]", updates)

    async def _handle_in_order(self, updates: Sequence[tuple[int, WebhookResult]]) -> None:
        for number, result in updates:
            await self._handle(number, result)

    async def _handle(self, number: int, result: WebhookResult) -> None:
        """Answer and handle an update; one that keeps failing by an error of ours is skipped.

        Staff are answered after it was handled, for the answer says what came of it; by the outbox,
        where Telegram doesn't take it now.
        """
        ids = {"account": self.account, "update": number}
        if result.respond_to_staff is None:
            await self._answer(result.response, ids)

        async def once() -> None:
            response = await self.handle(self.account, result)
            if result.respond_to_staff and not await self._answer(response, ids):
                await self.answer_later(self.account, result)

        for _try in range(TRIES):
            try:
                await retry(once, DatabaseUnavailable, RETRY_SECONDS)
            except Exception as error:
                places = traceback_lines(error)[-3:]
                log.error("an update failed", **cause(error), places=places, **ids)
            else:
                return

    async def _answer(self, response: WebhookResponse, ids: Mapping[str, Any]) -> bool:
        """Call the method that is the response to a webhook's request, if it has one.

        Return False for a message that Telegram may take later.
        """
        if not response.body:
            return True
        given = json.loads(response.body)
        method = given.pop("method")
        if "reaction" in given:  # which the library takes by its sign alone
            given["reaction"] = [each["emoji"] for each in given["reaction"]]
        try:
            await getattr(self.bot, method)(**given)
        except Exception as error:  # mostly because it is too late to confirm a tap
            log.info("an update wasn't answered", error=type(error).__name__, **ids)
            return method != "sendMessage" or isinstance(error, (BadRequest, Forbidden))
        return True
