"""The command `rantevou bookings export`: appointments as a file for the office's programs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.days import parse_day
from bot.cli.office import office_command
from bot.cli.staff import Municipality
from core.actor import OPERATOR
from core.bookings.export_formats import ExportFormat

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.bookings.exports import Export

First = Annotated[
    datetime | None,
    typer.Option("--from", parser=parse_day, metavar="DAY", help="The first day; without it, any."),
]
Last = Annotated[
    datetime | None,
    typer.Option("--to", parser=parse_day, metavar="DAY", help="The last day; without it, any."),
]
Format = Annotated[
    ExportFormat,
    typer.Option("--format", help="For spreadsheets, or a JSON object on each line for programs."),
]
Details = Annotated[bool, typer.Option("--details", help="Also who comes, and what they said.")]


def export(
    file_format: Format = ExportFormat.CSV,
    first: First = None,
    last: Last = None,
    details: Details = False,
    municipality: Municipality = None,
) -> None:
    """Print the appointments as a file, the first ones first, however many there are.

    Those that were cancelled are in it. Of who comes, nothing is, unless `--details` is given.
    """
    from core.bookings import exports

    with office_command() as command:
        home = command.municipality(municipality)
        since, until = first and first.date(), last and last.date()

        def begin(session: "Session", now: datetime) -> "Export":
            return exports.begin(
                session, command.registry, OPERATOR, home, since, until, now, details=details
            )

        asyncio.run(
            _print(exports.export(command.application.database, command.run(begin), file_format))
        )


async def _print(parts: AsyncGenerator[bytes]) -> None:
    async with aclosing(parts):
        async for part in parts:
            typer.echo(part, nl=False)
