"""Limits of the requests a minute of a conversation, an address and a proven caller.

Each process counts its own, in memory: these limits protect the machine. Those that protect
citizens (wrong codes, holds, confirmations) are counted in the database.
"""

import time
from dataclasses import dataclass
from math import ceil

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from bot.bootstrap import Application
from bot.platforms import webchat
from core.messaging import conversations
from webhooks.network import client_network

ALL_REQUESTS = 10
"""The limit of all requests of an address, in a conversation's: many share an address."""

KEY_REQUESTS = 5
"""The limit of an API key, in a conversation's: a program reads what many need."""

PROVEN_REQUESTS = 100
"""The limit of a proven caller, in a conversation's: a platform sends all users' messages."""

WINDOW_SECONDS = 60.0
"""The time for which a count goes on, from its first request."""

_OF_KEY = "requests with this key"
_WRONG_KEYS = "wrong keys from this address"


@dataclass(frozen=True)
class KeyLimit:
    """The limit of a key's requests within WINDOW_SECONDS, what is left, and for how long."""

    most: int
    left: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers-10."""
        return {
            "RateLimit-Policy": f'"key";q={self.most};w={WINDOW_SECONDS:.0f}',
            "RateLimit": f'"key";r={self.left};t={self.seconds}',
        }


class TooManyRequests(HTTPException):
    """A request past a limit; it may be sent again after `Retry-After` seconds."""

    def __init__(self, limit: int, what: str, wait: int) -> None:
        super().__init__(
            429,
            f"More than {limit} {what} a minute; wait {wait} seconds.",
            {"Retry-After": str(wait)},
        )


class Counts:
    """Counts by key, each for a minute from the first."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], tuple[float, int]] = {}
        self._kept_until = 0.0

    def count(self, key: tuple[str, str]) -> int:
        """Return the count of this minute."""
        begun, count = self._counts.get(key, (0.0, 0))
        return count if time.monotonic() < begun + WINDOW_SECONDS else 0

    def add(self, key: tuple[str, str]) -> int:
        """Add one; return the count."""
        now, count = time.monotonic(), self.count(key) + 1
        if now >= self._kept_until:
            self._counts = {k: v for k, v in self._counts.items() if now < v[0] + WINDOW_SECONDS}
            self._kept_until = now + WINDOW_SECONDS
        self._counts[key] = (now if count == 1 else self._counts[key][0], count)
        return count

    def seconds_left(self, key: tuple[str, str]) -> int:
        """Return for how many more seconds it is counted, at least 1."""
        return max(1, ceil(self._counts[key][0] + WINDOW_SECONDS - time.monotonic()))


class RequestLimits:
    """The counts of this process. An exempt address has no limit of its own."""

    def __init__(self, application: Application) -> None:
        settings, self._application = application.settings, application
        self._exempt = settings.exempt_addresses
        self._counts = Counts()
        self._single = settings.requests_per_minute
        self._all = settings.requests_per_minute * ALL_REQUESTS
        self._key = settings.requests_per_minute * KEY_REQUESTS
        self._proven = settings.requests_per_minute * PROVEN_REQUESTS

    def check_address(self, connection: HTTPConnection) -> None:
        """Count a request of an address, whatever it is. Raises TooManyRequests."""
        address = client_network(connection, self._exempt)
        if address is not None:
            self._hit(self._all, "requests from this address", address)

    async def check_conversation(self, connection: HTTPConnection, token: str | None) -> None:
        """Count a request of the conversation that has this token; one of the address if none has.

        Raises TooManyRequests.
        """
        registry = self._application.services.registry
        sender = webchat.sender(token, registry) if token else None
        what = "requests in this conversation"
        if sender and (
            # Whoever was counted this minute needn't be looked up again.
            self._counts.count((what, sender.address))
            or await self._application.database.read(
                lambda session: conversations.exists(session, sender.account, sender.address)
            )
        ):
            connection.state.counted = True
            self._hit(self._single, what, sender.address)
        else:
            self.check_unknown(connection)

    def check_proven(self, connection: HTTPConnection, identity: str) -> None:
        """Count a request of a caller who has proven who it is. Raises TooManyRequests."""
        connection.state.counted = True
        self._hit(self._proven, f"requests of {identity}", "")

    def check_key(self, connection: HTTPConnection, key_id: int) -> None:
        """Count a request of an API key, whose answer says what is left. Raises TooManyRequests."""
        connection.state.counted = True
        count = self._counts.add((_OF_KEY, str(key_id)))
        seconds = self._counts.seconds_left((_OF_KEY, str(key_id)))
        connection.state.key_limit = KeyLimit(self._key, max(0, self._key - count), seconds)
        if count > self._key:
            raise TooManyRequests(self._key, _OF_KEY, seconds)

    def check_wrong_keys(self, connection: HTTPConnection) -> None:
        """Raise TooManyRequests where so many wrong keys came from an address: none is tried."""
        who = (_WRONG_KEYS, client_network(connection, self._exempt) or "")
        if self._counts.count(who) >= self._single:
            raise TooManyRequests(self._single, _WRONG_KEYS, self._counts.seconds_left(who))

    def count_wrong_key(self, connection: HTTPConnection) -> None:
        """Count a key that the database doesn't have."""
        if address := client_network(connection, self._exempt):
            self._counts.add((_WRONG_KEYS, address))

    def check_unknown(self, connection: HTTPConnection) -> None:
        """Count a request that is new or failed, once. Raises TooManyRequests."""
        address = client_network(connection, self._exempt)
        if address is not None and not getattr(connection.state, "counted", False):
            connection.state.counted = True
            self._hit(self._single, "new or failed requests from this address", address)

    def accept_link(self, connection: HTTPConnection, *, chats: bool = False) -> None:
        """Note that the token of a request's link is a true one, so that no answer is a failure.

        Else many wrong ones of the same address would keep it from opening. Where it opens a chat,
        which may be a new one, those of an address are counted. Raises TooManyRequests.
        """
        connection.state.counted = True
        if chats and (address := client_network(connection, self._exempt)):
            self._hit(self._single, "chats opened by links from this address", address)

    def _hit(self, limit: int, what: str, who: str) -> None:
        if self._counts.add((what, who)) > limit:
            raise TooManyRequests(limit, what, self._counts.seconds_left((what, who)))
