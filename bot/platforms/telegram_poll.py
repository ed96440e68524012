"""Asking Telegram for updates, for a machine that Telegram can't reach."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import structlog
from telegram import Bot, Update
from telegram.error import TelegramError

from bot.logs import cause, places
from bot.platforms.telegram import UPDATES, Telegram
from bot.wiring import Wiring
from core.errors import Busy

log = structlog.get_logger()

WAIT_SECONDS = 25
"""How long Telegram keeps a question open when it has nothing to tell."""

REST_SECONDS = 2.0
"""Until it is tried again, when Telegram or the database is away."""

TRIES = 3
"""How often an update is taken that fails by an error of ours."""


async def poll(wiring: Wiring, telegram: Telegram) -> None:
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
            except Exception as error:
                log.warning("polling failed", account=telegram.account, **cause(error))
                await asyncio.sleep(REST_SECONDS)
                continue
            if updates:
                await _take_all(wiring, telegram, bot, updates)
                following = updates[-1].update_id + 1


async def _take_all(
    wiring: Wiring, telegram: Telegram, bot: Bot, updates: Sequence[Update]
) -> None:
    """Take each chat's one after the other, and the chats beside one another."""
    by_chat: dict[int | None, list[Update]] = defaultdict(list)
    for update in updates:
        by_chat[update.effective_chat.id if update.effective_chat else None].append(update)

    async def take(several: list[Update]) -> None:
        for update in several:
            await _take(wiring, telegram, bot, update)

    await asyncio.gather(*map(take, by_chat.values()))


async def _take(wiring: Wiring, telegram: Telegram, bot: Bot, update: Update) -> None:
    ids = {"account": telegram.account, "update": update.update_id}
    try:
        received = telegram.understand(update)
    except ValueError:
        log.warning("an update can't be read", **ids)
        return
    if received.answer:
        given = dict(received.answer)
        try:
            await bot.do_api_request(given.pop("method"), given)
        except TelegramError as error:  # too late for a tap, mostly
            log.info("an update wasn't answered", error=type(error).__name__, **ids)
    tries = 0
    while tries < TRIES:
        try:
            await wiring.take(telegram.account, received)
        except Busy:
            await asyncio.sleep(REST_SECONDS)
        except Exception as error:
            tries += 1
            log.error("an update failed", **cause(error), places=places(error)[-3:], **ids)
        else:
            return
