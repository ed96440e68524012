"""Errors as RFC 9457 problem documents."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

log = structlog.get_logger()


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Make a problem document; `detail` is for whoever writes the client."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return JSONResponse(
        {**body, "detail": detail, **more},
        status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )


def install(app: FastAPI) -> None:
    """Have every error of the application answered so."""

    async def on_http(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 as registered below
        return problem(error.status_code, error.detail, error.headers)

    async def on_invalid(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 as registered below
        # What was sent stays out of the answer: it may be personal.
        errors = [
            {
                "field": "body"
                if found["type"] == "json_invalid"
                else ".".join(map(str, found["loc"][1:])) or "body",
                "message": found["msg"],
            }
            for found in error.errors()
        ]
        return problem(422, "The request isn't as expected.", errors=errors)

    async def on_crash(request: Request, error: Exception) -> JSONResponse:
        # The kind of error only: its text may hold what the citizen wrote.
        log.error("crashed", path=request.url.path, error=type(error).__name__)
        return problem(500, "Something went wrong here. Nothing was changed; please try again.")

    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_crash)
