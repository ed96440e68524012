"""Structured logs: one JSON object a line, with ids only, never personal data."""

import atexit
import json
import logging
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from traceback import extract_tb
from typing import Any

import structlog
from structlog.typing import EventDict

from bot.telemetry.repetitions import Fields, Repetitions
from core.errors import ConfigurationError, DatabaseUnavailable

MAX_REASON = 200
"""The most characters of a provider's explanation that are kept."""

_QUOTED = [
    re.compile(f"{opening}(?:.*{closing}|.*)", re.DOTALL)  # to the last one, or where it is cut off
    for opening, closing in (
        *('""', "``", "«»", "“”", "„“", "<>", "{}"),
        *((r"\[", r"\]"), (r"\(", r"\)"), (r"(?<!\w)['‘]", r"['’](?!\w)")),
    )
]
_REVEALING = [
    # From a word's beginning only, or a long one is looked through from each of its letters.
    re.compile(r"(?<!\S)\S*(?:@|://|www\.)\S*"),  # addresses
    re.compile(r"(?<!\S)\S*[^\x00-\x7f…\s]\S*"),  # what isn't English, as providers write it
    re.compile(r"[+\d][\d\s.-]{5,}\d"),  # telephone and other long numbers
]


def without_quotes(reason: str) -> str:
    """Return a provider's explanation of an error without what it may quote of a message."""
    for pattern in (*_QUOTED, *_REVEALING):
        reason = pattern.sub("…", reason)
    return " ".join(reason.split())[:MAX_REASON]


def configure() -> Callable[[], None]:
    """Write our logs and the libraries' warnings to standard error, the same only so often.

    Return what writes how many lines were left out, for a process that ends without exit handlers.
    """
    stderr = _LossyLogger(sys.stderr)

    def write(fields: Fields) -> None:
        at = datetime.now(UTC).isoformat()
        stderr.msg(json.dumps({**fields, "timestamp": at}, ensure_ascii=False, default=repr))

    repetitions = Repetitions(write)
    atexit.register(repetitions.flush)

    def drop_repeated(_logger: object, _method: str, fields: EventDict) -> EventDict:
        if repetitions.is_too_often(fields):
            raise structlog.DropEvent
        return fields

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            drop_repeated,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_names: stderr,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithoutArguments())
    handler.addFilter(lambda record: not repetitions.is_too_often(_fields(record)))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    return repetitions.flush


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
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        return json.dumps({**_fields(record), "timestamp": at}, ensure_ascii=False)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is said of a library's record."""
    fields: dict[str, Any] = {
        "event": str(record.msg).partition("\n")[0],
        "logger": record.name,
    }
    if record.exc_info and (error := record.exc_info[1]):
        # asyncio shows the arguments of a call in brackets.
        fields["event"] = fields["event"].partition("(")[0]
        fields |= {"error": type(error).__name__, "places": traceback_lines(error)}
    return fields | {"level": record.levelname.lower()}
