"""Structured logs, one JSON object a line, with ids only: never a text, a name or an address."""

import logging
import sys
from traceback import extract_tb
from typing import Any

import structlog


def configure() -> None:
    """Send our logs and the libraries' warnings to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Places("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def places(error: BaseException) -> list[str]:
    """Where an error came from. Its own text may hold what the citizen wrote, and is left out."""
    return [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]


class _Places(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802 as its parent calls it
        _kind, error, _traceback = ei
        return "\n".join([type(error).__name__, *places(error)])
