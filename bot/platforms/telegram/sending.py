"""Sends messages to Telegram."""

import os
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import cast

import httpx
import structlog
from telegram import Bot, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.platforms.answers import no_answer
from bot.platforms.telegram.rendering import Markup, Rendered
from bot.platforms.telegram.request import NoStatement
from core.errors import DeliveryError

log = structlog.get_logger()

NO_TOPIC = frozenset({"topic_closed", "topic_deleted", "message thread not found"})
"""Telegram's errors, in small letters, where a topic can't be written to."""

GONE = frozenset({"message to edit not found", "message_id_invalid"})
"""Telegram's errors, in small letters, where the message to be edited was deleted."""

ANSWERED_GONE = frozenset(
    f"{what} not found" for what in ("message to be replied", "replied message", "reply message")
)
"""Telegram's errors, in small letters, where the message to be answered was deleted: now, and by
earlier versions."""

os.environ.setdefault("PTB_TIMEDELTA", "true")  # has the library give durations as timedelta


async def send(bot: Bot, address: str, payload: Rendered, replaces: str | None) -> str | None:
    """Send a message to a chat, or edit one; return its id. Raises DeliveryError."""
    try:
        return await _send(bot, int(address), payload, replaces)
    except RetryAfter as error:
        pause = cast("timedelta", error.retry_after).total_seconds()
        raise DeliveryError("too many messages", retry_after=pause) from None
    except ChatMigrated as moved:
        raise DeliveryError(
            "the group has another address", moved_to=str(moved.new_chat_id)
        ) from None
    except Forbidden as error:
        raise DeliveryError(error.message, unreachable=True) from None
    except BadRequest as error:
        gone = "chat not found" in error.message.lower()
        raise DeliveryError(error.message, for_good=True, unreachable=gone) from None
    except TelegramError as error:
        if isinstance(error.__cause__, httpx.HTTPError):
            raise no_answer(error.__cause__) from None
        # Its message may hold the request's URL, and so the token.
        unclear = isinstance(error, NoStatement)
        raise DeliveryError(type(error).__name__, may_have_arrived=unclear) from None


async def _send(bot: Bot, chat: int, payload: Rendered, replaces: str | None) -> str | None:
    if payload.file:
        name, content = payload.file
        return await _id(bot.send_document(chat, content, filename=name))
    if at := payload.venue:
        return await _id(bot.send_venue(chat, at.latitude, at.longitude, at.name, at.address))
    if replaces and await _edit(bot, chat, payload, int(replaces)):
        return replaces
    answered = payload.answers and ReplyParameters(
        payload.answers, allow_sending_without_reply=not payload.only_answers
    )
    try:
        return await _send_texts(
            bot, chat, payload.texts, payload.markup, payload.topic, answered or None
        )
    except BadRequest as error:
        if payload.only_answers and error.message.lower() in ANSWERED_GONE:
            raise DeliveryError(error.message, gone=True) from None
        if payload.topic is None or error.message.lower() not in NO_TOPIC:
            raise
    # An answer would be put into the topic of what it answers.
    return await _send_texts(bot, chat, payload.outside_topic, payload.markup)


async def _send_texts(
    bot: Bot,
    chat: int,
    texts: Sequence[str],
    markup: Markup | None,
    topic: int | None = None,
    answered: ReplyParameters | None = None,
) -> str | None:
    """Send texts, of which the first answers a message, the last has the buttons; return its id."""
    *before, last = texts
    for text in before:
        await _id(bot.send_message(chat, text, message_thread_id=topic, reply_parameters=answered))
        answered = None
    return await _id(
        bot.send_message(
            chat,
            last,
            reply_markup=markup,
            message_thread_id=topic,
            reply_parameters=answered,
        )
    )


async def _id(sending: Awaitable[Message | bool]) -> str | None:
    """Return the id of a message that was sent; None where Telegram's answer can't be read.

    Then the answer has said that the call succeeded, or BotRequest would have raised an error.
    """
    try:
        sent = await sending
    except Exception as error:
        if isinstance(error, TelegramError) and type(error) is not TelegramError:
            raise
        log.warning("an answer can't be read", platform="telegram", error=type(error).__name__)
        return None
    return str(sent.message_id) if isinstance(sent, Message) else None


async def _edit(bot: Bot, chat: int, payload: Rendered, message_id: int) -> bool:
    """Edit a message; return False where it can't be edited and a new one must be sent.

    Raises DeliveryError (gone) where what it `edits` was deleted.
    """
    markup = payload.markup if isinstance(payload.markup, InlineKeyboardMarkup) else None
    try:
        await _id(bot.edit_message_text(payload.texts[-1], chat, message_id, reply_markup=markup))
    except BadRequest as error:
        if payload.edits and error.message.lower() in GONE:
            raise DeliveryError(error.message, gone=True) from None
        # What was deleted needs no change; "not modified" means that it was edited before.
        return payload.closing or payload.edits or "not modified" in error.message
    return True
