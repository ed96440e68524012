"""The library's HTTP client, with our time-outs, and with answers that say neither yes nor no."""

import re
from typing import Any

from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.platforms.answers import ANSWER_SECONDS, CONNECT_SECONDS, GATEWAY_TIMEOUT

SUCCEEDED = re.compile(rb'"ok"\s*:\s*true')
"""Matches an answer that says so, even if it can't be read otherwise."""


class NoStatement(TelegramError):
    """An answer that doesn't say whether the call succeeded."""


class BotRequest(HTTPXRequest):
    """The client of one bot."""

    def __init__(self) -> None:
        super().__init__(read_timeout=ANSWER_SECONDS, connect_timeout=CONNECT_SECONDS)

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Return the status and body of an answer. Raises NoStatement, TelegramError."""
        status, body = await super().do_request(*args, **kwargs)
        unclear = 200 <= status <= 299 and not SUCCEEDED.search(body)
        if unclear or status == GATEWAY_TIMEOUT:
            raise NoStatement(f"HTTP {status}")
        return status, body
