"""A story as it is on Telegram: each line as an update, each answer as what Telegram is sent."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bot.platforms.telegram import HEADER, NOTHING, PLATFORM, Rendered, Telegram
from bot.replies import Inbound, Reply
from bot.settings import TelegramAccount
from bot.texts import Texts
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.telegram_updates import CHAT, WHO
from tests.conftest import Town, all_read
from tests.fakes.telegram import TOKEN, wrong_in
from tests.stories.teller import Teller

ACCOUNT = "telegram:town"
SHARE = {"el": "📱 Αποστολή του αριθμού μου", "en": "📱 Send my own number"}


def connected(town: Town, texts: Texts) -> Telegram:
    """Have the town on Telegram, beside what else a story needs."""
    bot = Telegram(ACCOUNT, TelegramAccount.model_validate({"token": TOKEN}), texts)
    town.connect({ACCOUNT: bot})
    return bot


@dataclass
class TelegramTeller(Teller):
    """Tells a story through Telegram's own read and render."""

    bot: Telegram | None = None
    chats: dict[str, int] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def inbound(self, text: str | None, choice: str | None = None) -> Inbound:
        """What comes of the update; Telegram knows no time zone, so the story's is put in."""
        assert self.bot
        chat = self.chats.setdefault(self.who, len(self.chats) + 1)
        who = {**WHO, "id": chat, "language_code": self.language or "el"}
        place = {**CHAT, "id": chat}
        said: dict[str, Any] = {"chat": place, "from": who}
        if choice is None:
            update = updates.message(text=text, message_id=next(self.numbers), **said)
        else:
            update = updates.tap(choice, **said)
        body = json.dumps({**update, "update_id": next(self.numbers)}).encode()
        (inbound,) = self.bot.read({HEADER: self.bot.secret}, body).messages
        return inbound.model_copy(update={"timezone": self.timezone})

    def on_accounts(self, rest: str) -> None:
        super().on_accounts(f"{rest} {ACCOUNT}")

    def newly_owed(self) -> list[str]:
        """But for the reminders, which come to the chat."""
        return [line for line in super().newly_owed() if f"owed     {PLATFORM}" not in line]

    def answers(self, inbound: Inbound) -> list[Reply]:
        """The replies, after each was rendered as Telegram takes it, with all its choices."""
        assert self.bot
        self.town.database.write_now(all_read)
        seen = []
        for reply in self.town.receive(inbound):
            if reply.file or reply.venue:
                continue
            rendered = self.bot.render(reply)
            given = _given(rendered)
            assert not wrong_in(given), (wrong_in(given), given)
            if not reply.closing and reply.text != "✓":
                assert "".join(rendered.texts) == reply.text
                at_keyboard = "keyboard" in given["reply_markup"]
                offered = {c.label if at_keyboard else c.id for c in reply.choices}
                assert _choices(given) - set(SHARE.values()) == offered
                seen.append(reply)
        return seen


def _given(rendered: Rendered) -> dict[str, Any]:
    markup = rendered.markup.to_dict() if rendered.markup else {}
    return {"text": rendered.texts[-1], "reply_markup": markup}


def _choices(given: dict[str, Any]) -> set[str]:
    """What the buttons carry; at the keyboard, what they say."""
    markup = given["reply_markup"]
    inline = {b["callback_data"] for row in markup.get("inline_keyboard", []) for b in row}
    shown = {b["text"] for row in markup.get("keyboard", []) for b in row}
    return (inline - {NOTHING}) | shown
