"""Long polling: asks Telegram for updates, for a machine that Telegram can't reach."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from telegram import Bot, Update

from bot.platforms.base import WebhookResult
from bot.platforms.telegram.adapter import UPDATES, Telegram
from bot.retry import repeat, retry
from bot.telemetry.logging import cause, traceback_lines
from core.errors import DatabaseUnavailable

log = structlog.get_logger()

WAIT_SECONDS = 25
"""How long Telegram holds a request open while there are no updates."""

RETRY_SECONDS = 2.0
"""Before trying again when Telegram or the database is away."""

TRIES = 3
"""How often an update is handled that fails by an error of ours."""

Handle = Callable[[str, WebhookResult], Awaitable[Any]]
"""Acts on what an account was sent."""


async def poll(telegram: Telegram, handle: Handle) -> None:
    """Handle updates until cancelled.

    An update is confirmed to Telegram only once it was handled, as with a webhook.
    """
    following: int | None = None

    async with telegram.bot() as bot:

        async def next_updates() -> None:
            nonlocal following
            if following is None:
                await bot.delete_webhook()  # while there is one, Telegram gives no updates
                following = 0
            updates = await bot.get_updates(
                following, timeout=WAIT_SECONDS, allowed_updates=UPDATES
            )
            await _handle_all(telegram, handle, bot, updates)
            following = max((each.update_id + 1 for each in updates), default=following)

        def report(error: Exception) -> None:
            log.warning("polling failed", account=telegram.account, **cause(error))

        await repeat(next_updates, report, after_error=RETRY_SECONDS)


async def _handle_all(
    telegram: Telegram, handle: Handle, bot: Bot, updates: Sequence[Update]
) -> None:
    """Handle the updates of each chat in order, and those of different chats concurrently."""
    by_chat: dict[int | None, list[Update]] = defaultdict(list)
    for update in updates:
        by_chat[update.effective_chat.id if update.effective_chat else None].append(update)

    async def in_order(updates: list[Update]) -> None:
        for update in updates:
            await _handle(telegram, handle, bot, update)

    await asyncio.gather(*map(in_order, by_chat.values()))


async def _handle(telegram: Telegram, handle: Handle, bot: Bot, update: Update) -> None:
    """Answer and handle an update; one that fails by an error of ours is skipped at last."""
    ids = {"account": telegram.account, "update": update.update_id}
    answered = False

    async def once() -> None:
        nonlocal answered
        result = telegram.parse_update(update)
        if result.answer and not answered:
            answered = True
            await _answer(bot, result.answer, ids)
        await handle(telegram.account, result)

    for _attempt in range(TRIES):
        try:
            await retry(once, DatabaseUnavailable, RETRY_SECONDS)
        except Exception as error:
            log.error("an update failed", **cause(error), places=traceback_lines(error)[-3:], **ids)
        else:
            return


async def _answer(bot: Bot, answer: Mapping[str, Any], ids: Mapping[str, Any]) -> None:
    """Call the method with which a webhook's request would be answered."""
    given = dict(answer)
    try:
        await getattr(bot, given.pop("method"))(**given)
    except Exception as error:  # too late for a tap, mostly
        log.info("an update wasn't answered", error=type(error).__name__, **ids)
