"""One bot at Viber."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx

from bot.i18n.translator import Translator
from bot.messages import Inbound, Reply
from bot.platforms.answers import TIMEOUT
from bot.platforms.base import CheckUp, Platform, Send
from bot.platforms.layout import split
from bot.platforms.viber import setup
from bot.platforms.viber.api import Payload, call, send
from bot.platforms.viber.events import parse_event
from bot.platforms.viber.keyboard import SILENT_SINCE, keyboard, min_version
from bot.platforms.viber.settings import ViberAccount
from bot.platforms.webhook import (
    Unauthenticated,
    WebhookRequest,
    WebhookResponse,
    WebhookResult,
    webhook_url,
)
from bot.retry import retry

HEADER = "x-viber-content-signature"

RETRY_SECONDS = 60.0
"""Before asking again for the bot's name in links."""

MAX_TEXT_BYTES = 7_000
"""The longest text: Viber takes so many characters, and 30 kB with the keyboard."""


class Viber(Platform):
    """One bot. It can't send files: Viber takes only those at a public address."""

    can_send_venues = True

    def __init__(self, account: str, settings: ViberAccount, texts: Translator) -> None:
        super().__init__(account)
        self._settings, self._texts = settings, texts
        self._uri: str | None = None

    def sign(self, body: bytes) -> str:
        """Return the signature of a request by Viber, which is keyed with the token."""
        token = self._settings.token.get_secret_value()
        return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()

    def parse(self, request: WebhookRequest) -> WebhookResult:
        """Return the event of a request; a chat that is opened is welcomed by the response."""
        given = request.headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode(), self.sign(request.body).encode()):
            raise Unauthenticated
        event = parse_event(request.body, self.account, self._settings.municipality)
        opens_chat = isinstance(event, Inbound) and event.reply_in_response
        return WebhookResult(
            [event] if event else [], respond=self._welcome if opens_chat else None
        )

    def render(self, reply: Reply) -> Payload:
        """Return the messages that `send` takes; the last one has the keyboard."""
        if at := reply.venue:
            location = {"lat": at.latitude, "lon": at.longitude}
            return Payload([self._message("location", location=location)], [])
        simplest = [self._message("text", text=part) for part in _parts(_with_choices(reply))]
        return Payload(self._texts_with_keyboard(_parts(reply.text), reply), simplest)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Give `send`, with connections that are made when it is first called."""
        async with self.client() as client:
            learning = asyncio.create_task(self._learn_uri(client))
            try:
                yield partial(send, client)
            finally:
                learning.cancel()

    async def _learn_uri(self, client: httpx.AsyncClient) -> None:
        """Ask Viber for the bot's name in links."""

        async def ask() -> None:
            info = await call(client, "get_account_info")
            if isinstance(uri := (info.model_extra or {}).get("uri"), str):
                self._uri = uri

        await retry(ask, Exception, RETRY_SECONDS)

    def chat_link(self, link: str) -> str | None:
        """Return the address of our private chat; None until the bot's name is known."""
        return self._uri and f"viber://pa?chatURI={quote(self._uri)}&context={link}"

    def client(self) -> httpx.AsyncClient:
        """Return a client that calls Viber as this bot."""
        token = self._settings.token.get_secret_value()
        return httpx.AsyncClient(
            base_url=self._settings.api_url, headers={"X-Viber-Auth-Token": token}, timeout=TIMEOUT
        )

    async def set_up(self, public_url: str) -> list[str]:
        """Register the webhook; Viber calls it meanwhile, so `rantevou serve` must be running."""
        async with self.client() as client:
            return await setup.set_up(client, self.account, webhook_url(self.account, public_url))

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Check the token and the webhook."""
        url = webhook_url(self.account, public_url) if public_url else None
        async with self.client() as client:
            return await setup.check_up(client, self.account, url)

    def _welcome(self, replies: Sequence[Reply]) -> WebhookResponse:
        """Return all replies as one message: a user who hasn't written yet can be sent no other."""
        text = _parts("\n\n".join(reply.text for reply in replies))[0]
        [message] = self._texts_with_keyboard([text], replies[-1])
        return WebhookResponse.json(message)

    def _texts_with_keyboard(self, texts: Sequence[str], reply: Reply) -> list[dict[str, Any]]:
        *before, last = (self._message("text", text=text) for text in texts)
        version = SILENT_SINCE if reply.app_version is None else reply.app_version
        if buttons := keyboard(reply, self._texts, version):
            last |= {"keyboard": buttons, "min_api_version": min_version(buttons)}
        return [*before, last]

    def _message(self, kind: str, **content: Any) -> dict[str, Any]:
        sender = {"name": self._settings.name}
        return {"type": kind, **content, "sender": sender, "min_api_version": 1}


def _with_choices(reply: Reply) -> str:
    """Return a reply's text with its choices, which can be written by their number or name."""
    lines = [
        f"{choice.number}. {choice.label}" if choice.number is not None else choice.label
        for choice in reply.choices
    ]
    return "\n".join([reply.text, "", *lines]) if lines else reply.text


def _parts(text: str) -> list[str]:
    return split(text, MAX_TEXT_BYTES, lambda part: len(part.encode()))
