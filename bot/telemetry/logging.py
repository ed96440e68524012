"""Structured logs: one JSON object a line, with ids only, never personal data."""

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from traceback import extract_tb
from typing import Any

import structlog

from core.errors import ConfigurationError, DatabaseUnavailable


def configure() -> None:
    """Write our logs and the libraries' warnings to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_names: _LossyLogger(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithoutArguments())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def traceback_lines(error: BaseException) -> list[str]:
    """Return an error's traceback as file:line; its message may hold personal data."""
    return [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]


def cause(error: BaseException) -> dict[str, str]:
    """Return the error's type as a log's fields, and its reason where the message is our own."""
    fields = {"error": type(error).__name__}
    if isinstance(error, DatabaseUnavailable | ConfigurationError):
        fields["reason"] = str(error)
    return fields


class _LossyLogger(structlog.WriteLogger):
    """Loses lines when the disk is full, rather than raising an error.

    Each line is one write, so that the lines of several processes don't mix.
    """

    def msg(self, message: str) -> None:
        """Write a line, if that is possible."""
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = msg


class _WithoutArguments(logging.Formatter):
    """Formats libraries' records without their arguments, which may be personal data."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a line like ours, with the first line of the message's template."""
        fields: dict[str, Any] = {
            "event": str(record.msg).partition("\n")[0],
            "logger": record.name,
        }
        if record.exc_info and (error := record.exc_info[1]):
            # asyncio shows the arguments of a call in brackets.
            fields["event"] = fields["event"].partition("(")[0]
            fields |= {"error": type(error).__name__, "places": traceback_lines(error)}
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        fields |= {"level": record.levelname.lower(), "timestamp": at}
        return json.dumps(fields, ensure_ascii=False)
