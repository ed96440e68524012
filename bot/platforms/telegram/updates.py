"""Telegram's updates as events: https://core.telegram.org/bots/api#update."""

import re
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from telegram import (
    CallbackQuery,
    ChatMember,
    ChatMemberRestricted,
    ChatMemberUpdated,
    Message,
    Update,
    User,
)
from telegram.constants import ChatType
from telegram.ext import filters

from bot.i18n.stated_language import stated_language
from bot.i18n.translator import Translator, own_name
from bot.messages import Inbound
from bot.platforms.telegram.rendering import NO_CHOICE
from bot.platforms.telegram.staff_updates import PLATFORM, StaffUpdates, topic_of
from bot.platforms.webhook import (
    Ignored,
    Reachability,
    RoomLeft,
    RoomMoved,
    WebhookResponse,
    WebhookResult,
)
from bot.staff_messages import PREFIX, StaffAnswer, StaffCommand, StaffInbound
from core.i18n import LANGUAGES, Text, _, join
from dialogs.engine.inputs import Unreadable

UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that we ask Telegram for."""

COMMANDS: tuple[tuple[str, Text], ...] = (
    ("book", _("New appointment")),
    ("bookings", _("My appointments")),
    ("back", _("Back to the question before")),
    ("start_over", _("Start over")),
    ("human", _("Talk to an employee")),
    ("preferences", _("My preferences")),
    ("language", join(" / ", *(own_name(language) for language in LANGUAGES))),
    ("help", _("Help")),
)
"""The commands in Telegram's menu, by the names that the dialogs give them, with labels."""

STAFF_COMMANDS: tuple[tuple[str, Text], ...] = (
    (StaffCommand.TODAY, _("The appointments of today")),
    (StaffCommand.TOMORROW, _("The appointments of tomorrow")),
    (StaffCommand.NEXT, _("The next appointments")),
    (StaffCommand.FIND, _("Find by code or surname")),
    (StaffCommand.BOOK, _("Book for a caller")),
    (StaffCommand.CLOSE, _("Close a desk or the office")),
    (StaffCommand.OPEN, _("An extra opening, or the end of a closure")),
    (StaffCommand.CLOSURES, _("Closures and extra openings")),
    (StaffCommand.HELP, _("Help")),
)
"""The commands in the menu of groups, which are for staff, with labels."""

KNOWN_COMMANDS = frozenset({"start", *(name for name, _label in COMMANDS)})

COMMAND = re.compile(r"/(?P<name>[a-z][a-z_]*)(@(?P<bot>\w+))?(\s+(?P<rest>.+))?", re.DOTALL)


@dataclass
class UpdateParser:
    """Parses the updates of one bot. Its `username` is None until Telegram has told it."""

    account: str
    bot_id: int
    municipality: str | None
    texts: Translator
    username: str | None = None
    staff: StaffUpdates = field(init=False)

    def __post_init__(self) -> None:
        self.staff = StaffUpdates(self.account, self.bot_id, self.texts, lambda: self.username)

    def parse(self, given: Any) -> WebhookResult:
        """Return the events of an update that is known to be Telegram's. Raises any error."""
        update = Update.de_json(given)
        if tap := update.callback_query:
            return self._tap(update, tap)
        if change := update.my_chat_member:
            return self._membership(change)
        message = update.message or update.edited_message
        if message is None:
            return WebhookResult([Ignored(_kind(update))])
        edited = message is update.edited_message
        if not _is_private(message.chat):
            return self._in_group(update, message, edited=edited)
        user = message.from_user
        if user is None:
            return WebhookResult([Ignored(f"{message.chat.type} message")])
        if edited and not (message.text or message.caption):
            return WebhookResult([Ignored("edited_message")])  # such as a live location
        if filters.StatusUpdate.ALL.check_update(update):
            return WebhookResult([Ignored("service message")])
        content = _unread("edited") if edited else _content(message, user)
        if not edited:
            content["album"] = message.media_group_id
        sender = self._sender(update, message.chat.id, user)
        numbered = {"chat_sequence": message.message_id, "written_at": message.date.timestamp()}
        inbound = Inbound(**sender, **numbered, **content)
        if not edited and (found := self.staff.in_private(update.update_id, message, inbound)):
            return self._of_staff(found, message)
        return WebhookResult([inbound])

    def _tap(self, update: Update, tap: CallbackQuery) -> WebhookResult:
        confirmed = self.staff.respond_to_tap(tap.id, None)
        # A message that is too old is inaccessible: its buttons can't be acted on.
        if tap.data in (None, NO_CHOICE) or not tap.message:
            return WebhookResult(response=confirmed)
        if tap.data.startswith(f"{PREFIX}:"):
            found = self.staff.tap(update.update_id, tap, tap.message)
            respond = partial(self.staff.respond_to_tap, tap.id)
            return WebhookResult([found], confirmed, respond_to_staff=respond)
        if not _is_private(tap.message.chat):
            return WebhookResult(response=confirmed)
        sender = self._sender(update, tap.message.chat.id, tap.from_user)
        return WebhookResult([Inbound(**sender, choice=tap.data)], confirmed)

    def _membership(self, change: ChatMemberUpdated) -> WebhookResult:
        """Return that a citizen blocks us or doesn't, or that we were removed from a group."""
        now = change.new_chat_member
        if _is_private(change.chat):
            reachable = now.status != ChatMember.BANNED
            return WebhookResult([Reachability(str(change.chat.id), reachable)])
        outside = isinstance(now, ChatMemberRestricted) and not now.is_member
        if outside or now.status in (ChatMember.LEFT, ChatMember.BANNED):
            return WebhookResult([RoomLeft(str(change.chat.id))])
        return WebhookResult([Ignored("my_chat_member")])

    def _in_group(self, update: Update, message: Message, *, edited: bool) -> WebhookResult:
        chat = str(message.chat.id)
        if moved := message.migrate_to_chat_id:
            return WebhookResult([RoomMoved(chat, str(moved))])
        if earlier := message.migrate_from_chat_id:
            return WebhookResult([RoomMoved(str(earlier), chat)])
        if not edited and (found := self.staff.in_group(update.update_id, message)):
            return self._of_staff(found, message)
        ignored = Ignored(f"{message.chat.type} message")
        return WebhookResult([ignored], self._group_response(message))

    def _of_staff(self, inbound: StaffInbound, message: Message) -> WebhookResult:
        """Return a message of staff; where they get no answer, it is answered as a citizen's."""

        def respond(answer: StaffAnswer | None) -> WebhookResponse:
            if answer and answer.where == "nobody":
                return WebhookResponse()
            if answer:
                return self.staff.respond(inbound, message.message_id, answer)
            return WebhookResponse() if inbound.is_private else self._group_response(message)

        return WebhookResult([inbound], respond_to_staff=respond)

    def _sender(self, update: Update, chat: int, user: User) -> dict[str, Any]:
        return {
            "platform": PLATFORM,
            "account": self.account,
            "address": str(chat),
            "message_id": str(update.update_id),
            "number": update.update_id,
            "name": user.full_name,
            "language": stated_language(user.language_code),
            "municipality_id": self.municipality,
        }

    def _group_response(self, message: Message) -> WebhookResponse:
        """Answer a command to us in a group, where everybody could read personal data."""
        found = COMMAND.fullmatch(message.text or "")
        if not found or found["name"] not in KNOWN_COMMANDS or message.from_user is None:
            return WebhookResponse()
        if found["bot"] and found["bot"].lower() != (self.username or "").lower():
            return WebhookResponse()
        language = stated_language(message.from_user.language_code) or LANGUAGES[0]
        text = _("I book appointments in private. Tap my name and write to me there.")
        topic = {"message_thread_id": topic_of(message)} if topic_of(message) else {}
        return WebhookResponse.json(
            {
                "method": "sendMessage",
                "chat_id": message.chat.id,
                "text": self.texts.say(text, language),
                **topic,
            }
        )


def _is_private(chat: Any) -> bool:
    return bool(chat.type == ChatType.PRIVATE)


def _kind(update: Update) -> str:
    found = (name for name in Update.ALL_TYPES if getattr(update, name, None) is not None)
    return next(found, "unknown")


def _content(message: Message, user: User) -> dict[str, Any]:
    """Return a message's content as fields of Inbound; also that of a kind not known yet."""
    if message.text is not None:
        return _text_content(message.text)
    if contact := message.contact:
        if contact.user_id != user.id:
            return _unread("contact")
        return {"text": f"+{contact.phone_number.lstrip('+')}", "proves_phone": True}
    if message.caption:
        return {"text": message.caption, "with_file": True}
    return _unread("voice" if message.voice or message.video_note or message.audio else "other")


def _text_content(text: str) -> dict[str, Any]:
    """Return a command, such as /help or /start_over@our_bot, a deep link or a text."""
    found = COMMAND.fullmatch(text)
    if not found:
        return {"text": text}
    if found["name"] != "start":
        return {"command": found["name"]}
    return {"link": found["rest"]} if found["rest"] else {"text": "/start"}


def _unread(why: Unreadable) -> dict[str, Any]:
    return {"unread": why}
