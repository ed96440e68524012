"""The application: its routes, its middleware and its background tasks."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from bot.bootstrap import Application, bootstrap, load_shipped
from bot.ops.cleanup import clean_up_forever
from bot.ops.code_requests import send_codes_forever
from bot.ops.day_lists import list_days_forever
from bot.ops.late_receipts import read_receipts_forever
from bot.ops.time_offers import make_offers_forever
from bot.platforms import PLATFORMS
from bot.settings import read_settings
from webhooks import health
from webhooks.api import chat, platforms, reference_page
from webhooks.api.staff.caller import StaffApi
from webhooks.api.staff.examples import keep_nulls
from webhooks.api.staff.router import ROUTERS
from webhooks.middleware import problem_details
from webhooks.middleware.error_pages import ErrorPages
from webhooks.middleware.rate_limit import RateLimit
from webhooks.middleware.request_limits import RequestLimits
from webhooks.middleware.root_path import RestoreRootPath, StripRootPath
from webhooks.middleware.security_headers import SecurityHeaders
from webhooks.web import (
    appointment_pages,
    booking_link,
    embed,
    event_stream,
    join_link,
    legal,
    page,
    reminder_link,
)
from webhooks.web.event_stream import EventStreams
from webhooks.web.html import Renderer

log = structlog.get_logger()

START_SECONDS = 1
"""The seconds before the first of the works of each minute, for requests come first at a start."""


def create_app() -> FastAPI:
    """Return the application of the settings in the environment."""
    application = bootstrap(read_settings(PLATFORMS))
    load_shipped(application)
    # Error pages name the samples, also before anything else was asked for.
    application.database.write_sync(application.services.registry.refresh_without_lock)
    return build_app(application)


def build_app(application: Application) -> FastAPI:
    """Return the application that serves this one over HTTP."""
    settings, streams = application.settings, EventStreams(application)
    renderer = Renderer(
        application.services, root_path=settings.root_path, api_docs=settings.api_docs
    )
    limits = RequestLimits(application)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        database, services = application.database, application.services

        async def each_minute() -> None:
            await asyncio.sleep(START_SECONDS)
            await asyncio.gather(
                clean_up_forever(database, services, settings.keep_replies),
                list_days_forever(database, services),
                read_receipts_forever(database, services),
            )

        periodic = (
            each_minute(),
            make_offers_forever(database, services),
            send_codes_forever(database, services),
            streams.poll_forever(),
        )
        tasks = [asyncio.create_task(work) for work in periodic]
        worker = application.delivery_worker()
        delivering = asyncio.create_task(worker.run())
        log.info("server started", process=os.getpid())
        yield
        worker.stop()
        await delivering
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        application.database.close()
        log.info("server stopped", process=os.getpid())

    app = FastAPI(
        title="Rantevou",
        version="1",
        summary="Appointments with Greek municipalities, by conversation.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.api_docs else None,
    )
    keep_nulls(app)
    if settings.root_path:  # innermost, and again outermost: see there
        app.add_middleware(RestoreRootPath)
    app.add_middleware(RateLimit, limits=limits, body_bytes=settings.body_bytes)
    problem_details.install(app)
    # Any site may call POST /chat/turns: its token is in the body, and it has no cookies.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["POST"],
        allow_headers=["Content-Type"],
        expose_headers=["Retry-After"],
    )
    app.state.staff_api, app.state.streams = StaffApi(application, limits), streams
    routers = [
        platforms.routes(application, limits),
        chat.routes(application, limits),
        *ROUTERS,
        health.routes(),
        page.routes(application, renderer, limits),
        appointment_pages.routes(application, renderer, limits),
        booking_link.routes(application, renderer, limits),
        reminder_link.routes(application, renderer),
        join_link.routes(application, renderer, limits),
        legal.routes(application, renderer),
        embed.routes(application, renderer),
        event_stream.routes(application, streams, limits),
    ]
    if settings.api_docs:
        routers.append(reference_page.routes(renderer, settings.public_address))
    for router in routers:
        # `include_router` reads all signatures again, at the first request: 100 ms.
        app.router.routes.extend(router.routes)
    app.state.management = health.build_management(application)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "web" / "static"))
    app.add_middleware(
        ErrorPages,
        texts=application.services.texts,
        templates=renderer.templates,
        registry=application.services.registry,
    )
    app.add_middleware(SecurityHeaders, framed_by=settings.embed_origins)
    # An export of 200,000 bookings takes 0.75 s, not 2.5 as by the default, and 6.2 MB, not 5.5.
    app.add_middleware(GZipMiddleware, compresslevel=4)
    if settings.root_path:
        app.add_middleware(StripRootPath, root_path=settings.root_path)
    return app
