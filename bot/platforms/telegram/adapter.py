"""Telegram: updates by webhook, questions with buttons under them (Bot API).

Texts are sent as they are, without markup, so that no name can break it.
"""

import hashlib
import hmac
import json
import os
import re
from calendar import monthcalendar
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Final, cast

from babel.dates import get_day_names
from telegram import (
    Bot,
    ChatMember,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
    User,
)
from telegram.constants import ChatType
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply, ReplyChoice, Venue
from bot.platforms.base import Malformed, Reachability, Send, Unauthenticated, WebhookResult
from bot.platforms.layout import language_of, rows_of, split
from bot.platforms.push_layout import ANSWERED
from bot.settings import TelegramAccount
from core.errors import DeliveryError
from core.i18n import _
from dialogs.engine.inputs import Unreadable

os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library's way to ask for its later types

PLATFORM: Final = "telegram"

UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds that we ask Telegram for."""

COMMANDS = (
    ("book", _("New appointment")),
    ("bookings", _("My appointments")),
    ("back", _("Back to the question before")),
    ("start_over", _("Start over")),
    ("human", _("Talk to an employee")),
    ("language", _("Greek or English")),
    ("help", _("Help")),
)
"""What Telegram's own menu offers: names of the conversation's commands."""

KNOWN = frozenset({"start", *(name for name, _label in COMMANDS)})

HEADER = "x-telegram-bot-api-secret-token"

COMMAND = re.compile(r"/(?P<name>[a-z][a-z_]*)(@\w+)?(\s+(?P<rest>.+))?", re.DOTALL)

MAX_TEXT_UNITS = 4096
"""A text's, in UTF-16 units."""

NOTHING = "-"
"""What a button carries that only fills the month."""

BUTTONS_PER_ROW = 4
"""How many buttons stand in a row at most."""

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


@dataclass(frozen=True)
class Rendered:
    """A reply as it is sent: the buttons are under the last of its texts."""

    texts: Sequence[str]
    markup: Markup | None
    closing: bool = False
    file: tuple[str, bytes] | None = None
    venue: Venue | None = None


class Telegram:
    """One bot."""

    edits = True
    files = True
    maps = True

    def __init__(self, account: str, settings: TelegramAccount, texts: Translator) -> None:
        self.account, self._settings, self._texts = account, settings, texts

    @property
    def secret(self) -> str:
        """What Telegram shows with each update; follows from the token, so it is kept nowhere."""
        token = self._settings.token.get_secret_value()
        return hmac.new(token.encode(), b"webhook", hashlib.sha256).hexdigest()

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookResult:
        """Give what an update holds; a tap is answered by the answer to the request."""
        shown = headers.get(HEADER, "")
        if not hmac.compare_digest(shown.encode(), self.secret.encode()):
            raise Unauthenticated
        try:
            return self.parse_update(Update.de_json(json.loads(body)))
        except Exception as error:  # whatever the library stumbles over
            raise Malformed from error

    def parse_update(self, update: Update) -> WebhookResult:
        """Do the same with an update that is known to be Telegram's. Raises ValueError."""
        if tap := update.callback_query:
            answer = {"method": "answerCallbackQuery", "callback_query_id": tap.id}
            # The message is missing where it is too old; then the tap is of no use to anybody.
            if tap.data in (None, NOTHING) or not tap.message or not _is_private(tap.message.chat):
                return WebhookResult(answer=answer)
            who = self._who(update, tap.message.chat.id, tap.from_user)
            return WebhookResult([Inbound(**who, choice=tap.data)], answer=answer)
        if (change := update.my_chat_member) and _is_private(change.chat):
            reachable = change.new_chat_member.status != ChatMember.BANNED
            return WebhookResult(news=Reachability(str(change.chat.id), reachable))
        message = update.message or update.edited_message
        if message is None:
            return WebhookResult(ignored=_kind(update))
        writer = message.from_user
        if not _is_private(message.chat) or writer is None:
            ignored = f"{message.chat.type} message"
            return WebhookResult(answer=self._elsewhere(message), ignored=ignored)
        edited = message is update.edited_message
        if edited and not message.text:
            return WebhookResult(ignored="edited_message")  # such as a place that moves on
        what = _unread("edited") if edited else _content(message, writer)
        if what is None:
            return WebhookResult(ignored="service message")
        who = self._who(update, message.chat.id, writer)
        return WebhookResult([Inbound(**who, in_chat=message.message_id, **what)])

    def render(self, reply: Reply) -> Rendered:
        """Put the choices under the text."""
        if reply.file:
            return Rendered((), None, file=(reply.file, reply.content))
        if reply.venue:
            return Rendered((), None, venue=reply.venue)
        return Rendered(_parts(reply.text), self._markup(reply), reply.closing)

    def answered_form(self, asked: Reply, answer: str | None, *, said: bool) -> Reply | None:
        """Take the buttons from a question, and write what was tapped below it.

        The button that sends the number stands at the citizen's keyboard: only a message of its own
        removes it.
        """
        if asked.input == "phone":
            return None if said else Reply(text=ANSWERED)
        if not asked.choices:
            return None
        # Of a long question, only the last part has buttons and is changed.
        text = _parts(asked.text)[-1]
        answered = f"{text}\n\n{ANSWERED} {answer}"
        fits = answer and _units(answered) <= MAX_TEXT_UNITS
        return Reply(text=answered if fits else text, closing=True)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Send]:
        """Keep connections to Telegram; nothing is asked of it yet."""
        async with self.bot() as bot:
            yield partial(_send, bot)

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Bot]:
        """Speak to Telegram as this bot."""
        async with HTTPXRequest() as request:
            token = self._settings.token.get_secret_value()
            yield Bot(
                token,
                base_url=f"{self._settings.api_url}/bot",
                request=request,
                get_updates_request=request,
            )

    def _elsewhere(self, message: Message) -> dict[str, Any] | None:
        """What is answered to a command in a group, where all could read what is personal."""
        found = COMMAND.fullmatch(message.text or "")
        if not found or found["name"] not in KNOWN or message.from_user is None:
            return None
        language = language_of(message.from_user.language_code) or "el"
        return {
            "method": "sendMessage",
            "chat_id": message.chat.id,
            "text": self._texts.say(
                _("I book appointments in private. Tap my name and write to me there."), language
            ),
        }

    def _who(self, update: Update, chat: int, user: User) -> dict[str, Any]:
        return {
            "platform": PLATFORM,
            "account": self.account,
            "address": str(chat),
            "message_id": str(update.update_id),
            "number": update.update_id,
            "language": language_of(user.language_code),
            "home": self._settings.municipality,
        }

    def _markup(self, reply: Reply) -> Markup | None:
        picks = [choice for choice in reply.choices if choice.number is not None]
        commands = [choice for choice in reply.choices if choice.number is None]
        if reply.closing:
            return None
        if reply.clears:
            return ReplyKeyboardRemove()
        if reply.input == "phone":
            share = self._texts.say(_("📱 Send my own number"), reply.language)
            rows = [[KeyboardButton(share, request_contact=True)]]
            named = [*rows_of(picks, BUTTONS_PER_ROW), *rows_of(commands, BUTTONS_PER_ROW)]
            rows += [[KeyboardButton(choice.label) for choice in row] for row in named]
            return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
        shown = list(_month(reply.month, picks, reply.language) if reply.month else _buttons(picks))
        shown += _buttons(commands)
        return InlineKeyboardMarkup(shown) if shown else None


def _is_private(chat: Any) -> bool:
    return bool(chat.type == ChatType.PRIVATE)


def _kind(update: Update) -> str:
    found = (name for name in Update.ALL_TYPES if getattr(update, name, None) is not None)
    return next(found, "unknown")


def _content(message: Message, writer: User) -> dict[str, Any] | None:
    """What a message says, as an Inbound has it; None for what nobody wrote, such as a pin."""
    if message.text is not None:
        return _typed(message.text)
    if contact := message.contact:
        if contact.user_id != writer.id:
            return _unread("contact")
        return {"text": f"+{contact.phone_number.lstrip('+')}"}
    if message.voice or message.video_note or message.audio:
        return _unread("voice")
    return _unread("other") if message.effective_attachment else None


def _typed(text: str) -> dict[str, Any]:
    """A command, such as /help or /start_over@our_bot, a link that was followed, or a text."""
    found = COMMAND.fullmatch(text)
    if not found:
        return {"text": text}
    if found["name"] != "start":
        return {"command": found["name"]}
    return {"link": found["rest"]} if found["rest"] else {"text": "/start"}


def _unread(what: Unreadable) -> dict[str, Any]:
    return {"unread": what}


def _month(
    month: date, picks: Sequence[ReplyChoice], language: str
) -> Iterator[list[InlineKeyboardButton]]:
    """A sheet of seven columns, with the free days to be tapped."""
    names = get_day_names("abbreviated", locale=language)
    yield [InlineKeyboardButton(names[day], callback_data=NOTHING) for day in range(7)]
    free = {choice.number: choice.id for choice in picks}
    for week in monthcalendar(month.year, month.month):
        yield [
            InlineKeyboardButton(str(day), callback_data=free[day])
            if day in free
            else InlineKeyboardButton("·" if day else " ", callback_data=NOTHING)
            for day in week
        ]


def _buttons(choices: Sequence[ReplyChoice]) -> list[list[InlineKeyboardButton]]:
    return [
        [InlineKeyboardButton(choice.label, callback_data=choice.id) for choice in row]
        for row in rows_of(choices, BUTTONS_PER_ROW)
    ]


def _parts(text: str) -> list[str]:
    return split(text, MAX_TEXT_UNITS, _units)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


async def _send(bot: Bot, address: str, payload: Rendered, replaces: str | None) -> str | None:
    try:
        return await _send_to(bot, int(address), payload, replaces)
    except RetryAfter as error:
        pause = cast("timedelta", error.retry_after).total_seconds()
        raise DeliveryError("too many messages", retry_after=pause) from None
    except Forbidden as error:
        raise DeliveryError(error.message, unreachable=True) from None
    except BadRequest as error:
        gone = "chat not found" in error.message.lower()
        raise DeliveryError(error.message, for_good=True, unreachable=gone) from None
    except TelegramError as error:
        # Its text may hold the address of the request, and so the token.
        raise DeliveryError(type(error).__name__) from None


async def _edited(bot: Bot, chat: int, payload: Rendered, number: int) -> bool:
    """Change a message where it stands; False where there is none any more to be changed."""
    markup = payload.markup if isinstance(payload.markup, InlineKeyboardMarkup) else None
    try:
        await bot.edit_message_text(payload.texts[-1], chat, number, reply_markup=markup)
    except ChatMigrated:
        raise
    except BadRequest as error:
        # One that was deleted needs no closing; one that is so already was edited before.
        return payload.closing or "not modified" in error.message
    return True


async def _send_to(bot: Bot, chat: int, payload: Rendered, replaces: str | None) -> str:
    try:
        if payload.file:
            name, content = payload.file
            return str((await bot.send_document(chat, content, filename=name)).message_id)
        if at := payload.venue:
            sent = await bot.send_venue(chat, at.latitude, at.longitude, at.name, at.address)
            return str(sent.message_id)
        *before, last = payload.texts
        if replaces and await _edited(bot, chat, payload, int(replaces)):
            return replaces
        for text in before:
            await bot.send_message(chat, text)
        sent = await bot.send_message(chat, last, reply_markup=payload.markup)
    except ChatMigrated as moved:
        return await _send_to(bot, moved.new_chat_id, payload, replaces)
    return str(sent.message_id)
