"""`rantevou` with a platform whose errors tell all; run it by its path.

The first two sendings to each that tell of a booking fail; to whoever is gone all do.
"""

import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import bot.bootstrap
import core.db.database
import core.db.sqlite
from bot.cli.main import main
from bot.messages import Inbound, Reply
from bot.platforms.base import Send, WebhookResult
from core.errors import DeliveryError

FAILING_PLATFORM = (sys.executable, str(Path(__file__)), "serve")
ACCOUNT = "telltale:one"


class FailingPlatform:
    """Our end of it."""

    edits = False
    files = False
    maps = False

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()

    def read(self, _headers: Mapping[str, str], body: bytes) -> WebhookResult:
        said = json.loads(body)
        who = {"platform": "telltale", "account": ACCOUNT}
        return WebhookResult([Inbound.model_validate(who | said)])

    def render(self, reply: Reply) -> Any:
        return reply.text, reply.booking is not None

    def answered_form(self, *_anything: Any, **_more: Any) -> None:
        """Leave what was asked as it is."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Send]:
        yield self.send

    async def send(self, address: str, payload: Any, replaces: str | None) -> str | None:
        if "gone" in address:
            raise DeliveryError(f"{address} isn't there", unreachable=True)
        text, of_booking = payload
        self._sent[address] += of_booking
        if of_booking and self._sent[address] == 1:
            raise RuntimeError(f"{address}: {text}")
        if of_booking and self._sent[address] == 2:
            raise DeliveryError(f"{address} isn't there")
        return None


if __name__ == "__main__":
    bot.bootstrap.build_platforms = lambda *_given: {ACCOUNT: FailingPlatform()}  # type: ignore[attr-defined]
    core.db.sqlite.BUSY_SECONDS = core.db.database.RETRY_SECONDS = 1
    main()
