"""The bookings in the way of a closure or a catalogue, as the command line shows them, and asks."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

    from core.bookings.closures.displaced import Plan
    from core.db.models import Booking

Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]

MAX_CODES = 20
"""The most bookings that are named in a line."""


def plan_lines(planned: "Plan", now: "datetime", begun: int = 0) -> list[str]:
    """Return what would become of the bookings in the way, in lines; none if there are none."""
    moved = [booking for booking, _desk in planned.moves]
    counted = {
        "Moved to another desk at the same time": moved,
        "Offered another time": planned.in_time(now),
        "Begin in less than two hours, so please call these citizens": planned.too_soon(now),
    }
    lines = [
        f"{what}: {len(bookings)} ({_codes(bookings)})"
        for what, bookings in counted.items()
        if bookings
    ]
    if planned.lost:
        lines.append(f"Offered another time than the one held for them: {len(planned.lost)}")
    return [*lines, *[f"Under way, so left as they are: {begun}"] * bool(begun)]


def _codes(bookings: "Sequence[Booking]") -> str:
    from core.bookings.reference import format_code

    codes = [format_code(booking.code or "") for booking in bookings[:MAX_CODES]]
    return ", ".join(codes) + ", …" * (len(bookings) > MAX_CODES)


def ask(preview: str, question: str) -> None:
    """Show a preview and ask. Raises ConfigurationError where it isn't a terminal."""
    if not sys.stdin.isatty():
        shown = "; ".join(preview.splitlines())
        raise ConfigurationError(f"{shown}. Nothing was changed. To go on, add: --yes")
    typer.echo(preview)
    typer.confirm(question, abort=True)
