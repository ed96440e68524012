"""GET …/events: server-sent events by which an open page learns of new entries."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from random import SystemRandom

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event

from bot.bootstrap import Application
from bot.platforms import webchat
from bot.retry import repeat
from bot.telemetry.logging import cause
from bot.views.inbox import pending_news
from core.messaging import conversations
from webhooks.network import client_network
from webhooks.paths import ROOTS
from webhooks.web.urls import Here

log = structlog.get_logger()

POLL_SECONDS = 1.0
"""The interval at which the database is asked for news, in one query for all open pages."""

KEEPALIVE_SECONDS = 25.0
"""After how long without an event a comment is sent: proxies close idle connections."""

ERROR_SECONDS = 25.0
"""The pause after a query that failed."""

RECONNECT_MILLISECONDS = (2_000, 10_000)
"""Before a page connects again; at random, for all do so when the server restarts."""

MAX_STREAMS_PER_NETWORK = 200
"""Streams of one network: enough for a town hall, less than a server can hold open."""

News = tuple[int, bool]
"""The number of a conversation's last entry, and whether a notification is due to it."""


class EventStreams:
    """The open streams of this process, and the one task that polls for their news."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._queues: dict[int, set[asyncio.Queue[News | None]]] = {}
        self._last_sent: dict[int, News] = {}
        self._networks: Counter[str] = Counter()
        self._closing = False

    async def poll_forever(self) -> None:
        """Poll for news until cancelled; an error is logged and ends nothing."""

        def report(error: Exception) -> None:
            log.error("looking for news failed", **cause(error))

        await repeat(self._poll, report, every=POLL_SECONDS, after_error=ERROR_SECONDS)

    async def _poll(self) -> None:
        if not self._queues:
            return
        application, ids = self._application, list(self._queues)
        now = application.services.clock()
        found = await application.database.read(lambda session: pending_news(session, ids, now))
        for conversation, news in found.items():
            queues = self._queues.get(conversation)  # its streams may have ended meanwhile
            if queues and self._last_sent.get(conversation) != news:
                self._last_sent[conversation] = news
                for queue in queues:
                    queue.put_nowait(news)

    def close(self) -> None:
        """End every stream, because the server stops; the pages will connect again."""
        self._closing = True
        for queues in self._queues.values():
            for queue in queues:
                queue.put_nowait(None)

    async def events(self, conversation: int, network: str) -> AsyncIterator[bytes]:
        """Yield the news of a conversation as events: at once, then whenever they change."""
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
                last, is_due = news
                yield format_sse_event(event="news", data_str=f"{last} {is_due:d}")
        finally:
            self._networks[network] -= 1
            self._networks += Counter()  # drops what is zero
            self._queues[conversation].discard(queue)
            if not self._queues[conversation]:
                del self._queues[conversation]
                self._last_sent.pop(conversation, None)

    def is_full(self, network: str) -> bool:
        """Return whether that network has as many streams as it may."""
        return self._networks[network] >= MAX_STREAMS_PER_NETWORK


def routes(application: Application, streams: EventStreams) -> APIRouter:
    """Return the routes of each page's event stream."""
    router = APIRouter(include_in_schema=False)

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
        source = client_network(request) or ""
        if streams.is_full(source):
            raise HTTPException(429, "That network address has too many event streams open.")
        return EventSourceResponse(
            streams.events(found.id, source),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    for root in ROOTS:
        router.get(f"{root}/events")(events)
    return router
