"""Calls to Viber: https://developers.viber.com/docs/api/rest-bot-api/."""

from collections.abc import Sequence
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict

from core.errors import DeliveryError

UNREACHABLE = (5, 6, 7, 11)
"""Statuses after which an address can't be written to: not registered, not subscribed, blocked, no
suitable device. After others, such as 12 (too many requests), sending is tried again."""

INVALID = (3, 4, 13, 14)
"""Statuses after which the same message would be refused again: its data, its version."""


class ApiResponse(BaseModel):
    """Viber's response to any call; whether it succeeded is in `status`, not in HTTP's."""

    model_config = ConfigDict(extra="allow")

    status: int
    status_message: str = ""
    message_token: int | None = None


async def call(client: httpx.AsyncClient, method: str, **given: Any) -> ApiResponse:
    """Call a method. Raises DeliveryError where there is no response that can be read."""
    try:
        response = await client.post(f"/pa/{method}", json=given)
        response.raise_for_status()
        return ApiResponse.model_validate_json(response.content)
    except httpx.HTTPStatusError as error:
        seconds = error.response.headers.get("retry-after", "")
        pause = float(seconds) if seconds.isdecimal() else 0
        raise DeliveryError(f"HTTP {error.response.status_code}", retry_after=pause) from None
    except (httpx.HTTPError, ValueError) as error:
        raise DeliveryError(type(error).__name__) from None


async def send(
    client: httpx.AsyncClient, address: str, payload: Sequence[Any], _replaces: str | None
) -> str | None:
    """Send messages to a user; return the id of the last. Raises DeliveryError."""
    token = None
    for message in payload:
        response = await call(client, "send_message", receiver=address, **message)
        if response.status:
            raise DeliveryError(
                f"{response.status} {response.status_message}",
                for_good=response.status in INVALID,
                unreachable=response.status in UNREACHABLE,
            )
        token = response.message_token
    return str(token) if token else None
