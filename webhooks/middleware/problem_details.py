"""Errors as RFC 9457 problem documents."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.telemetry.logging import cause, traceback_lines
from core.errors import DatabaseUnavailable
from webhooks.paths import loggable

log = structlog.get_logger()

BUSY = "Rantevou is busy just now; send the same message again, and it is taken once."


BODY = "body"
"""The field of an error that is of the whole body."""

NOT_JSON = "Send one JSON object with the header Content-Type: application/json."

NOT_UTF8 = "The body isn't in UTF-8. Encode the JSON as UTF-8."
TOO_DEEP = "The body is nested too deeply, or has too long a number."

A_TIME = "Send a time with its offset, such as 2026-12-03T12:30:00+02:00."
A_DAY = "Send a day, such as 2026-12-03."

WORDS = {
    "missing": "This field is missing.",
    "extra_forbidden": "There is no such field; leave it out.",
    "string_type": "Send a string.",
    "string_too_short": "Send at least {min_length} character.",
    "string_too_long": "Send at most {max_length} characters.",
    "timezone_aware": A_TIME,
    "datetime_type": A_TIME,
    "datetime_from_date_parsing": A_TIME,
    "date_type": A_DAY,
    "date_from_datetime_parsing": A_DAY,
    "date_from_datetime_inexact": A_DAY,
    "int_type": "Send a whole number.",
    "int_parsing": "Send a whole number.",
    "greater_than_equal": "Send at least {ge}.",
    "less_than_equal": "Send at most {le}.",
    "bool_parsing": "Send true or false.",
    "enum": "Send {expected}.",
    "too_short": "Send at least {min_length}.",
    "too_long": "Send at most {max_length}.",
    "string_pattern_mismatch": "Send letters, digits and signs, no control characters.",
    "model_attributes_type": "The body is JSON but no object. Send one object, in braces.",
}
"""The remedy for a client's developer, by pydantic's type of error."""


CODES: Mapping[int, str] = {
    401: "no_valid_key",
    403: "insufficient_scope",
    404: "not_found",
    405: "method_not_allowed",
    409: "running",
    412: "changed",
    413: "too_long",
    422: "invalid",
    428: "if_match_missing",
    429: "too_many_requests",
    500: "failed",
    503: "busy",
}
"""The kind of a problem by its status, where nothing else names it."""

KEY_REUSED = "key_reused"

NOWHERE = "There is nothing at this path."
OF_NO_ROUTE = {404: NOWHERE, 405: "This path takes other methods: the header Allow names them."}
"""The details of what no route answers, in place of Starlette's phrases."""


class ProblemError(HTTPException):
    """An error of a kind that its status doesn't tell."""

    def __init__(self, status: int, detail: str, code: str) -> None:
        super().__init__(status, detail)
        self.code = code


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
    **more: Any,
) -> JSONResponse:
    """Return a problem document; `detail` is for the client's developer."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase}
    body["status"] = status
    if code := code or CODES.get(status):
        body["code"] = code
    return JSONResponse(
        {**body, "detail": detail, **more},
        status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )


def invalid(errors: Iterable[tuple[str, str]]) -> JSONResponse:
    """Return the problem document of invalid fields, given the name and reason of each."""
    listed = [{"field": field, "message": message} for field, message in errors]
    said = (
        each["message"] if each["field"] == BODY else f"{each['field']}: {each['message']}"
        for each in listed
    )
    return problem(422, " ".join(said), errors=listed)


def _field(found: Mapping[str, Any]) -> str:
    """Return the dotted name of the field that an error of pydantic's was found at."""
    if found["type"] == "json_invalid":
        return BODY
    where, *names = found["loc"]
    if where == "query":
        names = names[:1]  # of a parameter that is repeated, too
    name = ".".join(map(str, names)) or BODY
    return name.encode(errors="replace").decode()  # a name may have lone surrogates


def _message(found: Mapping[str, Any], body: object) -> str:
    """Say what to do about an error of pydantic's, without the values, which may be personal."""
    kind, at = found["type"], found["loc"]
    if kind == "json_invalid" and isinstance(body, str):
        before = body[: at[-1]]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        reason = str(found["ctx"]["error"]).removesuffix(" starting at")
        return f"The body isn't JSON: line {line}, column {column}: {reason}."
    if at == (BODY,) and kind == "missing":
        return f"The body is empty. {NOT_JSON}"
    if isinstance(found["input"], bytes):  # FastAPI parses nothing of another type
        return f"The body isn't said to be JSON. {NOT_JSON}"
    if words := WORDS.get(kind):
        return words.format_map(found.get("ctx", {}))
    ours = found.get("ctx", {}).get("error")  # pydantic's message has words before it
    return str(ours) if isinstance(ours, ValueError) else str(found["msg"])


def _methods(app: FastAPI, request: Request) -> list[str]:
    """Return the methods of a request's path; Starlette names those of the first route alone."""
    at_path = (each for each in app.routes if each.matches(request.scope)[0] != Match.NONE)
    routes = (each for each in at_path if isinstance(each, Route))
    return sorted({method for route in routes for method in route.methods or ()})


def install(app: FastAPI) -> None:
    """Have the application answer every error with a problem document."""

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 as registered below
        if error.status_code == 400:  # FastAPI's, for a body that the JSON parser fails on
            is_text = not isinstance(error.__cause__, UnicodeDecodeError)
            return invalid([(BODY, TOO_DEEP if is_text else NOT_UTF8)])
        code = error.code if isinstance(error, ProblemError) else None
        status, detail, headers = error.status_code, error.detail, error.headers
        if status == 405:
            headers = {"Allow": ", ".join(_methods(app, request))}
        if detail == HTTPStatus(status).phrase:
            detail = OF_NO_ROUTE.get(status, detail)
        return problem(status, detail, headers, code)

    async def on_invalid(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 as registered below
        return invalid((_field(found), _message(found, error.body)) for found in error.errors())

    async def on_busy(request: Request, error: Exception) -> JSONResponse:
        log.error("turned away", path=loggable(request.url.path), **cause(error))
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
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log.error(
                "crashed",
                path=loggable(scope["path"]),
                error=type(error).__name__,
                places=traceback_lines(error),
            )
            if started:
                return  # the server closes the connection, so that the client knows
            refusal = problem(
                500, "Something went wrong here. Nothing was changed; please try again."
            )
            await refusal(scope, receive, send)
