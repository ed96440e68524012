"""Connections over which an answer is read up to a limit, whatever it consists of.

The whole answer is counted: heads that go before it (103) and chunks of one byte cost httpcore much
time for few bytes of a body, or for none, and it doesn't give way while it has any of them.
"""

import asyncio
from typing import Any

import httpcore

MAX_ANSWER = 65_536
"""The most of an answer that is read, in bytes."""

READ_BYTES = 512
"""The most that is read at once; the longest that is parsed before others have their turn."""


class AnswerTooLong(httpcore.ReadError):
    """An answer is longer than MAX_ANSWER."""


class BoundedStream(httpcore.AsyncNetworkStream):
    """A connection that reads MAX_ANSWER at most after what was written last."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream, self._left = stream, MAX_ANSWER

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 httpcore's
        """Return what has come. Raises AnswerTooLong."""
        if not self._left:
            raise AnswerTooLong("the answer is too long")
        await asyncio.sleep(0)  # reading what has been decrypted already doesn't give way
        data = await self._stream.read(min(max_bytes, READ_BYTES, self._left), timeout)
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 httpcore's
        """Send a part of a request."""
        self._left = MAX_ANSWER
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(self, *given: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        """Return the connection with TLS."""
        return BoundedStream(await self._stream.start_tls(*given, **more))

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks of the connection."""
        return self._stream.get_extra_info(info)
