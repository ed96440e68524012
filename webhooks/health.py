"""GET /healthz, /readyz and /metrics: for whoever watches over the program."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, Metric
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.metrics import standing
from bot.wiring import Wiring
from core import backlog, guard
from core.database import REVISIONS, revision_of
from core.errors import Busy, LostRace
from webhooks.places import READY
from webhooks.problems import problem

T = TypeVar("T")

OK = {"status": "ok"}

PATIENCE_SECONDS = 3
"""How long the database may take to answer."""


def routes(wiring: Wiring) -> APIRouter:
    """The three of them."""
    router = APIRouter(include_in_schema=False)
    house = wiring.house

    async def look(fn: Callable[[Session], T], otherwise: T) -> T:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await wiring.database.read(fn)
        except (Busy, LostRace, SQLAlchemyError, TimeoutError):
            return otherwise

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return OK

    @router.get(READY)
    async def readyz() -> Response:
        wrong = await look(lambda s: _wrong(s, wiring), ["The database can't be used just now."])
        return problem(503, " ".join(wrong)) if wrong else JSONResponse(OK)

    @router.get("/metrics")
    async def metrics() -> Response:
        # Without the database what was counted is told all the same.
        nothing: list[Metric] = []
        stands = await look(lambda s: standing(s, house.platforms, house.clock()), nothing)
        return Response(wiring.metrics.text(stands), media_type=CONTENT_TYPE_LATEST)

    return router


def _wrong(session: Session, wiring: Wiring) -> list[str]:
    """What keeps the program from doing its work, a sentence each."""
    connection, house = session.connection(), wiring.house
    revision, wanted = revision_of(connection), REVISIONS[-1]
    if revision != wanted:
        return [f"The database is at revision {revision}, and this program needs {wanted}."]
    wrong = []
    if lost := guard.missing(connection):
        wrong.append(f"The database lacks its overlap guard ({', '.join(lost)}).")
    now, patience = house.clock(), wiring.settings.ready_seconds
    oldest = backlog.oldest_owed(session, house.platforms, now)
    if oldest and (age := round((now - oldest).total_seconds())) > patience:
        wrong.append(f"The oldest owed message is due for {age} seconds, more than {patience}.")
    return wrong
