"""The staff's group in a story: what they write and tap there, and what they are shown."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.delivery import dispatch, settlement
from bot.messages import Reply
from bot.platforms.telegram.adapter import HEADER
from bot.staff.receive import receive
from bot.staff_messages import StaffInbound
from core.actor import Role, Staff
from core.staff import codes, members
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.telegram_updates import GROUP, WHO
from tests.bot.platforms.webhook_requests import post
from tests.conftest import Deployment
from tests.fakes import telegram as fake
from tests.stories import story_platforms

SAID = re.compile(r"(?P<who>[^:>]+?)(?P<private> ιδιωτικά)? ?(?P<how>[:>]) (?P<text>.+)")
OPERATOR = Staff(Role.OPERATOR, "cli")
WIDTH = 9


@dataclass
class StaffRoom:
    """A Telegram group of staff, in Telegram's own shapes; a worker that delivers at once."""

    deployment: Deployment
    municipality: str = ""
    people: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    """The Telegram id and the member's id of each, by the name in the story."""
    buttons: list[tuple[str, str, int]] = field(default_factory=list)
    numbers: int = 100

    def __post_init__(self) -> None:
        self.bot = story_platforms.telegram(self.deployment.services.texts).bot
        self.bot._parser.username = fake.USERNAME
        self.deployment.connect({self.bot.account: self.bot})

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def add(self, name: str, municipality: str) -> None:
        """Add a manager; the story calls them by their first name."""
        services = self.deployment.services
        self.municipality = municipality

        def run(session: Any) -> int:
            services.registry.refresh(session)
            return members.add(
                session,
                services.registry,
                OPERATOR,
                services.clock(),
                name=name,
                role=Role.MANAGER,
                municipality_id=municipality,
            )

        added = self.deployment.database.write_sync(run)
        self.people[name.split(maxsplit=1)[0]] = (self.number(), added)

    def say(self, line: str) -> list[str]:
        """Return what comes of a line of staff: of `Ελένη: text`, a tap, or an answer after `>`."""
        said = SAID.fullmatch(line)
        assert said, line
        who, member = self.people.setdefault(said["who"], (self.number(), None))
        private, text = bool(said["private"]), self._with_codes(said["text"], member)
        chat = {**updates.CHAT, "id": who} if private else GROUP
        sender: dict[str, Any] = {"from": {**WHO, "id": who}, "chat": chat}
        if tapped := re.fullmatch(r"\[(.*)\]", text):
            data, under = next(
                (key, number) for label, key, number in reversed(self.buttons) if label == tapped[1]
            )
            update = updates.tap(data, **sender)
            update["callback_query"]["message"]["message_id"] = under
        else:
            sender["message_id"] = self.number()
            answers = said["how"] == ">"
            update = (
                updates.answering(text, to=self.last, **sender)
                if answers
                else updates.message(text=text, **sender)
            )
        return [*self._answered(update, private=private), *self.deliver()]

    def _with_codes(self, text: str, member: int | None) -> str:
        """Return the text with a fresh code in place of {room} and {link}."""
        services = self.deployment.services

        def room(session: Any) -> str:
            return codes.make_room_code(
                session,
                services.registry,
                OPERATOR,
                services.clock(),
                municipality_id=self.municipality,
            )

        def link(session: Any) -> str:
            return codes.make_link_code(
                session, services.registry, OPERATOR, services.clock(), member_id=member or 0
            )

        makers: dict[str, Callable[[Any], str]] = {"{room}": room, "{link}": link}
        for name, make in makers.items():
            if name in text:
                text = text.replace(name, self.deployment.database.write_sync(make))
        return text

    def _answered(self, update: dict[str, Any], *, private: bool) -> list[str]:
        """Return the answer in the response to an update, as lines."""
        body = json.dumps({**update, "update_id": self.number()}).encode()
        result = self.bot.parse(post({HEADER: self.bot.secret}, body))
        (inbound,) = result.events
        assert isinstance(inbound, StaffInbound)
        services = self.deployment.services
        answer = self.deployment.database.write_sync(lambda s: receive(s, services, inbound))
        assert result.respond_to_staff
        sent = result.respond_to_staff(answer).body
        if answer is None or not answer.reply.text:
            return []
        given = json.loads(sent)
        if answer.where == "pop_up":
            return _lines("popup", given["text"].split("\n"))
        assert not fake.wrong_in(given)
        word = "private" if private or answer.where == "private" else "room"
        return self._shown(word, answer.reply, self.number())

    def deliver(self) -> list[str]:
        """Deliver what is due to the room; return it as lines."""
        services, found = self.deployment.services, []
        accounts, long = [self.bot.account], timedelta(days=1)

        def run(session: Any) -> list[str]:
            claimed, *_counts = dispatch.claim_and_render(
                session, services, accounts, "story", 1, long
            )
            said: list[str] = []
            for message in claimed:
                assert message.reply.topic == ""
                number = int(message.replaces or self.number())
                settlement.mark_sent(session, services, message, str(number))
                self.last = number
                word = "edited" if message.reply.edits else "room"
                word = "reply" if message.reply.answers else word
                said += self._shown(word, message.reply, number)
            return said

        while said := self.deployment.database.write_sync(run):
            found += said
        return found

    def _shown(self, word: str, reply: Reply, number: int) -> list[str]:
        self.buttons += [(choice.label, choice.id, number) for choice in reply.choices]
        rows: dict[int | None, list[str]] = {}
        for choice in reply.choices:
            rows.setdefault(choice.row, []).append(f"[{choice.label}]")
        return _lines(word, [*reply.text.split("\n"), *map(" ".join, rows.values())])


def _lines(word: str, parts: list[str]) -> list[str]:
    kept = [part for part in parts if part]
    return [("" if i else word).ljust(WIDTH) + part for i, part in enumerate(kept)]
