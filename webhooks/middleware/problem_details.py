"""Errors as RFC 9457 problem documents."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.telemetry.logging import cause, traceback_lines
from core.errors import DatabaseUnavailable

log = structlog.get_logger()

BUSY = "Rantevou is busy just now; send the same message again, and it is taken once."


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return a problem document; `detail` is for the client's developer."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return JSONResponse(
        {**body, "detail": detail, **more},
        status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )


def invalid(errors: Iterable[tuple[str, str]]) -> JSONResponse:
    """Return the problem document of invalid fields, given the name and reason of each."""
    listed = [{"field": field, "message": message} for field, message in errors]
    return problem(422, "The request isn't as expected.", errors=listed)


def _field(location: Sequence[str | int]) -> str:
    """Return the dotted name of the field at that location of a request."""
    name = ".".join(map(str, location[1:])) or "body"
    return name.encode(errors="replace").decode()  # a name may have lone surrogates


def install(app: FastAPI) -> None:
    """Have the application answer every error with a problem document."""

    async def on_http(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 as registered below
        if error.status_code == 400:  # FastAPI's, for a body that the JSON parser fails on
            return invalid([("body", "JSON in UTF-8, not deeply nested")])
        return problem(error.status_code, error.detail, error.headers)

    async def on_invalid(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 as registered below
        # Without the values, which may be personal.
        return invalid(
            ("body" if found["type"] == "json_invalid" else _field(found["loc"]), found["msg"])
            for found in error.errors()
        )

    async def on_busy(request: Request, error: Exception) -> JSONResponse:
        log.error("turned away", path=request.url.path, **cause(error))
        return problem(503, BUSY, {"Retry-After": "5"})

    app.add_exception_handler(DatabaseUnavailable, on_busy)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_middleware(_UnexpectedErrors)


class _UnexpectedErrors:
    """ASGI middleware: answers unexpected errors; the server would log their personal data."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log.error(
                "crashed",
                path=scope["path"],
                error=type(error).__name__,
                places=traceback_lines(error),
            )
            refusal = problem(
                500, "Something went wrong here. Nothing was changed; please try again."
            )
            await refusal(scope, receive, send)
