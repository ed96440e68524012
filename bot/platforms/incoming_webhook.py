"""Rooms to which we only post, by the address of an incoming webhook: Slack's, Mattermost's.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
https://developers.mattermost.com/integrate/webhooks/incoming/
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

import httpx
from pydantic import SecretStr

from bot.messages import Reply
from bot.platforms.answers import GATEWAY_TIMEOUT, TIMEOUT, no_answer
from bot.platforms.base import CheckUp, Platform, Send
from bot.platforms.layout import split
from core.errors import DeliveryError

REFUSED = (400, 401, 403, 404, 410, 413)
"""The statuses after which the same message would be refused again: it can't be read, or the
webhook is gone, its channel archived or closed to it. The next message is tried all the same, for
a technician may mend that; after others, such as 429 and 501 (switched off), this one is."""

TAKEN = re.compile(r'^ok$|"ok":\s*true')
"""Matches an answer that says that a text was taken; a proxy's page for signing in doesn't."""

REASON = re.compile(r'^[a-z_]{1,80}$|"id":\s*"([a-z_.]{1,80})"')
"""Matches an error's name in an answer. What else is in it may name the webhook."""


class IncomingWebhook(Platform):
    """One room. `escape` returns a text so that it is shown as it is, and mentions nobody.

    A text of more than `longest` characters, as it is posted, is posted in parts, each with the
    fields `options`.
    """

    def __init__(
        self,
        account: str,
        webhook: SecretStr,
        escape: Callable[[str], str],
        longest: int,
        options: Mapping[str, bool] | None = None,
    ) -> None:
        super().__init__(account)
        self._webhook, self._escape, self._longest = webhook, escape, longest
        self._options = options or {}

    def render(self, reply: Reply) -> list[str]:
        """Return the texts to post; nobody can tap a button there."""
        parts = split(reply.text, self._longest, lambda part: len(self._escape(part)))
        return [self._escape(part) for part in parts]

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Give `send`, with connections that are made when it is first called."""
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            yield partial(self._send, client)

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Say that nothing can be checked without posting."""
        return CheckUp(["is configured; only a message shows whether its webhook works"], [])

    async def _send(
        self, client: httpx.AsyncClient, _address: str, texts: Sequence[str], _replaces: str | None
    ) -> None:
        """Post texts, which have no ids there. Raises DeliveryError."""
        for text in texts:
            try:
                response = await client.post(
                    self._webhook.get_secret_value(), json={"text": text, **self._options}
                )
            except httpx.HTTPError as error:
                raise no_answer(error) from None
            if not response.is_success or not TAKEN.search(response.text.strip()):
                raise _failure(response)


def _failure(response: httpx.Response) -> DeliveryError:
    """Return what an answer says by which a text wasn't taken; never the address."""
    seconds, found = response.headers.get("retry-after", ""), REASON.search(response.text.strip())
    reason = (found[1] or found[0]) if found else ""
    return DeliveryError(
        f"HTTP {response.status_code} {reason}".strip(),
        for_good=response.status_code in REFUSED,
        retry_after=float(seconds) if seconds.isdecimal() else 0,
        may_have_arrived=response.is_success or response.status_code == GATEWAY_TIMEOUT,
    )
