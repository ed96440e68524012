"""Days as arguments and options of commands."""

import re
from datetime import datetime

import typer


def parse_day(given: str) -> datetime:
    """Return a day that is written as 2026-12-03. Raises BadParameter."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given, re.ASCII):
        raise typer.BadParameter(f"{given!r}: a day such as 2026-12-03 is expected")
    try:
        return datetime.strptime(given, "%Y-%m-%d")  # noqa: DTZ007 a day has no zone
    except ValueError:
        raise typer.BadParameter(f"{given}: there is no such day") from None
