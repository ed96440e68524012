"""What a platform that pushes must do: one file each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from bot.replies import Inbound, Reply


class Forged(Exception):
    """A request that doesn't prove that it comes from the platform."""


class Malformed(Exception):
    """A request that can't be read."""


class Send(Protocol):
    """Delivers a message."""

    async def __call__(self, address: str, payload: Any, replaces: str | None) -> str | None:
        """Send it, in place of an earlier one whose id is given; give this one's id.

        Raises DeliveryError.
        """


class Platform(Protocol):
    """One account of a platform. `read` and `render` are pure."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Inbound]:
        """Give the messages of a webhook's request. Raises Forged, Malformed."""

    def render(self, reply: Reply) -> Any:
        """Make what `send` sends."""

    def connected(self) -> AbstractAsyncContextManager[Send]:
        """Keep what sending needs open meanwhile; give `send`."""
