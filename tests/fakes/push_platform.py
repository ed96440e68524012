"""A complete push platform: its server, which fails on demand, and our adapter for it."""

import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from bot.accounts import AccountSettings, ApiUrl
from bot.messages import Inbound, Reply
from bot.platforms.answers import no_answer
from bot.platforms.base import Platform, Send
from bot.platforms.package import PlatformPackage
from bot.platforms.webhook import Unauthenticated, WebhookRequest, WebhookResult
from core.errors import DeliveryError
from tests.fakes.http_server import Answer, Request, listening

ACCOUNT = "push:one"
SECRET = "shared secret"  # noqa: S105 of a server of the tests


class PushPlatform(Platform):
    """Our adapter, as the packages of bot/platforms/ have one."""

    def __init__(self, url: str, account: str = ACCOUNT) -> None:
        super().__init__(account)
        self._url = url

    def parse(self, request: WebhookRequest) -> WebhookResult:
        """Return the one message of a request."""
        if request.headers.get("x-secret") != SECRET:
            raise Unauthenticated
        said = json.loads(request.body)
        message = Inbound(
            platform=self.account.partition(":")[0],
            account=self.account,
            address=said["from"],
            message_id=str(said["id"]),
            number=said["id"],
            chat_sequence=said.get("in_chat"),
            text=said.get("text"),
            choice=said.get("choice"),
        )
        return WebhookResult([message])

    def render(self, reply: Reply) -> Any:
        """Return every field of a reply, for the tests to check."""
        return reply.model_dump(mode="json")

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Open a client of the server."""
        async with httpx.AsyncClient(base_url=self._url, timeout=10) as client:
            yield partial(self._send, client)

    async def _send(
        self, client: httpx.AsyncClient, address: str, payload: Any, replaces: str | None
    ) -> str | None:
        body = {"to": address, "account": self.account, "replaces": replaces, **payload}
        try:
            answer = await client.post("/send", json=body)
        except httpx.HTTPError as error:
            raise no_answer(error) from error
        why = f"status {answer.status_code}"
        if answer.status_code == 429:
            raise DeliveryError(why, retry_after=float(answer.headers["retry-after"]))
        if answer.status_code >= 400:
            raise DeliveryError(why, unreachable=answer.status_code in (403, 410))
        return str(answer.json()["id"])


class PushAccount(AccountSettings):
    """An account: the URL of the platform's server."""

    url: ApiUrl


PACKAGE = PlatformPackage(
    "Push platform",
    PushAccount,
    lambda account, settings, _texts: PushPlatform(settings.url, account),
)


@dataclass
class Message:
    """A message that arrived, at `at` by time.perf_counter."""

    to: str
    account: str
    text: str
    replaces: str | None
    number: int
    at: float
    choices: list[dict[str, Any]]
    step: str | None
    booking: int | None


@dataclass
class PushPlatformServer:
    """The platform's server, which keeps what arrives."""

    url: str
    messages: list[Message] = field(default_factory=list)
    by_address: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, list[tuple[int, dict[str, str]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Status and headers of the responses to the next messages, by address."""
    takes: float = 0
    """Seconds from a message's arrival to the response; may be made fewer meanwhile."""
    loses: bool = False
    """Whether the connection breaks when a message was taken, instead of a response."""
    tried: int = 0
    count: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    """Numbers the messages of all chats, in both directions."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def to(self, address: str) -> list[str]:
        """Return the texts that arrived at an address."""
        return [message.text for message in self.by_address[address]]

    def arrived(self, said: dict[str, Any]) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Keep a message or fail as asked; return status, headers and body of the response."""
        with self.lock:
            self.tried += 1
            if self.failures[said["to"]]:
                status, headers = self.failures[said["to"]].pop(0)
                return status, headers, {}
            number = next(self.count)
            names = ("to", "account", "text", "replaces", "choices", "step", "booking")
            kept = {name: said[name] for name in names}
            message = Message(**kept, number=number, at=time.perf_counter())
            self.messages.append(message)
            self.by_address[message.to].append(message)
        arrived_at = time.monotonic()
        while time.monotonic() < arrived_at + self.takes:
            time.sleep(0.01)
        return 0 if self.loses else 200, {}, {"id": number}


@contextmanager
def push_platform_server() -> Iterator[PushPlatformServer]:
    """Run the platform's server on a free port."""
    kept = PushPlatformServer("")

    def respond(request: Request) -> Answer:
        status, headers, body = kept.arrived(json.loads(request.body))
        return Answer(status, body, headers)

    with listening(respond) as kept.url:
        yield kept


def say(client: httpx.Client, who: str, number: int, **what: str | int) -> int:
    """Send a user's text or tap to Rantevou; return the response's status, 0 for none."""
    try:
        answer = client.post(
            f"/webhooks/{ACCOUNT.replace(':', '/')}",
            json={"from": who, "id": number, **what},
            headers={"X-Secret": SECRET},
        )
    except httpx.HTTPError:
        return 0
    return answer.status_code
