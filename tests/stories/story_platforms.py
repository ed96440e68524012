"""Pass a story's lines through each platform's own `parse` and `render`."""

import io
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from rich.console import Console

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms import console, webchat
from bot.platforms.telegram.adapter import HEADER, Telegram
from bot.platforms.telegram.rendering import NO_CHOICE, Rendered
from bot.platforms.telegram.settings import TelegramAccount
from bot.platforms.viber.adapter import HEADER as VIBER_HEADER
from bot.platforms.viber.adapter import Viber
from bot.platforms.viber.keyboard import TAP
from bot.platforms.viber.settings import ViberAccount
from core.catalogue.registry import Registry
from tests.bot.platforms import telegram_updates, viber_events
from tests.bot.platforms.telegram_updates import CHAT, WHO
from tests.bot.platforms.webhook_requests import post
from tests.fakes import telegram as telegram_fake
from tests.fakes import viber as viber_fake

SHARE_PHONE = {"el": "📱 Αποστολή του αριθμού μου", "en": "📱 Send my own number"}


@dataclass(frozen=True)
class Line:
    """A citizen's line: a typed text, the id of a button that is tapped, or a deep link too."""

    who: str
    number: int
    text: str | None
    choice: str | None
    language: str | None
    timezone: str | None
    link: str | None = None


class StoryPlatform(Protocol):
    """A platform's own parse and render, with the platform's checks of what is sent to it."""

    def read(self, line: Line) -> Inbound:
        """Return the inbound message of a line."""

    def show(self, who: str, replies: list[Reply]) -> None:
        """Render the replies; raise AssertionError where a text or a choice is missing."""


@dataclass
class WebChatStory:
    """The web chat over JSON."""

    registry: Registry
    tokens: dict[str, str] = field(default_factory=dict)

    def read(self, line: Line) -> Inbound:
        """Return the inbound message of a request."""
        request = webchat.TurnRequest.model_validate(
            {
                "conversation": self.tokens.get(line.who),
                "message_id": str(line.number),
                "text": line.text,
                "choice": line.choice,
                "language": line.language,
                "timezone": line.timezone,
            }
        )
        self.tokens[line.who], inbound = webchat.parse(request, self.registry, None)
        return inbound

    def show(self, who: str, replies: list[Reply]) -> None:
        """Check the body of the response."""
        body = webchat.render(self.tokens[who], replies)
        sent = webchat.TurnAnswer.model_validate(body, strict=True).replies
        for reply, shown in zip(replies, sent, strict=True):
            assert (shown.text, shown.step) == (reply.text, reply.step)
            offered = [(choice.id, choice.label) for choice in reply.choices]
            assert [(choice.id, choice.label) for choice in shown.choices] == offered


@dataclass
class ConsoleStory:
    """A terminal, where a choice is typed by its number or its label."""

    typed: dict[str, dict[str, str]] = field(default_factory=dict)
    """The text that each citizen types for a choice, by its id."""

    def read(self, line: Line) -> Inbound:
        """Return the inbound message of a typed line, with the story's language and time zone."""
        text = line.text
        if line.choice is not None:
            text = self.typed[line.who][line.choice]
        inbound = console.parse(text or "")
        update = {"address": line.who, "language": line.language, "timezone": line.timezone}
        return inbound.model_copy(update=update)

    def show(self, who: str, replies: list[Reply]) -> None:
        """Check what is printed."""
        for reply in replies:
            screen = Console(file=io.StringIO(), width=10_000, highlight=False)
            console.show(screen, reply)
            shown = screen.file.getvalue()  # type: ignore[attr-defined]
            for part in reply.text.split("\n"):
                assert part in shown, part
            for choice in reply.choices:
                by_day = reply.month is not None and choice.number is not None
                wanted = f"[{choice.number}]" if by_day else choice.label
                assert wanted in shown, wanted
            self.typed.setdefault(who, {}).update(
                {choice.id: str(choice.number or choice.label) for choice in reply.choices}
            )


@dataclass
class TelegramStory:
    """A Telegram bot: updates in, messages with buttons out."""

    bot: Telegram
    chats: dict[str, int] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def read(self, line: Line) -> Inbound:
        """Return the inbound message of an update, with the story's time zone."""
        chat = self.chats.setdefault(line.who, len(self.chats) + 1)
        who = {**WHO, "id": chat, "language_code": line.language or "el"}
        said: dict[str, Any] = {"chat": {**CHAT, "id": chat}, "from": who}
        if line.choice is None:
            said |= {"text": line.text, "message_id": next(self.numbers)}
            update = telegram_updates.message(**said)
        else:
            update = telegram_updates.tap(line.choice, **said)
        body = json.dumps({**update, "update_id": next(self.numbers)}).encode()
        (inbound,) = self.bot.parse(post({HEADER: self.bot.secret}, body)).events
        assert isinstance(inbound, Inbound)
        return inbound.model_copy(update={"timezone": line.timezone})

    def show(self, who: str, replies: list[Reply]) -> None:
        """Check the messages as Telegram would."""
        for reply in replies:
            rendered = self.bot.render(reply)
            if rendered.file or rendered.venue:
                continue
            given = _given(rendered)
            wrong = telegram_fake.wrong_in(given)
            assert not wrong, (wrong, given)
            assert "".join(rendered.texts) == reply.text
            if not reply.closing:
                at_keyboard = "keyboard" in given["reply_markup"]
                offered = {c.label if at_keyboard else c.id for c in reply.choices}
                assert _buttons(given) - set(SHARE_PHONE.values()) == offered


@dataclass
class ViberStory:
    """A Viber bot: events in, messages with keyboards out."""

    bot: Viber
    numbers: "count[int]" = field(default_factory=lambda: count(viber_events.AT))
    keyboards: dict[str, set[str]] = field(default_factory=dict)
    """The buttons that each citizen can tap."""

    def read(self, line: Line) -> Inbound:
        """Return the inbound message of an event, with the story's time zone."""
        number = next(self.numbers)
        sender = {**viber_events.WHO, "id": line.who, "language": line.language or "el"}
        said = line.text if line.text is not None else f"{TAP}{line.choice}"
        event = viber_events.text(said, sender=sender, message_token=number, timestamp=number)
        body = json.dumps(event).encode()
        (inbound,) = self.bot.parse(post({VIBER_HEADER: self.bot.sign(body)}, body)).events
        assert isinstance(inbound, Inbound)
        return inbound.model_copy(update={"timezone": line.timezone})

    def show(self, who: str, replies: list[Reply]) -> None:
        """Check the messages as Viber would; the keyboard is that of the last."""
        for reply in replies:
            rendered = self.bot.render(reply).messages
            for message in rendered:
                wrong = viber_fake.wrong_in({"receiver": who, **message})
                assert not wrong, (wrong, message)
            assert "".join(message.get("text", "") for message in rendered) == reply.text
            if keyboard := rendered[-1].get("keyboard"):
                bodies = (button["ActionBody"] for button in keyboard["Buttons"])
                self.keyboards[who] = {body for body in bodies if body.startswith(TAP)}
        offered = {f"{TAP}{choice.id}" for choice in replies[-1].choices}
        assert self.keyboards[who] == offered, "the keyboard has an old button"


def telegram(texts: Translator) -> TelegramStory:
    """Return the story platform of a Telegram bot."""
    account = TelegramAccount.model_validate({"token": telegram_fake.TOKEN})
    return TelegramStory(Telegram("telegram:town", account, texts))


def viber(texts: Translator) -> ViberStory:
    """Return the story platform of a Viber bot."""
    account = ViberAccount.model_validate({"token": viber_fake.TOKEN})
    return ViberStory(Viber("viber:town", account, texts))


def _given(rendered: Rendered) -> dict[str, Any]:
    markup = rendered.markup.to_dict() if rendered.markup else {}
    return {"text": rendered.texts[-1], "reply_markup": markup}


def _buttons(given: dict[str, Any]) -> set[str]:
    """Return the data of the inline buttons, or the labels of a keyboard."""
    markup = given["reply_markup"]
    inline = {b["callback_data"] for row in markup.get("inline_keyboard", []) for b in row}
    shown = {b["text"] for row in markup.get("keyboard", []) for b in row}
    return (inline - {NO_CHOICE}) | shown
