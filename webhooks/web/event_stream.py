"""GET …/events: server-sent events by which an open page learns of new entries."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from random import SystemRandom

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event

from bot.bootstrap import Application
from bot.platforms import webchat
from bot.retry import repeat
from bot.telemetry.logging import cause
from bot.views.inbox import pending_news
from core.messaging import conversations
from webhooks.capacity import MAX_STREAMS_PER_NETWORK, max_streams
from webhooks.middleware.request_limits import RequestLimits
from webhooks.network import client_network
from webhooks.web.urls import Here, add_roots, limited_router

log = structlog.get_logger()

POLL_SECONDS = 1.0
"""The interval at which the database is asked for news, in one query for all open pages."""

KEEPALIVE_SECONDS = 25.0
"""After how long without an event a comment is sent: proxies close idle connections."""

ERROR_SECONDS = 25.0
"""The pause after a query that failed."""

RECONNECT_MILLISECONDS = (2_000, 10_000)
"""Before a page connects again; at random, for all do so when the server restarts."""

POLL_MILLISECONDS = (20_000, 40_000)
"""The interval at which a page asks for news while there are too many streams for its own."""

News = tuple[int, bool]
"""The number of a conversation's last entry, and whether a notification is due to it."""

FORGOTTEN: News = (0, False)
"""The last news of a conversation that was ended: its page loads itself anew."""


class EventStreams:
    """The open streams of this process, and the one task that polls for their news."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._queues: dict[int, set[asyncio.Queue[News | None]]] = {}
        self._last_sent: dict[int, News] = {}
        self._networks: Counter[str | None] = Counter()
        self._most = max_streams()
        self._closing = False

    async def poll_forever(self) -> None:
        """Poll for news until cancelled; an error is logged and ends nothing."""

        def report(error: Exception) -> None:
            log.error("looking for news failed", **cause(error))

        await repeat(self._poll, report, every=POLL_SECONDS, after_error=ERROR_SECONDS)

    async def _poll(self) -> None:
        if not self._queues:
            return
        ids = list(self._queues)
        found = await self._news(ids)
        for conversation in ids:
            queues = self._queues.get(conversation)  # its streams may have ended meanwhile
            news = found.get(conversation, FORGOTTEN)
            if queues and self._last_sent.get(conversation) != news:
                self._last_sent[conversation] = news
                for queue in queues:
                    queue.put_nowait(news)
                    if conversation not in found:
                        queue.put_nowait(None)

    def close(self) -> None:
        """End every stream, because the server stops; the pages will connect again."""
        self._closing = True
        for queues in self._queues.values():
            for queue in queues:
                queue.put_nowait(None)

    async def events(self, conversation: int, network: str | None) -> AsyncIterator[bytes]:
        """Yield the news of a conversation as events: at once, then whenever they change.

        Where there are too many streams, in all or of that network (None for one without a limit),
        end after the first: the browser asks again by itself.
        """
        if self._is_full(network):
            yield format_sse_event(retry=SystemRandom().randint(*POLL_MILLISECONDS))
            found = await self._news([conversation])
            yield _event(found.get(conversation, FORGOTTEN))
            return
        queue: asyncio.Queue[News | None] = asyncio.Queue()
        self._queues.setdefault(conversation, set()).add(queue)
        self._networks[network] += 1
        # So that the next poll sends the news to the new stream, changed or not.
        self._last_sent.pop(conversation, None)
        try:
            yield format_sse_event(retry=SystemRandom().randint(*RECONNECT_MILLISECONDS))
            while not self._closing:
                try:
                    async with asyncio.timeout(KEEPALIVE_SECONDS):
                        news = await queue.get()
                except TimeoutError:
                    yield format_sse_event(comment="")
                    continue
                if news is None:
                    return
                yield _event(news)
        finally:
            self._networks[network] -= 1
            self._networks += Counter()  # drops what is zero
            self._queues[conversation].discard(queue)
            if not self._queues[conversation]:
                del self._queues[conversation]
                self._last_sent.pop(conversation, None)

    async def _news(self, conversations: list[int]) -> Mapping[int, News]:
        now = self._application.services.clock()
        return await self._application.database.read(lambda s: pending_news(s, conversations, now))

    def _is_full(self, network: str | None) -> bool:
        """Return whether there are as many streams as there may be, in all or of that network."""
        if self._networks.total() >= self._most:
            log.warning("too many event streams", limit=self._most)
            return True
        if network is not None and self._networks[network] >= MAX_STREAMS_PER_NETWORK:
            log.warning("too many event streams of one network", limit=MAX_STREAMS_PER_NETWORK)
            return True
        return False


def _event(news: News) -> bytes:
    last, is_due = news
    return format_sse_event(event="news", data_str=f"{last} {is_due:d}")


def routes(application: Application, streams: EventStreams, limits: RequestLimits) -> APIRouter:
    """Return the routes of each page's event stream."""
    router = limited_router(limits)
    exempt = application.settings.exempt_addresses

    async def events(request: Request, here: Here) -> Response:
        token = here.token(request)
        if token is None:
            return Response(status_code=204)  # a browser doesn't connect again after this one
        sender = webchat.sender(token, application.services.registry)
        found = await application.database.read(
            lambda session: conversations.find(session, sender.account, sender.address)
        )
        if found is None:
            return Response(status_code=204)
        return EventSourceResponse(
            streams.events(found.id, client_network(request, exempt)),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    router.get("/events")(events)
    return add_roots(router)
