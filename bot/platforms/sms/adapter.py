"""An account that sends text messages as a platform."""

from bisect import bisect_right
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import phonenumbers
from phonenumbers import NumberParseException

from bot.messages import Reply
from bot.platforms.base import CheckUp, Platform, Send
from bot.platforms.sms.gateway import SmsGateway, TextMessage
from bot.platforms.sms.gsm import count_parts, fold
from bot.platforms.sms.settings import SENDERS, SmsAccount
from bot.platforms.webhook import (
    UNREADABLE,
    Ignored,
    NotReceiving,
    WebhookRequest,
    WebhookResponse,
    WebhookResult,
    webhook_url,
)
from core.errors import DeliveryError
from core.messaging.routes import MOBILE

MAX_PARTS = 10
"""The most parts of a text, which is cut off then. Twilio takes 1,600 characters."""

CUT_OFF = "..."


class Sms(Platform):
    """An account that sends text messages by a gateway, and is told what became of them."""

    has_secret_path = True

    def __init__(self, account: str, settings: SmsAccount) -> None:
        super().__init__(account)
        self._settings, self.countries = settings, settings.countries
        self.gateway: SmsGateway = import_module(SENDERS[settings.kind]).Gateway(settings)

    @property
    def receipts_url(self) -> str | None:
        """Return the address to which the gateway sends receipts; None: it can't reach us."""
        if self.public_address is None:
            return None
        url = webhook_url(self.account, self.public_address)
        return "/".join(filter(None, (url, self.gateway.secret_path)))

    def parse(self, request: WebhookRequest) -> WebhookResult:
        """Return the receipt of a request. Raises Unauthenticated, NotReceiving."""
        if self.receipts_url is None:
            raise NotReceiving
        try:
            receipt = self.gateway.receipt(request, self.receipts_url)
        except ValueError:
            return WebhookResult([Ignored(UNREADABLE)], WebhookResponse(status=400))
        return WebhookResult([receipt] if receipt else [])

    def render(self, reply: Reply) -> TextMessage:
        """Return the text of a reply in the account's alphabet."""
        text = reply.brief or reply.text
        text = fold(text) if self._settings.alphabet == "gsm" else text
        return TextMessage(_cut_off(text), reply.valid_seconds)

    def parts_of(self, reply: Reply) -> int:
        """Return how many parts a reply is sent in."""
        return count_parts(self.render(reply).body)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Give `send`, with connections that are made when it is first called."""
        async with self.gateway.connect() as send_text:

            async def send(address: str, text: TextMessage, _replaces: str | None) -> str | None:
                self._check(address)
                return await send_text(address, text, self.receipts_url)

            yield send

    def _check(self, number: str) -> None:
        """Raise DeliveryError where no text may go to a number: it isn't mobile, or abroad."""
        try:
            parsed = phonenumbers.parse(number)
        except NumberParseException:
            raise DeliveryError("not a number", for_good=True) from None
        if phonenumbers.number_type(parsed) not in MOBILE:
            raise DeliveryError("not a mobile number", for_good=True)
        if phonenumbers.region_code_for_number(parsed) not in self._settings.countries:
            raise DeliveryError("of a country to which no texts are sent", for_good=True)

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Check what the gateway can be asked, and whether it can report to us."""
        found = await self.gateway.check_up()
        if public_url is None:
            unknown = "what isn't delivered stays unknown: RANTEVOU_PUBLIC_URL isn't set"
            return found._replace(to_do=(*found.to_do, unknown))
        return found


def _cut_off(text: str) -> str:
    if count_parts(text) <= MAX_PARTS:
        return text
    lengths = range(len(text))
    end = bisect_right(lengths, MAX_PARTS, key=lambda length: count_parts(text[:length])) - 1
    return text[: end - len(CUT_OFF)] + CUT_OFF
