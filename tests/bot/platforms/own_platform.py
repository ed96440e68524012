"""A platform that receives and sends, as somebody would add one: RANTEVOU_OWN__<name>__…"""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import BaseModel, SecretStr

from bot.accounts import AccountSettings, ApiUrl
from bot.messages import Inbound, Reply
from bot.platforms.base import Platform, Send
from bot.platforms.package import PlatformPackage
from bot.platforms.webhook import (
    Unauthenticated,
    WebhookRequest,
    WebhookResponse,
    WebhookResult,
)
from core.errors import DeliveryError


class OwnAccount(AccountSettings):
    token: SecretStr
    api_url: ApiUrl


class Message(BaseModel):
    id: int
    user: str
    text: str


class Own(Platform):
    def __init__(self, account: str, settings: OwnAccount, _texts: object) -> None:
        super().__init__(account)
        self._settings = settings

    def parse(self, request: WebhookRequest) -> WebhookResult:
        token = self._settings.token.get_secret_value()
        if not hmac.compare_digest(request.headers.get("X-Token", ""), token):
            raise Unauthenticated
        if request.method == "GET":  # asks whether the address is ours
            challenge = parse_qs(urlsplit(request.url).query)["challenge"][0]
            return WebhookResult(response=WebhookResponse(challenge.encode(), "text/plain", 202))
        message = Message.model_validate_json(request.body)
        inbound = Inbound(
            platform="own",
            account=self.account,
            address=message.user,
            message_id=str(message.id),
            text=message.text,
            municipality_id=self._settings.municipality,
        )
        return WebhookResult([inbound], WebhookResponse(b"<ok/>", "application/xml"))

    def render(self, reply: Reply) -> dict[str, object]:
        return {"text": reply.text, "buttons": [choice.label for choice in reply.choices]}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        async with httpx.AsyncClient(base_url=self._settings.api_url) as client:

            async def send(address: str, payload: object, _replaces: str | None) -> str | None:
                answer = await client.post("/send", json={"to": address, "message": payload})
                if answer.is_error:
                    raise DeliveryError(f"HTTP {answer.status_code}")
                return None

            yield send


PACKAGE = PlatformPackage("Own", OwnAccount, Own)
