"""A platform that only sends, as somebody would add one: letters in a folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.accounts import AccountSettings
from bot.messages import Reply
from bot.platforms.base import Platform, Send
from bot.platforms.package import PlatformPackage


class LetterAccount(AccountSettings):
    folder: Path


class Letters(Platform):
    def __init__(self, account: str, settings: LetterAccount, _texts: object) -> None:
        super().__init__(account)
        self._folder = settings.folder

    def render(self, reply: Reply) -> str:
        return f"{reply.text}\n"

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        async def send(address: str, payload: str, _replaces: str | None) -> str | None:
            (self._folder / f"{address}.txt").write_text(payload)
            return None

        yield send


PACKAGE = PlatformPackage("Letters", LetterAccount, Letters)
