"""Colleagues who write and tap in a group at the fake of Telegram, in Telegram's own shapes."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram.constants import ReactionEmoji

from bot.bootstrap import Application
from bot.platforms.telegram.adapter import HEADER, Telegram
from core.actor import Role
from core.db.models import UNSENT, OutboxRow
from core.staff import codes, members
from tests.beginnings import begin
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.platforms.webhook_requests import post
from tests.bot.staff_chat import GROUP, StaffChat
from tests.core.staff.two_towns import OPERATOR, TOWN

HELEN, NICK, STRANGER = 501, 502, 503


@dataclass
class People:
    """People who write to the bot of a town, in its group or privately, by their Telegram ids."""

    chat: StaffChat
    pop_ups: list[str] = field(default_factory=list)
    """The texts of pop-ups; "" where a tap was only confirmed."""
    stayed: list[bool] = field(default_factory=list)
    """Whether each pop-up stays until it is closed."""
    reactions: dict[int, str] = field(default_factory=dict)
    """The bot's reactions, by the ids of the messages that have them."""
    updates: int = 0

    def begin(self, name: str, make: Callable[[], object]) -> None:
        """Bring the town, its chats and the people into a state, as `make` does."""
        begin(self.chat.deployment, name, make, self.chat.server, self)

    def state(self) -> Any:
        """Return what they have seen, and the number of their last update."""
        return self.pop_ups, self.stayed, self.reactions, self.updates

    def restore(self, state: Any) -> None:
        """Have seen that, and nothing else."""
        self.pop_ups, self.stayed, self.reactions, self.updates = state

    @property
    def application(self) -> Application:
        return self.chat.application

    @property
    def bot(self) -> Telegram:
        bot = self.chat.services.platforms[ACCOUNT]
        assert isinstance(bot, Telegram)
        return bot

    def link_code(self, member_id: int) -> str:
        services = self.chat.services
        return self.chat.do(
            lambda s: codes.make_link_code(
                s, services.registry, OPERATOR, services.clock(), member_id=member_id
            )
        )

    def room_code(self, at: str = TOWN, **what: Any) -> str:
        services = self.chat.services
        return self.chat.do(
            lambda s: codes.make_room_code(
                s, services.registry, OPERATOR, services.clock(), municipality_id=at, **what
            )
        )

    def linked(self, who: int, name: str = "Ελένη Δήμου") -> int:
        """Add a manager who has linked their account; return the member's id."""
        member_id = self.chat.member(name).member_id
        assert member_id
        self.write(f"/link {self.link_code(member_id)}", who, private=True)
        return member_id

    def employee(self, who: int, group: str, name: str = "Ταμίας") -> int:
        """Add an employee of a service group who has linked their account; return their id."""
        services = self.chat.services

        def add(session: Session) -> int:
            return members.add(
                session,
                services.registry,
                OPERATOR,
                services.clock(),
                name=name,
                role=Role.EMPLOYEE,
                municipality_id=TOWN,
                groups=[group],
            )

        member_id = self.chat.do(add)
        self.write(f"/link {self.link_code(member_id)}", who, private=True)
        return member_id

    def write(
        self,
        text: str,
        who: int = HELEN,
        *,
        private: bool = False,
        to: int | None = None,
        chat: int = GROUP,
        **more: Any,
    ) -> str | None:
        """Write a message; return the text of the answer, None where there is none.

        `to` is the bot's message that it answers.
        """
        where = {**updates.CHAT, "id": who} if private else {**updates.GROUP, "id": chat}
        said = {
            "chat": where,
            "from": {**updates.WHO, "id": who},
            "message_id": self.chat.server.number(),
            **more,
        }
        update = updates.message(text=text, **said)
        if to is not None:
            update = updates.answering(text, to=to, **said)
        sent = self._receive(update)
        return None if sent is None else str(sent["text"])

    def tap(self, label: str, who: int = HELEN, chat: int = GROUP) -> str:
        """Tap the last button that begins so; return the pop-up."""
        shown = self.chat.server.buttons(chat)
        return self.tap_data(next(data for name, data in shown.items() if label in name), who, chat)

    def tap_data(
        self,
        data: str,
        who: int = HELEN,
        chat: int = GROUP,
        topic: int | None = None,
        under: int | None = None,
    ) -> str:
        """Tap a button of that data; return the pop-up.

        It is under that message, by default the last that has it.
        """
        with_it = [
            number
            for number, message in self.chat.server.chats[chat].items()
            if data in str(message["markup"])
        ]
        under = under or next(reversed(with_it), None)
        where = {**updates.CHAT, "id": who} if chat > 0 else {**updates.GROUP, "id": chat}
        update = updates.tap(data, chat=where, **{"from": {**updates.WHO, "id": who}})
        if under is not None:
            update["callback_query"]["message"]["message_id"] = under
        if topic is not None:
            message = update["callback_query"]["message"]
            message.update(message_thread_id=topic, is_topic_message=True)
        self._receive(update)
        return self.pop_ups[-1]

    def deliver(self) -> None:
        """Deliver what is due to rooms, at their pace."""
        self.chat.deployment.clock.forward(seconds=20)
        due = select(OutboxRow.id).where(
            UNSENT,
            OutboxRow.room_id.is_not(None),
            OutboxRow.due_at <= self.chat.services.clock(),
        )
        self.chat.deliver(lambda: not self.chat.do(lambda s: s.scalars(due).all()))

    def _receive(self, update: dict[str, Any]) -> dict[str, Any] | None:
        self.updates += 1
        return self.receive({**update, "update_id": self.updates})

    def receive(self, update: dict[str, Any]) -> dict[str, Any] | None:
        """Receive an update; carry out the response as Telegram does, and return it."""
        self.bot._parser.username = "rantevou_bot"
        result = self.bot.parse(post({HEADER: self.bot.secret}, json.dumps(update).encode()))
        response = asyncio.run(self.application.handle_webhook(ACCOUNT, result))
        if not response.body:
            return None
        given: dict[str, Any] = json.loads(response.body)
        method = given.pop("method")
        if method == "answerCallbackQuery":
            text = given.get("text", "")
            assert len(text) <= 200
            self.pop_ups.append(text)
            self.stayed.append(given.get("show_alert", False))
        elif method == "setMessageReaction":
            (reaction,) = given["reaction"]
            assert reaction["emoji"] in set(ReactionEmoji)
            self.reactions[given["message_id"]] = reaction["emoji"]
            return None
        else:
            answer = self.chat.server._message(method, dict(given))
            assert answer.status == 200, answer
        return given
