"""Structured logs, one JSON object a line, with ids only: never a text, a name or an address."""

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
    """Send our logs and the libraries' warnings to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_names: _Unstoppable(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Bare())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def traceback_lines(error: BaseException) -> list[str]:
    """Where an error came from. Its own text may hold what the citizen wrote, and is left out."""
    return [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]


def cause(error: BaseException) -> dict[str, str]:
    """What kind of error it is; and why, where that is said in words of our own."""
    said = {"error": type(error).__name__}
    return (
        said | {"reason": str(error)}
        if isinstance(error, DatabaseUnavailable | ConfigurationError)
        else said
    )


class _Unstoppable(structlog.WriteLogger):
    """Where the disk is full that the log is on, a line is lost and nothing else.

    Each line is one write, so that no other's comes between it and its end.
    """

    def msg(self, message: str) -> None:
        """Write it, or don't."""
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = msg


class _Bare(logging.Formatter):
    """What a library has to say, without what it says it of: that may be anything."""

    def format(self, record: logging.LogRecord) -> str:
        """One line like ours: its first words, with no argument filled in."""
        said: dict[str, Any] = {"event": str(record.msg).partition("\n")[0], "logger": record.name}
        if record.exc_info and (error := record.exc_info[1]):
            # asyncio names what it called, and shows in brackets what with.
            said["event"] = said["event"].partition("(")[0]
            said |= {"error": type(error).__name__, "places": traceback_lines(error)}
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        said |= {"level": record.levelname.lower(), "timestamp": at}
        return json.dumps(said, ensure_ascii=False)
