"""Asking Telegram for updates, for a machine that Telegram can't reach."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from telegram import Bot, Update

from bot.bootstrap import Application
from bot.platforms.telegram.adapter import UPDATES, Telegram
from bot.telemetry.logging import cause, traceback_lines
from core.errors import DatabaseUnavailable

log = structlog.get_logger()

WAIT_SECONDS = 25
"""How long Telegram keeps a question open when it has nothing to tell."""

REST_SECONDS = 2.0
"""Until it is tried again, when Telegram or the database is away."""

TRIES = 3
"""How often an update is taken that fails by an error of ours."""


async def poll(application: Application, telegram: Telegram) -> None:
    """Take updates for ever. Telegram forgets one only when it was taken, as with a webhook."""
    async with telegram.bot() as bot:
        following: int | None = None
        while True:
            try:
                if following is None:
                    await bot.delete_webhook()  # while one stands, nothing is told
                    following = 0
                updates = await bot.get_updates(
                    following, timeout=WAIT_SECONDS, allowed_updates=UPDATES
                )
                await _take_all(application, telegram, bot, updates)
            except Exception as error:
                log.warning("polling failed", account=telegram.account, **cause(error))
                await asyncio.sleep(REST_SECONDS)
            else:
                following = max((each.update_id + 1 for each in updates), default=following)


async def _take_all(
    application: Application, telegram: Telegram, bot: Bot, updates: Sequence[Update]
) -> None:
    """Take each chat's one after the other, and the chats beside one another."""
    by_chat: dict[int | None, list[Update]] = defaultdict(list)
    for update in updates:
        by_chat[update.effective_chat.id if update.effective_chat else None].append(update)

    async def take(several: list[Update]) -> None:
        for update in several:
            await _take(application, telegram, bot, update)

    await asyncio.gather(*map(take, by_chat.values()))


async def _take(application: Application, telegram: Telegram, bot: Bot, update: Update) -> None:
    """Take one, answering it first; one that fails by an error of ours is given up at last."""
    ids = {"account": telegram.account, "update": update.update_id}
    tries, answered = 0, False
    while tries < TRIES:
        try:
            received = telegram.parse_update(update)
            if received.answer and not answered:
                answered = True
                await _answer(bot, received.answer, ids)
            await application.take(telegram.account, received)
        except DatabaseUnavailable:
            await asyncio.sleep(REST_SECONDS)
        except Exception as error:
            tries += 1
            log.error("an update failed", **cause(error), places=traceback_lines(error)[-3:], **ids)
        else:
            return


async def _answer(bot: Bot, answer: Mapping[str, Any], ids: Mapping[str, Any]) -> None:
    """Call what a webhook's request would be answered with."""
    given = dict(answer)
    try:
        await getattr(bot, given.pop("method"))(**given)
    except Exception as error:  # too late for a tap, mostly
        log.info("an update wasn't answered", error=type(error).__name__, **ids)
