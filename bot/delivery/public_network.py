"""Connections to public addresses only.

What a name leads to is looked up once, checked, and connected to; the URL keeps the name, for which
the certificate is checked. So neither a name that leads into the own network gets there, nor one
that leads elsewhere a moment later.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore

from bot.delivery.bounded_stream import BoundedStream
from core.staff.webhook_addresses import Address, Network, is_within

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

ADDRESS_SECONDS = 3.0
"""The time after which the next address of a name is tried: a firewall may drop, not refuse."""


LOOKUP_SECONDS = 5.0
"""The time for which whoever adds an address waits until its name is looked up."""


class AddressRefused(httpcore.ConnectError):
    """A name leads to no address to which we connect."""


class Lookups:
    """Looks names up, each once at a time: who asks for one under way waits for its answer.

    So a name that is answered slowly keeps one thread, however many events are to go there. The
    event loop's own threads are few, and those that the platforms' names need.
    """

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._under_way: dict[str, asyncio.Future[list[Any]]] = {}

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a name, in the order to be tried. Raises OSError."""
        look_up = self._under_way.get(host)
        if look_up is None:
            look_up = asyncio.get_running_loop().run_in_executor(
                self._threads, partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
            )
            self._under_way[host] = look_up
            look_up.add_done_callback(lambda _done: self._under_way.pop(host))
        found = await asyncio.shield(look_up)
        return list(dict.fromkeys(str(address[0]) for *_kind, address in found))


async def leads_into(networks: Sequence[Network], url: str) -> bool:
    """Return whether the name in a URL leads into one of these networks, as far as is known now."""
    threads = ThreadPoolExecutor(1, "look-up")
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            found = await Lookups(threads).resolve(urlsplit(url).hostname or "", 0)
    except (OSError, UnicodeError, ValueError, TimeoutError):
        return False
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
    return any(is_within(ip_address(each), networks) for each in found)


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to those addresses of a name only that `allows` returns true for."""

    def __init__(self, allows: Callable[[Address], bool], resolve: Resolve) -> None:
        self._allows, self._resolve = allows, resolve
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's: we give it none
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers. Raises AddressRefused, ConnectError.

        Each has ADDRESS_SECONDS to do so, and the last one as long as whoever asks will wait.
        """
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name isn't known") from None
        allowed = [each for each in addresses if self._allows(ip_address(each))]
        if not allowed:
            raise AddressRefused("the address isn't public")
        more = local_address, socket_options
        *others, last = allowed
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._connect(address, port, ADDRESS_SECONDS, *more)
        return await self._connect(last, port, None, *more)

    async def _connect(self, *given: Any) -> httpcore.AsyncNetworkStream:
        return BoundedStream(await self._backend.connect_tcp(*given))

    async def connect_unix_socket(self, *_given: Any, **_more: Any) -> httpcore.AsyncNetworkStream:
        """Raise AddressRefused."""
        raise AddressRefused("no address")
