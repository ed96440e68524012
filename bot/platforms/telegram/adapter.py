"""One bot at Telegram."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from telegram import Bot

from bot.i18n.translator import Translator
from bot.messages import Reply
from bot.platforms.base import AnswerLater, CheckUp, HandleResult, PollingPlatform, Send
from bot.platforms.telegram import rendering, setup
from bot.platforms.telegram.polling import Poller
from bot.platforms.telegram.rendering import Rendered
from bot.platforms.telegram.request import BotRequest
from bot.platforms.telegram.sending import send
from bot.platforms.telegram.settings import TelegramAccount
from bot.platforms.telegram.updates import UpdateParser
from bot.platforms.webhook import (
    Unauthenticated,
    WebhookRequest,
    WebhookResult,
    webhook_url,
)
from bot.retry import retry

RETRY_SECONDS = 60.0
"""Before asking again for the bot's name."""

HEADER = "x-telegram-bot-api-secret-token"


class Telegram(PollingPlatform):
    """One bot."""

    can_edit = True
    can_send_files = True
    can_send_venues = True

    def __init__(self, account: str, settings: TelegramAccount, texts: Translator) -> None:
        super().__init__(account)
        self._settings, self._texts = settings, texts
        bot_id, _colon, _secret = settings.token.get_secret_value().partition(":")
        self._parser = UpdateParser(account, int(bot_id), settings.municipality, texts)

    @property
    def secret(self) -> str:
        """Return what Telegram sends with each update; derived from the token, never stored."""
        token = self._settings.token.get_secret_value()
        return hmac.new(token.encode(), b"webhook", hashlib.sha256).hexdigest()

    def parse(self, request: WebhookRequest) -> WebhookResult:
        """Return the events of an update; a tap is confirmed by the response."""
        given = request.headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode(), self.secret.encode()):
            raise Unauthenticated
        return self._parser.parse(json.loads(request.body))

    def chat_link(self, link: str) -> str | None:
        """Return the address of our private chat; None until the bot's name is known."""
        name = self._parser.username
        return f"https://t.me/{name}?start={link}" if name else None

    def render(self, reply: Reply) -> Rendered:
        """Return the message that `send` takes."""
        return rendering.render(reply, self._texts)

    def close_question(
        self, question: Reply, answer: str | None, *, more_follows: bool
    ) -> Reply | None:
        """Remove the buttons from a question, and write below it what was tapped."""
        return rendering.close_question(question, answer, more_follows=more_follows)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Give `send`, with connections that are made when it is first called."""
        async with self.bot() as bot:
            learning = asyncio.create_task(self._learn_username(bot))
            try:
                yield partial(send, bot)
            finally:
                learning.cancel()

    async def _learn_username(self, bot: Bot) -> None:
        """Ask Telegram for the bot's name, by which commands in groups are addressed."""
        me = await retry(bot.get_me, Exception, RETRY_SECONDS)
        self._parser.username = me.username

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Bot]:
        """Give the library's client of this bot."""
        async with BotRequest() as request:
            token = self._settings.token.get_secret_value()
            yield Bot(
                token,
                base_url=f"{self._settings.api_url}/bot",
                request=request,
                get_updates_request=request,
            )

    async def set_up(self, public_url: str) -> list[str]:
        """Register the webhook, the commands and the descriptions."""
        url = webhook_url(self.account, public_url)
        async with self.bot() as bot:
            with setup.errors_of(self.account):
                return await setup.set_up(bot, url, self.secret, self._texts)

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Check the token and the webhook."""
        url = webhook_url(self.account, public_url) if public_url else None
        async with self.bot() as bot:
            return await setup.check_up(bot, self.account, url)

    async def poll(self, handle: HandleResult, answer_later: AnswerLater) -> None:
        """Poll updates and handle them, until cancelled."""
        async with self.bot() as bot:
            await Poller(bot, self.account, self._parser.parse, handle, answer_later).run()
