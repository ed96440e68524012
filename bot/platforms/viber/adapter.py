"""Viber: events by webhook, a keyboard below the chat that each question replaces (REST API).

A tap is silent: it shows nothing in the chat and says by its id what it answers, so that one of an
older keyboard answers nothing.
"""

import hashlib
import hmac
import re
from calendar import monthcalendar
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from html import escape
from typing import Any, Final

import httpx
from babel.dates import get_day_names
from pydantic import BaseModel, ConfigDict

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply, ReplyChoice
from bot.platforms.base import (
    Malformed,
    Reachability,
    Receipt,
    Send,
    Unauthenticated,
    WebhookResult,
)
from bot.platforms.layout import ROW_WIDTH, language_of, rows_of, split
from bot.settings import ViberAccount
from core.errors import DeliveryError
from core.i18n import _

PLATFORM: Final = "viber"

EVENTS = ("delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started")
"""The kinds that we ask Viber for; messages come anyway."""

KNOWN = ("message", "webhook", *EVENTS)

HEADER = "x-viber-content-signature"

TAP = "tap "
"""What a button's text begins with, before the id of its choice."""

API_VERSION = 6
"""The oldest that knows silent buttons."""

LONGEST = 7_000
"""Bytes of a text: Viber takes so many letters, and 30 kB with the keyboard."""

COLUMNS, ROWS = 6, 12
"""A keyboard's, at most."""

LOCAL = 10
"""Digits of a Greek number, at most."""

LABEL = 250
"""A button's letters, at most."""

FREE, COMMAND, EMPTY = "#D6E6F5", "#ECECEC", "#FFFFFF"
"""The colours of what can be picked, of commands, and of what can't be tapped."""

GONE = (5, 6, 7, 11)
"""Answers after which an address can't be written to: not registered, not subscribed, blocked, no
suitable device. After others, such as 12 (too many requests), it is tried again."""

REFUSED = (3, 4, 13, 14)
"""Answers after which the same message would be refused again: its data, its version."""

Row = list[dict[str, Any]]


class _User(BaseModel):
    id: str
    language: str | None = None


class _Contact(BaseModel):
    phone_number: str | None = None


class _Message(BaseModel):
    type: str = ""
    text: str | None = None
    contact: _Contact | None = None


class _Kind(BaseModel):
    event: str


class _Event(_Kind):
    """A webhook's request; which of its parts are there depends on its kind."""

    timestamp: int
    message_token: int
    sender: _User | None = None
    user: _User | None = None
    user_id: str | None = None
    message: _Message | None = None
    context: str | None = None
    subscribed: bool = False
    desc: str | None = None


class Viber:
    """One bot."""

    edits = False
    files = False  # it takes only what stands at an address of its own, for all to fetch
    maps = True

    def __init__(self, account: str, settings: ViberAccount, texts: Translator) -> None:
        self.account, self._settings, self._texts = account, settings, texts

    def sign(self, body: bytes) -> str:
        """What Viber shows with a request: that it knows the token."""
        token = self._settings.token.get_secret_value()
        return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookResult:
        """Give what an event says."""
        shown = headers.get(HEADER, "")
        if not hmac.compare_digest(shown.encode(), self.sign(body).encode()):
            raise Unauthenticated
        try:
            kind = _Kind.model_validate_json(body).event
            if kind not in KNOWN:
                return WebhookResult(ignored=kind if re.fullmatch(r"\w{1,40}", kind) else "unknown")
            return self._understand(_Event.model_validate_json(body))
        except ValueError as error:
            raise Malformed from error

    def _understand(self, event: _Event) -> WebhookResult:
        match event:
            case _Event(event="message", sender=_User() as who, message=_Message() as said):
                return WebhookResult([self._inbound(event, who, **_content(said))])
            case _Event(event="conversation_started", user=_User() as who, subscribed=False):
                inbound = self._inbound(event, who, link=event.context or None, at_once=True)
                return WebhookResult([inbound], welcome=self._welcome)
            case _Event(event="conversation_started", user=_User() as who):
                # Who was here before has the last question still, and can be written to.
                link = event.context
                return WebhookResult([self._inbound(event, who, link=link)] if link else [])
            case _Event(event="delivered" | "seen" | "failed" as status, user_id=str(address)):
                number = str(event.message_token)
                return WebhookResult(news=Receipt(address, number, status, event.desc or ""))
            case _Event(event="subscribed", user=_User() as who):
                return WebhookResult(news=Reachability(who.id, reachable=True))
            case _Event(event="unsubscribed", user_id=str(address)):
                return WebhookResult(news=Reachability(address, reachable=False))
            case _Event(event="webhook"):  # asks whether we are there
                return WebhookResult()
        raise ValueError("a part is missing")

    def render(self, reply: Reply) -> list[dict[str, Any]]:
        """Make messages of it; the last one brings the keyboard."""
        if at := reply.venue:
            location = {"lat": at.latitude, "lon": at.longitude}
            return [self._message("location", location=location)]
        *before, last = (self._message("text", text=part) for part in _parts(reply.text))
        keyboard = self._keyboard(reply)
        return [*before, last | ({"keyboard": keyboard} if keyboard else {})]

    def answered_form(self, *_anything: Any, **_more: Any) -> None:
        """Leave what was asked as it is: its buttons are gone with the next keyboard."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Send]:
        """Keep connections to Viber; nothing is asked of it yet."""
        async with self.client() as client:
            yield partial(_send, client)

    def client(self) -> httpx.AsyncClient:
        """What speaks to Viber as this bot."""
        token = self._settings.token.get_secret_value()
        return httpx.AsyncClient(
            base_url=self._settings.api_url, headers={"X-Viber-Auth-Token": token}, timeout=15
        )

    def _inbound(self, event: _Event, who: _User, **what: Any) -> Inbound:
        return Inbound(
            platform=PLATFORM,
            account=self.account,
            address=who.id,
            message_id=str(event.message_token),
            number=event.timestamp,
            language=language_of(who.language),
            home=self._settings.municipality,
            **what,
        )

    def _welcome(self, replies: Sequence[Reply]) -> dict[str, Any]:
        """All in one message: whoever hasn't written yet can be sent no other."""
        text = _parts("\n\n".join(reply.text for reply in replies))[0]
        return self.render(replies[-1].model_copy(update={"text": text}))[0]

    def _message(self, kind: str, **what: Any) -> dict[str, Any]:
        sender = {"name": self._settings.name}
        return {"type": kind, **what, "sender": sender, "min_api_version": API_VERSION}

    def _keyboard(self, reply: Reply) -> dict[str, Any] | None:
        picks = [choice for choice in reply.choices if choice.number is not None]
        commands = [choice for choice in reply.choices if choice.number is None]
        above: list[Row] = []
        if reply.input == "phone" and reply.step:
            share = self._texts.say(_("📱 Send my own number"), reply.language)
            above = [[_plain(COLUMNS, share, "share-phone")]]
        if reply.month and all(_weekday(reply.month, each) < COLUMNS for each in picks):
            above, picks = list(_month(reply.month, picks, reply.language)), []
        below = _grid(commands, COMMAND, max(ROWS - len(above) - len(picks), ROWS // 3))
        between = _grid(picks, FREE, ROWS - len(above) - len(below))
        buttons = [button for row in (*above, *between, *below) for button in row]
        if not buttons:
            return None
        return {"Type": "keyboard", "DefaultHeight": False, "Buttons": buttons}


def _content(said: _Message) -> dict[str, Any]:
    """What a message says, as an Inbound has it."""
    if said.type == "text" and said.text is not None:
        choice = said.text.removeprefix(TAP)
        return {"text": said.text} if choice == said.text else {"choice": choice}
    if said.type == "contact" and said.contact and (phone := said.contact.phone_number):
        digits = re.sub(r"[^+\d]", "", phone)
        # One's own comes without a plus, from an address book it may come as it is dialled there.
        abroad = len(digits) > LOCAL and not digits.startswith(("+", "0"))
        return {"text": f"+{digits}" if abroad else digits}
    return {"unread": "other"}


def _button(columns: int, text: str, choice: str, colour: str = FREE) -> dict[str, Any]:
    """One that picks a choice, by its id."""
    return _drawn(columns, text, colour) | {"ActionType": "reply", "ActionBody": f"{TAP}{choice}"}


def _plain(columns: int, text: str, action: str = "none") -> dict[str, Any]:
    """One that picks nothing."""
    return _drawn(columns, text, EMPTY) | {"ActionType": action, "ActionBody": "-"}


def _drawn(columns: int, text: str, colour: str) -> dict[str, Any]:
    shown = escape(text, quote=False)
    while len(shown) > LABEL:
        text = text[:-1]
        shown = escape(f"{text}…", quote=False)
    return {
        "Columns": columns,
        "Rows": 1,
        "Text": shown,
        "TextSize": "regular",
        "BgColor": colour,
        "Silent": True,
    }


def _grid(choices: Sequence[ReplyChoice], colour: str, most_rows: int) -> list[Row]:
    """As many beside one another as can be read, or as must be for all of them to be there."""
    width = ROW_WIDTH
    rows = rows_of(choices, COLUMNS, width)
    while len(rows) > most_rows and any(len(row) < COLUMNS for row in rows[:-1]):
        width *= 2
        rows = rows_of(choices, COLUMNS, width)
    return [
        [
            _button(COLUMNS // len(row) + (n < COLUMNS % len(row)), each.label, each.id, colour)
            for n, each in enumerate(row)
        ]
        for row in rows
    ]


def _month(month: date, picks: Sequence[ReplyChoice], language: str) -> Iterator[Row]:
    """A sheet from Monday to Saturday, with the free days to be tapped."""
    names = get_day_names("abbreviated", locale=language)
    yield [_plain(1, names[day]) for day in range(COLUMNS)]
    free = {choice.number: choice.id for choice in picks}
    for week in monthcalendar(month.year, month.month):
        if any(week[:COLUMNS]):
            yield [
                _button(1, str(day), free[day]) if day in free else _plain(1, "·" if day else " ")
                for day in week[:COLUMNS]
            ]


def _weekday(month: date, day: ReplyChoice) -> int:
    return month.replace(day=day.number or 1).weekday()


def _parts(text: str) -> list[str]:
    return split(text, LONGEST, lambda part: len(part.encode()))


class Told(BaseModel):
    """What Viber answers to any call; whether it went well is in `status`, not in HTTP's."""

    model_config = ConfigDict(extra="allow")

    status: int
    status_message: str = ""
    message_token: int | None = None


async def ask(client: httpx.AsyncClient, method: str, **given: Any) -> Told:
    """Call a method of Viber's. Raises DeliveryError where there is no answer to be read."""
    try:
        answer = await client.post(f"/pa/{method}", json=given)
        answer.raise_for_status()
        return Told.model_validate_json(answer.content)
    except httpx.HTTPStatusError as error:
        seconds = error.response.headers.get("retry-after", "")
        pause = float(seconds) if seconds.isdecimal() else 0
        raise DeliveryError(f"HTTP {error.response.status_code}", retry_after=pause) from None
    except (httpx.HTTPError, ValueError) as error:
        raise DeliveryError(type(error).__name__) from None


async def _send(
    client: httpx.AsyncClient, address: str, payload: Sequence[Any], _replaces: str | None
) -> str | None:
    number = None
    for message in payload:
        told = await ask(client, "send_message", receiver=address, **message)
        if told.status:
            why = f"{told.status} {told.status_message}"
            refused, gone = told.status in REFUSED, told.status in GONE
            raise DeliveryError(why, for_good=refused, unreachable=gone)
        number = told.message_token
    return str(number) if number else None
