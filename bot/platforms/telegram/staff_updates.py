"""Messages and taps of staff at Telegram: in the group or topic that is their room, and privately.

In a group with privacy mode a bot gets commands, answers to its messages, and taps on its buttons.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from telegram import CallbackQuery, MaybeInaccessibleMessage, Message

from bot.i18n.stated_language import stated_language
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.telegram import rendering
from bot.platforms.webhook import WebhookResponse
from bot.staff_messages import StaffAnswer, StaffCommand, StaffInbound, command_called
from dialogs.nlu.normalize import clean

MAX_POP_UP_UNITS = 200
"""The longest text of a pop-up, in UTF-16 units."""

MAX_GLANCE = 30
"""The letters of a pop-up that can be read in the moment in which it passes by."""

NOT_DONE = "👎"
"""The reaction that what was written wasn't done: one of those that Telegram knows. It is no
message, so that it isn't among the 20 that a group takes in a minute."""

NOT_IN_PRIVATE = frozenset({StaffCommand.BOOK})
"""The commands that are a citizen's in a private chat, also where a member wrote them."""

_COMMAND = re.compile(r"/(?P<name>\w+)(@(?P<bot>\w+))?( (?P<rest>.+))?")

PLATFORM: Final = "telegram"


@dataclass(frozen=True)
class StaffUpdates:
    """Reads the messages of one bot's staff. Its `username` is None until it is known."""

    account: str
    bot_id: int
    texts: Translator
    username: Callable[[], str | None]

    def tap(
        self, update_id: int, tap: CallbackQuery, message: MaybeInaccessibleMessage
    ) -> StaffInbound:
        """Return a tap on a button of staff, under that message."""
        return StaffInbound(
            **self._common(update_id, message, tap.from_user.language_code),
            address=str(tap.from_user.id),
            tap=tap.data,
            under=str(message.message_id),
        )

    def in_group(self, update_id: int, message: Message) -> StaffInbound | None:
        """Return a command to us, or an answer to a message of ours; else None."""
        text = clean(message.text or "")
        said: dict[str, Any] = {}
        if (command := self._command(text)) is not None:
            said = {"command": command[0], "argument": command[1]}
        elif (answered := message.reply_to_message) and self._is_ours(answered):
            said = {"text": text, "answers": str(answered.message_id)}
        elif mentioned := self._after_mention(text):
            said = {"text": mentioned}
        if not any(said.values()):
            return None
        user = message.from_user
        # Whoever writes for the group or for a channel doesn't show who they are.
        shown = user is not None and message.sender_chat is None
        return StaffInbound(
            **self._common(update_id, message, user.language_code if user else None),
            address=str(user.id) if user and shown else None,
            own_id=str(message.message_id),
            **said,
        )

    def in_private(self, update_id: int, message: Message, citizen: Inbound) -> StaffInbound | None:
        """Return a command that is staff's if a member wrote it, or is to become one; else None."""
        command = self._command(clean(message.text or ""))
        if command is None:
            return None
        name, argument = command
        if name in NOT_IN_PRIVATE:
            return None
        return StaffInbound(
            **self._common(update_id, message, citizen.language),
            address=citizen.address,
            command=name,
            argument=argument,
            citizen=citizen,
        )

    def _common(
        self, update_id: int, message: MaybeInaccessibleMessage, language: str | None
    ) -> dict[str, Any]:
        return {
            "platform": PLATFORM,
            "account": self.account,
            "message_id": str(update_id),
            "chat": str(message.chat.id),
            "topic": str(topic_of(message) or ""),
            "is_private": message.chat.type == message.chat.PRIVATE,
            "language": stated_language(language),
        }

    def _command(self, text: str) -> tuple[StaffCommand, str] | None:
        found = _COMMAND.fullmatch(text)
        if not found or (found["bot"] and not self._is_our_name(found["bot"])):
            return None
        command = command_called(self.texts, found["name"])
        return (command, found["rest"] or "") if command else None

    def _after_mention(self, text: str) -> str:
        """Return what follows our name at the beginning of a text."""
        first, _space, rest = text.partition(" ")
        return rest if first.startswith("@") and self._is_our_name(first[1:]) else ""

    def _is_our_name(self, name: str) -> bool:
        return name.lower() == (self.username() or "").lower()

    def _is_ours(self, message: Message) -> bool:
        return message.from_user is not None and message.from_user.id == self.bot_id

    def respond_to_tap(self, tap_id: str, answer: StaffAnswer | None) -> WebhookResponse:
        """Confirm a tap, with a pop-up for whoever tapped, alone."""
        return WebhookResponse.json(
            {
                "method": "answerCallbackQuery",
                "callback_query_id": tap_id,
                **(_pop_up(answer) if answer and answer.reply.text else {}),
            }
        )

    def respond(self, inbound: StaffInbound, answered: int, answer: StaffAnswer) -> WebhookResponse:
        """Send the answer to a command: where it was written, or to the member's private chat.

        In a room, under the message of ours that it is about, if it names one, else under theirs.
        """
        if answer.where == "reaction":
            return WebhookResponse.json(
                {
                    "method": "setMessageReaction",
                    "chat_id": int(inbound.chat),
                    "message_id": answered,
                    "reaction": [{"type": "emoji", "emoji": NOT_DONE}],
                }
            )
        chat, where = inbound.chat, {}
        if answer.where == "private" and not inbound.is_private:
            chat = inbound.address or ""
        else:
            where = {
                **({"message_thread_id": int(inbound.topic)} if inbound.topic else {}),
                "reply_parameters": {
                    "message_id": int(answer.reply.answers or answered),
                    "allow_sending_without_reply": True,
                },
            }
        return WebhookResponse.json(
            {
                "method": "sendMessage",
                "chat_id": int(chat),
                **where,
                **_content(answer.reply, self.texts),
            }
        )


def topic_of(message: MaybeInaccessibleMessage) -> int | None:
    """Return the topic that a message is in; None in a chat without topics, and for an answer."""
    if isinstance(message, Message) and message.is_topic_message:
        return message.message_thread_id
    return None


def _content(reply: Reply, texts: Translator) -> dict[str, Any]:
    rendered = rendering.render(reply, texts)
    markup = {"reply_markup": rendered.markup.to_dict()} if rendered.markup else {}
    # Answers are short: a response sends one message.
    return {"text": rendered.texts[0], **markup}


def _pop_up(answer: StaffAnswer) -> dict[str, Any]:
    cut = answer.reply.text
    while len(cut.encode("utf-16-le")) // 2 > MAX_POP_UP_UNITS:
        cut = f"{cut[:-2]}…"
    stays = answer.stays or len(cut) > MAX_GLANCE
    return {"text": cut, **({"show_alert": True} if stays else {})}
