"""A webhook's request, and the events and the response that a platform returns for it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

from bot.messages import Inbound, Reply
from bot.staff_messages import StaffAnswer, StaffInbound
from bot.telemetry.logging import cause, traceback_lines

log = structlog.get_logger()

UNREADABLE = "unreadable"
"""The kind of an event that is the platform's own, but can't be read."""


class Unauthenticated(Exception):
    """A request that doesn't prove that it comes from the platform."""


class NotReceiving(Exception):
    """A request to a platform that only sends."""


@dataclass(frozen=True)
class WebhookRequest:
    """A request to /webhooks/{platform}/{account}. `headers` are found in any case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class WebhookResponse:
    """The answer to a webhook's request."""

    body: bytes = b""
    media_type: str | None = None
    status: int = 200

    @classmethod
    def json(cls, value: Any) -> "WebhookResponse":
        """Return an answer in JSON."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return cls(body.encode(), "application/json")


@dataclass(frozen=True)
class Receipt:
    """The status of a message that we sent, by the id that `send` returned; `why` it failed.

    Where the address is `unreachable`, nothing else is to be sent there. One that is delayed is
    tried again by others. One that isn't proven may have been written by whoever has got the
    message's id. A call that is `unanswered` is made again. Where the platform repeats the id of
    the outbox row, that is `row`.
    """

    address: str
    message: str
    status: Literal["delayed", "delivered", "seen", "failed", "unanswered"]
    why: str = ""
    unreachable: bool = False
    is_proven: bool = True
    row: int | None = None


@dataclass(frozen=True)
class Reachability:
    """The reachability of an address: whether messages can be sent to it from now on.

    Where its owner has written so, they get the `answer` in the response, unless they write too
    much.
    """

    address: str
    reachable: bool
    answer: Reply | None = field(default=None, compare=False)


@dataclass(frozen=True)
class RoomMoved:
    """A room's chat that has another address from now on."""

    chat: str
    new_chat: str


@dataclass(frozen=True)
class RoomLeft:
    """A chat of which our account isn't a member any more."""

    chat: str


@dataclass(frozen=True)
class Ignored:
    """An event that isn't acted on; its kind is counted and logged, so it names no person."""

    kind: str


Event = Inbound | StaffInbound | Receipt | Reachability | RoomMoved | RoomLeft | Ignored


@dataclass(frozen=True)
class WebhookResult:
    """The events of a webhook's request, and its response.

    Where `respond` is given, it makes the response from the replies to the request's message, or
    from the answer of a `Reachability`; `respond_to_staff` makes it from the answer to a message of
    staff, None where there is none.
    """

    events: Sequence[Event] = ()
    response: WebhookResponse = WebhookResponse()
    respond: Callable[[Sequence[Reply]], WebhookResponse] | None = None
    respond_to_staff: Callable[[StaffAnswer | None], WebhookResponse] | None = None


def parse_or_skip(account: str, parse: Callable[[], WebhookResult]) -> WebhookResult:
    """Return the result of `parse`; where it fails, one that skips the event.

    A platform would send an event that is refused again and again, and the others after it. What
    the event says isn't logged. Raises Unauthenticated, NotReceiving.
    """
    try:
        return parse()
    except (Unauthenticated, NotReceiving):
        raise
    except Exception as error:
        log.warning(
            "an event can't be read",
            account=account,
            **cause(error),
            places=traceback_lines(error)[-3:],
        )
        return WebhookResult([Ignored(UNREADABLE)])


def webhook_url(account: str, public_url: str) -> str:
    """Return the address to which a platform sends an account's events."""
    return f"{public_url}/webhooks/{account.replace(':', '/')}"
