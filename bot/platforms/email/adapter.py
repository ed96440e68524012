"""An e-mail account as a platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import Message

from bot.i18n.translator import Translator
from bot.messages import Reply
from bot.platforms.base import CheckUp, Platform, Send
from bot.platforms.email.relay import Relay
from bot.platforms.email.rendering import Renderer
from bot.platforms.email.settings import EmailAccount


class Email(Platform):
    """An account that sends letters by a relay."""

    def __init__(self, account: str, settings: EmailAccount, texts: Translator) -> None:
        super().__init__(account)
        self._settings = settings
        self._renderer = Renderer(settings.sender, texts)

    def render(self, reply: Reply) -> Message:
        """Return the letter of a reply, which has one, without its recipient."""
        return self._renderer.render(reply)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Give `send`, with connections that are made when it is first called."""
        relay = Relay(self._settings)
        try:
            yield relay.send
        finally:
            await relay.close()

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Check whether the relay can be reached, signs us in and takes letters of the sender."""
        return await Relay(self._settings).check_up(self.account)
