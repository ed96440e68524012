"""GET /healthz for anybody; and /readyz and /metrics for monitoring, on a listener of their own."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, Metric
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.telemetry.metrics import outbox_gauges
from core.db import overlap_guard
from core.db.database import REVISIONS, revision_of
from core.errors import DatabaseUnavailable, RetryTransaction
from core.messaging import outbox_admin
from webhooks.middleware import problem_details
from webhooks.middleware.problem_details import problem

T = TypeVar("T")

OK = {"status": "ok"}

TIMEOUT_SECONDS = 3
"""The time that a query may take."""


def routes() -> APIRouter:
    """Return the route of the check that the process lives, which says nothing else."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return OK

    return router


def build_management(application: Application) -> FastAPI:
    """Return the application of the management listener: the checks and the metrics.

    Its answers name revisions, tables and numbers, which aren't for strangers.
    """
    app = FastAPI(openapi_url=None)
    problem_details.install(app)
    app.router.routes.extend(routes().routes)
    services = application.services

    async def read(fn: Callable[[Session], T], otherwise: T) -> T:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await application.database.read(fn)
        except (DatabaseUnavailable, RetryTransaction, SQLAlchemyError, TimeoutError):
            return otherwise

    @app.get("/readyz")
    async def readyz() -> Response:
        wrong = await read(
            lambda s: _wrong(s, application), ["The database can't be used just now."]
        )
        return problem(503, " ".join(wrong)) if wrong else JSONResponse(OK)

    @app.get("/metrics")
    async def metrics() -> Response:
        # Without the database, the counters are still reported.
        nothing: list[Metric] = []
        gauges = await read(
            lambda s: outbox_gauges(s, services.platforms, services.clock()), nothing
        )
        return Response(application.metrics.text(gauges), media_type=CONTENT_TYPE_LATEST)

    return app


def _wrong(session: Session, application: Application) -> list[str]:
    """Return what is wrong with the database or the delivery, a sentence each."""
    connection, services = session.connection(), application.services
    revision, wanted = revision_of(connection), REVISIONS[-1]
    if revision != wanted:
        return [f"The database is at revision {revision}, and this program needs {wanted}."]
    wrong = []
    if lost := overlap_guard.missing(connection):
        wrong.append(f"The database lacks its overlap guard ({', '.join(lost)}).")
    now, limit = services.clock(), application.settings.ready_seconds
    oldest = outbox_admin.oldest_due(session, services.platforms, now)
    if oldest and (age := round((now - oldest).total_seconds())) > limit:
        wrong.append(f"The oldest owed message is due for {age} seconds, more than {limit}.")
    return wrong
