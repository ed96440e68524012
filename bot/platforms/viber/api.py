"""Calls to Viber: https://developers.viber.com/docs/api/rest-bot-api/."""

import re
from typing import Any, NamedTuple

import httpx
import structlog
from pydantic import BaseModel, ConfigDict

from bot.platforms.answers import GATEWAY_TIMEOUT, no_answer
from core.errors import DeliveryError

UNREACHABLE = (5, 6, 7, 11)
"""Statuses after which an address can't be written to: not registered, not subscribed, blocked, no
suitable device. After others, such as 12 (too many requests), sending is tried again."""

APP_TOO_OLD = 13
"""The status where no device of the user knows the message's API version."""

INVALID = (3, 4, APP_TOO_OLD, 14)
"""Statuses after which the same message would be refused again: its data, its version."""


SUCCEEDED = re.compile(rb'"status"\s*:\s*0\s*[,}]')
"""Matches a response that says so, even if it can't be read otherwise."""

log = structlog.get_logger()


class Payload(NamedTuple):
    """The messages of a reply, and what replaces the last one where the app is too old for it."""

    messages: list[dict[str, Any]]
    simplest: list[dict[str, Any]]


class ApiResponse(BaseModel):
    """Viber's response to any call; whether it succeeded is in `status`, not in HTTP's."""

    model_config = ConfigDict(extra="allow")

    status: int
    status_message: str = ""
    message_token: int | None = None


async def call(client: httpx.AsyncClient, method: str, **given: Any) -> ApiResponse:
    """Call a method. Raises DeliveryError where no response says whether it succeeded."""
    try:
        response = await client.post(f"/pa/{method}", json=given)
    except httpx.HTTPError as error:
        raise no_answer(error) from None
    if not response.is_success:
        seconds = response.headers.get("retry-after", "")
        raise DeliveryError(
            f"HTTP {response.status_code}",
            retry_after=float(seconds) if seconds.isdecimal() else 0,
            may_have_arrived=response.status_code == GATEWAY_TIMEOUT,
        )
    try:
        return ApiResponse.model_validate_json(response.content)
    except ValueError as error:
        why = type(error).__name__
        if not SUCCEEDED.search(response.content):
            raise DeliveryError(why, may_have_arrived=True) from None
        log.warning("an answer can't be read", platform="viber", error=why)
        return ApiResponse(status=0)


async def send(
    client: httpx.AsyncClient, address: str, payload: Payload, _replaces: str | None
) -> str | None:
    """Send messages to a user; return the id of the last. Raises DeliveryError."""
    token = None
    for message in payload.messages:
        response = await call(client, "send_message", receiver=address, **message)
        if response.status == APP_TOO_OLD and payload.simplest:
            return await send(client, address, Payload(payload.simplest, []), None)
        if response.status:
            raise DeliveryError(
                f"{response.status} {response.status_message}",
                for_good=response.status in INVALID,
                unreachable=response.status in UNREACHABLE,
            )
        token = response.message_token
    return str(token) if token else None
