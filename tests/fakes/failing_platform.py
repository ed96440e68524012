"""`rantevou` with a platform whose errors contain personal data; run this file by its path.

The first two messages about a booking fail for each address; for an address with "gone", all do.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import core.db.database
import core.db.sqlite
from bot.accounts import AccountSettings
from bot.cli.main import main
from bot.delivery import doubt
from bot.messages import Inbound, Reply
from bot.platforms import PLATFORMS
from bot.platforms.base import Platform, Send
from bot.platforms.package import PlatformPackage
from bot.platforms.webhook import WebhookRequest, WebhookResult
from core.errors import DeliveryError

FAILING_PLATFORM = (sys.executable, str(Path(__file__)), "serve")
ACCOUNT = "unstable:one"


class FailingPlatform(Platform):
    """The platform: text and address in every error."""

    def __init__(self, account: str) -> None:
        super().__init__(account)
        self._sent: Counter[str] = Counter()

    def parse(self, request: WebhookRequest) -> WebhookResult:
        said = json.loads(request.body)
        who = {"platform": "unstable", "account": ACCOUNT}
        return WebhookResult([Inbound.model_validate(who | said)])

    def render(self, reply: Reply) -> Any:
        return reply.text, reply.booking is not None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
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


PACKAGE = PlatformPackage(
    "Unstable", AccountSettings, lambda account, _settings, _texts: FailingPlatform(account)
)


if __name__ == "__main__":
    PLATFORMS["unstable"] = __name__
    os.environ["RANTEVOU_UNSTABLE"] = '{"one": {}}'
    doubt.PAUSE = timedelta(seconds=1)
    core.db.sqlite.BUSY_SECONDS = core.db.database.RETRY_SECONDS = 1
    main()
