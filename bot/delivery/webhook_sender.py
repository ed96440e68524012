"""Sends events to webhook endpoints, signed as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil
from urllib.parse import urlsplit

import httpcore
import httpx
from standardwebhooks import Webhook

from bot.delivery.bounded_stream import AnswerTooLong
from bot.delivery.claimed import ClaimedEvent
from bot.delivery.public_network import AddressRefused, CheckedNetwork, Lookups, Resolve
from core.errors import DeliveryError
from core.staff.webhook_addresses import Address, Network, is_public, is_within

ANSWER_SECONDS = 20.0
"""The time in which an endpoint must have answered, from looking up its name on; the specification
wants 15 to 30 seconds. Less than outbox.LEASE."""

MAX_RETRY_AFTER = 86_400
"""The most seconds that an endpoint may ask us to wait."""

MAX_LOOKUPS = 1000
"""The most names that are looked up at once: as many as 50 municipalities can have.

Each has a thread, begun when none is idle, for as long as the system waits for name servers. With
fewer, the names of one municipality that are answered slowly would delay all others' events.
"""

KEEP_SECONDS = 30.0
"""The time for which an idle connection is kept."""

GONE = 410


def signed_headers(
    event_id: str, payload: str, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """Return the headers of an event that is sent now, with a signature of each secret."""
    at = now.astimezone(UTC)  # the library takes any time for one in UTC
    signatures = [Webhook(secret).sign(event_id, at, payload) for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": "Rantevou",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


class WebhookSender:
    """Sends to public addresses by https; to those of `networks` by http too.

    `resolve` looks names up, if given, in place of the system.
    """

    def __init__(self, networks: Sequence[Network] = (), resolve: Resolve | None = None) -> None:
        self._networks, self._resolve = networks, resolve
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        """Keep connections, which are made when an event is first sent, until left."""

        def is_own(address: Address) -> bool:
            return is_within(address, self._networks)

        threads = ThreadPoolExecutor(MAX_LOOKUPS, "look-up")
        look_up = self._resolve or Lookups(threads).resolve
        tls = await asyncio.to_thread(httpx.create_ssl_context)  # it reads all certificates
        networks = {
            "https": CheckedNetwork(lambda each: is_public(each) or is_own(each), look_up),
            "http": CheckedNetwork(is_own, look_up),
        }
        async with AsyncExitStack() as stack:
            stack.callback(threads.shutdown, wait=False, cancel_futures=True)
            for scheme, network in networks.items():
                pool = httpcore.AsyncConnectionPool(
                    tls,
                    max_connections=None,
                    keepalive_expiry=KEEP_SECONDS,
                    network_backend=network,
                )
                self._pools[scheme] = await stack.enter_async_context(pool)
            yield

    async def send(self, event: ClaimedEvent, now: datetime) -> None:
        """Send an event once. Raises DeliveryError: `unreachable` where it is asked for no more."""
        headers = signed_headers(event.event_id, event.payload, event.secrets, now)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                status, retry_after = await self._post(event.url, headers, event.payload, now)
        except TimeoutError:
            raise DeliveryError("no answer in time") from None
        except (AddressRefused, AnswerTooLong) as error:
            raise DeliveryError(str(error)) from None
        except httpcore.ProtocolError as error:  # whose message quotes the answer
            raise DeliveryError(type(error).__name__) from None
        except httpcore.NetworkError as error:
            raise DeliveryError(f"{type(error).__name__}: {error}".rstrip(": ")) from None
        if not 200 <= status < 300:
            raise DeliveryError(
                f"HTTP {status}", unreachable=status == GONE, retry_after=retry_after
            )

    async def _post(
        self, url: str, headers: dict[str, str], payload: str, now: datetime
    ) -> tuple[int, int]:
        """Post a text; return the status, and the seconds that we are asked to wait."""
        pool = self._pools[urlsplit(url).scheme]
        async with pool.stream(
            "POST", url, headers=list(headers.items()), content=payload.encode()
        ) as response:
            with suppress(AnswerTooLong):
                async for _part in response.aiter_stream():
                    pass  # nothing of it is kept: the connection can be used again
            answered = {name.lower(): value for name, value in response.headers}
            found = answered.get(b"retry-after", b"").decode("ascii", "replace")
            return response.status, min(_seconds(found, now), MAX_RETRY_AFTER)


def _seconds(retry_after: str, now: datetime) -> int:
    """Return how long Retry-After asks us to wait: for some seconds, or until a time."""
    if retry_after.isdecimal() and len(retry_after) < 10:
        return int(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0
    return max(0, ceil((until.astimezone(UTC) - now).total_seconds()))
