"""Text messages by Yuboto (Omni API, HTTP), as a gateway in Greece.

Its receipts are GET requests that nothing proves, with the number in the query. So they go to a
path that nobody can guess, and their address is written to no log.
"""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field

from bot.platforms.answers import GATEWAY_TIMEOUT, TIMEOUT, no_answer
from bot.platforms.sms.gateway import SendText, SmsGateway, TextMessage
from bot.platforms.sms.gsm import count_parts, is_gsm
from bot.platforms.sms.settings import SmsAccount
from bot.platforms.webhook import Receipt, Unauthenticated, WebhookRequest
from core.errors import DeliveryError

MIN_VALID_MINUTES, MAX_VALID_MINUTES = 30, 4_320

FAILED = ("undelivered", "not delivered", "notdelivered", "failed", "rejected", "expired")
"""The descriptions of statuses, in small letters, after which a text isn't tried any more."""


class _Taken(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str | None = None
    error: int | None = Field(default=None, alias="errorCode")


class _Response(BaseModel):
    error: int | None = Field(default=None, alias="ErrorCode")
    messages: list[_Taken] | None = Field(default=None, alias="Message")


class Gateway(SmsGateway):
    """An account at Yuboto."""

    def __init__(self, settings: SmsAccount) -> None:
        super().__init__(settings)
        self.secret_path = hmac.digest(self.key.encode(), b"receipts", "sha256").hex()[:40]

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[SendText]:
        """Give what sends."""
        async with httpx.AsyncClient(
            base_url=self.settings.api_address,
            headers={"authorization": f"Basic {self.key}"},
            timeout=TIMEOUT,
        ) as client:

            async def send(number: str, text: TextMessage, receipts: str | None) -> str | None:
                return await _send(client, self._request(number, text, receipts))

            yield send

    def _request(self, number: str, text: TextMessage, receipts: str | None) -> dict[str, Any]:
        sms: dict[str, Any] = {
            "sender": self.settings.sender.removeprefix("+"),
            "text": text.body,
            "typesms": "sms" if is_gsm(text.body) else "unicode",
            "longsms": count_parts(text.body) > 1,  # else it is cut off after the first part
            "priority": 1,
        }
        if text.valid_seconds is not None:
            minutes = text.valid_seconds // 60
            sms["validity"] = max(MIN_VALID_MINUTES, min(minutes, MAX_VALID_MINUTES))
        reports = {"dlr": True, "callbackUrl": receipts} if receipts else {"dlr": False}
        return {**reports, "contacts": [{"phonenumber": number.removeprefix("+")}], "sms": sms}

    def read(self, request: WebhookRequest, url: str) -> Receipt | None:
        """Return the receipt in a request's query; its path must be that of `url`."""
        given = urlsplit(request.url)
        secret = given.path.rpartition("/")[2]
        if not hmac.compare_digest(secret.encode(), self.secret_path.encode()):
            raise Unauthenticated
        query = parse_qs(given.query)
        number, sid, said = (
            (query.get(name) or [""])[0] for name in ("receiver", "smsid", "statusDescription")
        )
        if not number or not sid or not said:
            raise ValueError("a part is missing")
        address, status = f"+{number.strip().removeprefix('+')}", said.lower()
        if status == "delivered":
            return Receipt(address, sid, "delivered")
        if status in FAILED:
            return Receipt(address, sid, "failed", status)
        return None


async def _send(client: httpx.AsyncClient, request: dict[str, Any]) -> str | None:
    """Have Yuboto take a message; return its id. Raises DeliveryError, with codes only."""
    try:
        response = await client.post("/omni/v1/Send", json=request)
    except httpx.HTTPError as error:
        raise no_answer(error) from None
    if not response.is_success:
        raise DeliveryError(
            f"HTTP {response.status_code}",
            may_have_arrived=response.status_code == GATEWAY_TIMEOUT,
        )
    try:
        said = _Response.model_validate_json(response.content)
    except ValueError as error:
        raise DeliveryError(type(error).__name__, may_have_arrived=True) from None
    if said.error:
        raise DeliveryError(f"error {said.error}")  # of the account: a key, credit
    [taken, *_others] = said.messages or [_Taken()]
    if taken.error:
        raise DeliveryError(f"error {taken.error} of the number", for_good=True)
    return taken.id
