"""Limits of the requests a minute of a conversation, an address and a proven caller.

Each process counts its own, in memory: these limits protect the machine. Those that protect
citizens (wrong codes, holds, confirmations) are counted in the database.
"""

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from bot.bootstrap import Application
from bot.platforms import webchat
from core.messaging import conversations
from webhooks.network import client_network

ALL_REQUESTS = 10
"""The limit of all requests of an address, in a conversation's: many share an address."""

PROVEN_REQUESTS = 100
"""The limit of a proven caller, in a conversation's: a platform sends all users' messages."""


class TooManyRequests(HTTPException):
    """A request past a limit; it may be sent again after `Retry-After` seconds."""

    def __init__(self, limit: RateLimitItemPerMinute, what: str, wait: int) -> None:
        super().__init__(
            429,
            f"More than {limit.amount} {what} a minute; wait {wait} seconds.",
            {"Retry-After": str(wait)},
        )


class RequestLimits:
    """The counts of this process. An exempt address has no limit of its own."""

    def __init__(self, application: Application) -> None:
        settings, self._application = application.settings, application
        self._exempt = settings.exempt_addresses
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._single = RateLimitItemPerMinute(settings.requests_per_minute)
        self._all = RateLimitItemPerMinute(settings.requests_per_minute * ALL_REQUESTS)
        self._proven = RateLimitItemPerMinute(settings.requests_per_minute * PROVEN_REQUESTS)

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
            self._has_hits(self._single, what, sender.address)
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

    def check_unknown(self, connection: HTTPConnection) -> None:
        """Count a request that is new or failed, once. Raises TooManyRequests."""
        address = client_network(connection, self._exempt)
        if address is not None and not getattr(connection.state, "counted", False):
            connection.state.counted = True
            self._hit(self._single, "new or failed requests from this address", address)

    def _hit(self, limit: RateLimitItemPerMinute, what: str, who: str) -> None:
        if not self._limiter.hit(limit, what, who):
            reset = self._limiter.get_window_stats(limit, what, who).reset_time
            raise TooManyRequests(limit, what, max(1, round(reset - time.time())))

    def _has_hits(self, limit: RateLimitItemPerMinute, what: str, who: str) -> bool:
        """Return whether it was counted this minute, so that it needn't be looked up again."""
        return self._limiter.get_window_stats(limit, what, who).remaining < limit.amount
