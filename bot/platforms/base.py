"""What a platform that pushes must do: one file each."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bot.messages import Inbound, Reply


class Unauthenticated(Exception):
    """A request that doesn't prove that it comes from the platform."""


class Malformed(Exception):
    """A request that can't be read."""


@dataclass(frozen=True)
class Receipt:
    """What became of a message of ours, by the id that `send` gave, and why it failed."""

    address: str
    message: str
    status: Literal["delivered", "seen", "failed"]
    why: str = ""


@dataclass(frozen=True)
class Reachability:
    """Whether an address can be written to from now on."""

    address: str
    reachable: bool


@dataclass(frozen=True)
class WebhookResult:
    """What a webhook's request held: messages, and what it is to be answered with, as JSON.

    `welcome` makes that of the replies to its only message. `ignored` is the kind of what is of no
    use.
    """

    messages: Sequence[Inbound] = ()
    news: Receipt | Reachability | None = None
    answer: Any = None
    welcome: Callable[[Sequence[Reply]], Any] | None = None
    ignored: str = ""


class Send(Protocol):
    """Delivers a message."""

    async def __call__(self, address: str, payload: Any, replaces: str | None) -> str | None:
        """Send it, in place of an earlier one whose id is given; give this one's id.

        Raises DeliveryError.
        """


def webhook_of(account: str, public_url: str) -> str:
    """Where a platform is to tell what is new to an account."""
    return f"{public_url}/webhooks/{account.replace(':', '/')}"


class Platform(Protocol):
    """One account of a platform. `read`, `render` and `closed` are pure.

    `edits`: a message of ours can be changed where it stands; `files`: files can be sent; `maps`:
    places can.
    """

    edits: bool
    files: bool
    maps: bool

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookResult:
        """Give what a webhook's request holds. Raises Forged, Malformed."""

    def render(self, reply: Reply) -> Any:
        """Make what `send` sends."""

    def answered_form(self, asked: Reply, answer: str | None, *, said: bool) -> Reply | None:
        """What stands instead of a question, or after it, once it isn't open any more.

        `answer` is the button that was tapped; `said`: more is said before the next question.
        """

    def open(self) -> AbstractAsyncContextManager[Send]:
        """Keep what sending needs open meanwhile; give `send`."""
