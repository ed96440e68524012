"""What a platform that pushes must do: one file each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from bot.replies import Inbound, Reply


class Forged(Exception):
    """A request that doesn't prove that it comes from the platform."""


class Malformed(Exception):
    """A request that can't be read."""


@dataclass(frozen=True)
class Received:
    """What a webhook's request held: messages, and what it is to be answered with, as JSON.

    `ignored` is the kind of what is no message.
    """

    messages: Sequence[Inbound] = ()
    answer: Any = None
    ignored: str = ""


class Send(Protocol):
    """Delivers a message."""

    async def __call__(self, address: str, payload: Any, replaces: str | None) -> str | None:
        """Send it, in place of an earlier one whose id is given; give this one's id.

        Raises DeliveryError.
        """


class Platform(Protocol):
    """One account of a platform. `read`, `render` and `closed` are pure.

    `edits`: a message of ours can be changed where it stands; `files`: files can be sent.
    """

    edits: bool
    files: bool

    def read(self, headers: Mapping[str, str], body: bytes) -> Received:
        """Give what a webhook's request holds. Raises Forged, Malformed."""

    def render(self, reply: Reply) -> Any:
        """Make what `send` sends."""

    def closed(self, asked: Reply, answer: str | None, *, said: bool) -> Reply | None:
        """What stands instead of a question, or after it, once it isn't open any more.

        `answer` is the button that was tapped; `said`: more is said before the next question.
        """

    def connected(self) -> AbstractAsyncContextManager[Send]:
        """Keep what sending needs open meanwhile; give `send`."""
