"""Chats of citizens with Rantevou on each platform: send texts and taps, return what is shown."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy.orm import Session

from bot.context import Services
from bot.delivery.claimed import ClaimedMessage
from bot.delivery.dispatch import claim_and_render
from bot.delivery.settlement import mark_sent
from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.telegram.rendering import NO_CHOICE, Rendered
from bot.views.inbox import fetch
from bot.views.transcript import view
from dialogs.messages.blocks import Message, to_text
from tests.bot.platforms.viber_events import AT
from tests.conftest import Deployment
from tests.stories import story_platforms
from tests.stories.story_platforms import (
    ConsoleStory,
    Line,
    StoryPlatform,
    TelegramStory,
    ViberStory,
    WebChatStory,
)
from tests.stories.story_runner import ATHENS, shown

FOLDER = Path(__file__).parent
SQLITE, POSTGRES = FOLDER / "stored.db.gz", FOLDER / "stored.sql.gz"
DEVICES = FOLDER / "chats.json"

Buttons = list[tuple[str, str]]
"""Buttons: the label, and the id that a tap sends."""

WORKER = "worker"

FIRST_OF_TESTS = 10_000
"""The first message id of the tests; stored messages have smaller ones."""


@dataclass
class Chat:
    """A citizen's chat, with every button that was ever shown in it, oldest first."""

    chats: "Chats"
    who: str
    platform: str
    language: str | None = None
    timezone: str | None = None
    home: str | None = None
    buttons: Buttons = field(default_factory=list)

    def write(self, *texts: str) -> list[str]:
        """Send texts; return the answer to the last, as it is shown."""
        for text in texts:
            answer = self.answer(text, None)
        return answer

    def tap(self, label: str) -> list[str]:
        """Tap the newest button of that label; return the answer."""
        return self.tap_id(next(key for name, key in reversed(self.buttons) if name == label))

    def tap_old(self, label: str) -> list[str]:
        """Tap the oldest button of that label, of a question before the last; return the answer."""
        keys = [key for name, key in self.buttons if name == label]
        assert prompt_of(keys[0]) != prompt_of(self.buttons[-1][1]), "it isn't old"
        return self.tap_id(keys[0])

    def tap_id(self, key: str) -> list[str]:
        """Tap the button with that id; return the answer."""
        return self.answer(None, key)

    def answer(self, text: str | None, choice: str | None, *, deliver: bool = True) -> list[str]:
        """Send a text or a tap; return the answer, as it is shown."""
        replies = self.chats.deployment.receive(self.chats.read(self, text, choice))
        if self.platform in ("telegram", "viber"):
            return self.delivered() if deliver else []
        self.buttons += [(c.label, c.id) for reply in replies for c in reply.choices]
        self.chats.story_platforms[self.platform].show(self.who, replies)
        return as_lines(replies)

    def write_late(self, text: str) -> list[str]:
        """Send a text on Viber with a timestamp before all others; return the answer."""
        self.chats.viber.numbers = count(AT - 5)
        return self.write(text)

    def delivered(self) -> list[str]:
        """Deliver the messages that are due to this chat; return them as they are shown."""
        found: list[str] = []
        for lines, buttons in self.chats.deliver(self):
            found += lines
            self.buttons += buttons
        return found

    def page(self) -> dict[str, Any]:
        """Return what the page shows: the messages, the answers so far, the sidebar."""
        sender, deployment = self.chats.read(self, "", None), self.chats.deployment
        seen = deployment.database.write_sync(lambda s: view(s, deployment.services, sender))
        assert seen
        self.buttons += [(f"{a.label}: {a.value}", a.id) for a in seen.answered_steps if a.id]
        talk: list[str] = []
        for entry in seen.talk:
            talk += [f"› {entry.said}"] if entry.said else []
            talk += as_lines(entry.replies)
        until = seen.held_until
        return {
            "talk": talk,
            "answers": [f"{answer.label}: {answer.value}" for answer in seen.answered_steps],
            "held until": f"{until.astimezone(ATHENS):%H:%M}" if until else None,
            "useful": self._in_words(seen.sidebar, seen.asked),
            "consent": bool(seen.consent),
            "asked": seen.asked.text.splitlines() if seen.asked else [],
        }

    def _in_words(self, messages: Sequence[Message], asked: Reply | None) -> list[str]:
        texts, language = self.chats.deployment.services.texts, asked.language if asked else "el"
        said = [texts.say(to_text(each), language) for each in messages]
        return "\n\n".join(said).splitlines()

    def later(self) -> list[str]:
        """Fetch new messages, as the page does; return them."""
        sender, deployment = self.chats.read(self, "", None), self.chats.deployment

        def run(session: Session) -> list[Reply]:
            before = view(session, deployment.services, sender)
            fetch(session, deployment.services, sender)
            after = view(session, deployment.services, sender, before.last if before else 0)
            return [reply for entry in (after.talk if after else []) for reply in entry.replies]

        return as_lines(deployment.database.write_sync(run))


@dataclass
class Chats:
    """A deployment's chats on each platform, with the message ids that platforms count."""

    deployment: Deployment
    story_platforms: dict[str, StoryPlatform]
    viber: ViberStory
    numbers: "count[int]"

    def chat(self, who: str, platform: str, **given: Any) -> Chat:
        """Begin or continue a citizen's chat."""
        story_platform = self.story_platforms[platform]
        if isinstance(story_platform, WebChatStory):
            story_platform.tokens[who] = token_of(who)
        if isinstance(story_platform, TelegramStory):
            story_platform.chats[who] = crc32(who.encode())
        return Chat(self, who, platform, **given)

    def read(self, chat: Chat, text: str | None, choice: str | None) -> Inbound:
        """Return the inbound message of a text or a tap."""
        story_platform, number = self.story_platforms[chat.platform], next(self.numbers)
        inbound = story_platform.read(
            Line(chat.who, number, text, choice, chat.language, chat.timezone)
        )
        update: dict[str, Any] = {"may_create_contact": True, "municipality_id": chat.home}
        if isinstance(story_platform, ConsoleStory):
            update["message_id"] = f"{chat.who} {number}"
        return inbound.model_copy(update=update)

    def deliver(self, chat: Chat) -> Iterator[tuple[list[str], Buttons]]:
        """Deliver the messages that are due to a chat; yield each with its buttons."""
        services, database = self.deployment.services, self.deployment.database
        accounts = [each for each in services.platforms if each.startswith(f"{chat.platform}:")]
        address = self.read(chat, "", None).address
        claimed = 1
        while claimed:
            messages, claimed, *_counts = database.write_sync(
                lambda s: claim_and_render(s, services, accounts, WORKER, 100, timedelta(hours=1))
            )
            for message in messages:
                if message.address != address:
                    continue
                payload = services.platforms[message.account].render(message.reply)
                lines, buttons = _message(payload)
                if message.replaces:
                    known = int(message.replaces) < FIRST_OF_TESTS
                    which = f"message {message.replaces}" if known else "another message"
                    lines = [f"(instead of {which})", *lines]
                yield lines, buttons
                number = message.replaces or str(next(self.numbers))
                assert database.write_sync(partial(_sent, services, message, number))


def chats_with(deployment: Deployment, texts: Translator, first: int) -> Chats:
    """Return the chats of a deployment, whose platforms count message ids from `first`."""
    telegram, viber = story_platforms.telegram(texts), story_platforms.viber(texts)
    numbers = count(first)
    telegram.numbers, viber.numbers = numbers, count(AT + first)
    deployment.connect(
        {story_platform.bot.account: story_platform.bot for story_platform in (telegram, viber)}
    )
    web = WebChatStory(deployment.services.registry)
    platform_of: dict[str, StoryPlatform] = {
        "webchat": web,
        "telegram": telegram,
        "viber": viber,
        "console": ConsoleStory(),
    }
    return Chats(deployment, platform_of, viber, numbers)


def stored_chat(chats: Chats, who: str) -> Chat:
    """Return a stored chat, with the buttons that the citizen's device holds."""
    device = json.loads(DEVICES.read_text("utf-8"))[who]
    buttons = [(label, key) for label, key in device.pop("buttons")]
    return chats.chat(who, **device, buttons=buttons)


def token_of(who: str) -> str:
    """Return the conversation token in a citizen's browser."""
    return f"{who}-token"


def prompt_of(key: str) -> str:
    """Return the number of the prompt that a button belongs to."""
    return key.partition(".")[0]


def as_lines(replies: list[Reply]) -> list[str]:
    """Return replies as lines of a story, without the indent."""
    return [line[9:] for reply in replies for line in shown(reply)]


def _sent(services: Services, message: ClaimedMessage, number: str, session: Session) -> bool:
    return mark_sent(session, services, message, number)


def _message(payload: Any) -> tuple[list[str], Buttons]:
    """Return a message as it is shown in a chat, and its buttons."""
    if isinstance(payload, Rendered):
        return _of_telegram(payload)
    lines: list[str] = []
    buttons: Buttons = []
    for message in payload.messages:
        lines += message.get("text", "(a map)").splitlines()
        for each in message.get("keyboard", {}).get("Buttons", []):
            if each["ActionType"] != "none":
                buttons.append((unescape(each["Text"]), each["ActionBody"].removeprefix("tap ")))
    return [*lines, *_labels(buttons)], buttons


def _of_telegram(message: Rendered) -> tuple[list[str], Buttons]:
    if message.file:
        name, content = message.file
        return [f"(file {name}: {content.decode().splitlines()[0]})"], []
    if message.venue:
        return [f"(map: {message.venue.name})"], []
    markup = message.markup.to_dict() if message.markup else {}
    state = ["(no buttons any more)"] if message.closing else []
    state += ["(no keyboard any more)"] if markup.get("remove_keyboard") else []
    inline = [button for row in markup.get("inline_keyboard", []) for button in row]
    buttons = [(b["text"], b["callback_data"]) for b in inline if b["callback_data"] != NO_CHOICE]
    typed = [(b["text"], b["text"]) for row in markup.get("keyboard", []) for b in row]
    lines = [line for text in message.texts for line in text.splitlines() if line]
    return [*lines, *state, *_labels([*buttons, *typed])], buttons


def _labels(buttons: Buttons) -> list[str]:
    return [" ".join(f"[{label}]" for label, _key in buttons)] if buttons else []
