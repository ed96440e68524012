"""GET …/events: tells an open page when there is something new in its conversation."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from random import SystemRandom

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event

from bot.bootstrap import Application
from bot.platforms import webchat
from bot.telemetry.logging import cause
from bot.views.inbox import pending_news
from core.messaging import conversations
from webhooks.network import network
from webhooks.paths import ROOTS
from webhooks.web.urls import Here

log = structlog.get_logger()

LOOK_SECONDS = 1.0
"""How often it is looked for news; one query for all the pages that are open."""

BEAT_SECONDS = 25.0
"""How often a silent stream shows that it lives: proxies cut what is silent for longer."""

PER_ADDRESS = 200
"""Streams of one network address: a town hall's own, but not all that a machine can bear."""

News = tuple[int, bool]


class EventStreams:
    """The streams of this process, and the one task that looks for their news."""

    def __init__(self, application: Application) -> None:
        self._wiring = application
        self._open: dict[int, set[asyncio.Queue[News | None]]] = {}
        self._told: dict[int, News] = {}
        self._addresses: Counter[str] = Counter()
        self._closing = False

    async def look_forever(self) -> None:
        """Look for news, as long as anybody wants any."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except Exception as error:
                log.error("looking for news failed", **cause(error))
                await asyncio.sleep(BEAT_SECONDS)

    async def _look(self) -> None:
        if not self._open:
            return
        ids, now = list(self._open), self._wiring.services.clock()
        found = await self._wiring.database.read(lambda session: pending_news(session, ids, now))
        for conversation, new in found.items():
            queues = self._open.get(conversation)  # all may have gone meanwhile
            if queues and self._told.get(conversation) != new:
                self._told[conversation] = new
                for queue in queues:
                    queue.put_nowait(new)

    def close(self) -> None:
        """End every stream, for the server goes; its pages will ask again."""
        self._closing = True
        for queues in self._open.values():
            for queue in queues:
                queue.put_nowait(None)

    async def events(self, conversation: int, address: str) -> AsyncIterator[bytes]:
        """Return the news of a conversation: first what it is now, then whatever changes."""
        queue: asyncio.Queue[News | None] = asyncio.Queue()
        self._open.setdefault(conversation, set()).add(queue)
        self._addresses[address] += 1
        # Whoever comes is told how things are, and so is everybody else of that conversation.
        self._told.pop(conversation, None)
        try:
            # Spread, for after a restart all of them come back.
            yield format_sse_event(retry=SystemRandom().randint(2000, 10_000))
            while not self._closing:
                try:
                    async with asyncio.timeout(BEAT_SECONDS):
                        new = await queue.get()
                except TimeoutError:
                    yield format_sse_event(comment="")
                    continue
                if new is None:
                    return
                last, owed = new
                yield format_sse_event(event="news", data_str=f"{last} {owed:d}")
        finally:
            self._addresses[address] -= 1
            self._addresses += Counter()  # drops what is zero
            self._open[conversation].discard(queue)
            if not self._open[conversation]:
                del self._open[conversation]
                self._told.pop(conversation, None)

    def full(self, address: str) -> bool:
        """Return whether that address has as many streams as it may."""
        return self._addresses[address] >= PER_ADDRESS


def routes(application: Application, streams: EventStreams) -> APIRouter:
    """Return the streams of every page."""
    router = APIRouter(include_in_schema=False)

    async def events(request: Request, here: Here) -> Response:
        token = here.token(request)
        if token is None:
            return Response(status_code=204)  # which tells a browser not to ask again
        who = webchat.sender(token, application.services.registry)
        found = await application.database.read(
            lambda session: conversations.find(session, who.account, who.address)
        )
        if found is None:
            return Response(status_code=204)
        source = network(request.client.host) if request.client else ""
        if streams.full(source):
            raise HTTPException(429, "That network address has too many event streams open.")
        return EventSourceResponse(
            streams.events(found.id, source),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    for root in ROOTS:
        router.get(f"{root}/events")(events)
    return router
