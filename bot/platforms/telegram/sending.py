"""Sends messages to Telegram."""

import os
from datetime import timedelta
from typing import cast

from telegram import Bot, InlineKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.platforms.telegram.rendering import Rendered
from core.errors import DeliveryError

os.environ.setdefault("PTB_TIMEDELTA", "true")  # has the library give durations as timedelta


async def send(bot: Bot, address: str, payload: Rendered, replaces: str | None) -> str | None:
    """Send a message to a chat, or edit one; return its id. Raises DeliveryError."""
    try:
        return await _send(bot, int(address), payload, replaces)
    except RetryAfter as error:
        pause = cast("timedelta", error.retry_after).total_seconds()
        raise DeliveryError("too many messages", retry_after=pause) from None
    except Forbidden as error:
        raise DeliveryError(error.message, unreachable=True) from None
    except BadRequest as error:
        gone = "chat not found" in error.message.lower()
        raise DeliveryError(error.message, for_good=True, unreachable=gone) from None
    except TelegramError as error:
        # Its message may hold the request's URL, and so the token.
        raise DeliveryError(type(error).__name__) from None


async def _send(bot: Bot, chat: int, payload: Rendered, replaces: str | None) -> str:
    try:
        if payload.file:
            name, content = payload.file
            return str((await bot.send_document(chat, content, filename=name)).message_id)
        if at := payload.venue:
            sent = await bot.send_venue(chat, at.latitude, at.longitude, at.name, at.address)
            return str(sent.message_id)
        *before, last = payload.texts
        if replaces and await _edit(bot, chat, payload, int(replaces)):
            return replaces
        for text in before:
            await bot.send_message(chat, text)
        sent = await bot.send_message(chat, last, reply_markup=payload.markup)
    except ChatMigrated as moved:
        return await _send(bot, moved.new_chat_id, payload, replaces)
    return str(sent.message_id)


async def _edit(bot: Bot, chat: int, payload: Rendered, message_id: int) -> bool:
    """Edit a message; return False where it can't be edited and a new one must be sent."""
    markup = payload.markup if isinstance(payload.markup, InlineKeyboardMarkup) else None
    try:
        await bot.edit_message_text(payload.texts[-1], chat, message_id, reply_markup=markup)
    except ChatMigrated:
        raise
    except BadRequest as error:
        # A deleted question needs no closing; "not modified" means that it was edited before.
        return payload.closing or "not modified" in error.message
    return True
