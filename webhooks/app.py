"""The application: routes, limits, and the work that recurs."""

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

from bot.postman import Postman
from bot.settings import read_settings
from bot.sweep import sweep_forever
from bot.wiring import Wiring, load_shipped, wire
from webhooks import (
    appointments,
    chat,
    docs,
    documents,
    embed,
    health,
    inbound,
    page,
    problems,
    stream,
)
from webhooks.apologies import Apologies
from webhooks.headers import Headers
from webhooks.limits import Limits
from webhooks.rendering import Renderer
from webhooks.stream import Streams

log = structlog.get_logger()


def create() -> FastAPI:
    """Make the application from the environment; what uvicorn starts."""
    wiring = wire(read_settings())
    load_shipped(wiring)
    return application(wiring)


def application(wiring: Wiring) -> FastAPI:
    """Make the application."""
    streams, renderer = Streams(wiring), Renderer(wiring.house)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(work) for work in (sweep_forever(wiring), streams.look_forever())
        ]
        postman = Postman(wiring)
        delivering = asyncio.create_task(postman.run())
        log.info("server started", process=os.getpid())
        yield
        postman.stop()
        await delivering
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        wiring.database.close()
        log.info("server stopped", process=os.getpid())

    app = FastAPI(
        title="Rantevou",
        version="1",
        summary="Appointments with Greek municipalities, by conversation.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(
        Limits,
        per_minute=wiring.settings.requests_per_minute,
        body_bytes=wiring.settings.body_bytes,
    )
    problems.install(app)
    # Anyone's own page may ask: the token is in the body, and there are no cookies.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["POST"],
        allow_headers=["Content-Type"],
        expose_headers=["Retry-After"],
    )
    for room in (inbound, chat, health):
        app.include_router(room.routes(wiring))
    for room in (page, appointments, documents, embed):
        app.include_router(room.routes(wiring, renderer))
    app.include_router(docs.routes(renderer))
    app.include_router(stream.routes(wiring, streams))
    app.state.streams = streams
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.add_middleware(Apologies, texts=wiring.house.texts, templates=renderer.templates)
    app.add_middleware(Headers, framed_by=wiring.settings.embed_origins)
    app.add_middleware(GZipMiddleware)
    return app
