"""The commands `rantevou close`, `open` and `closures`: closures and extra openings."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.days import parse_day
from bot.cli.in_way import Yes, ask, plan_lines
from bot.cli.office import office_command
from bot.cli.table import echo_table
from core.actor import OPERATOR
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.cli.office import OfficeCommand
    from core.bookings.closures.request import ExceptionRequest
    from core.bookings.closures.service import Ended
    from core.db.models import ExceptionKind

Municipality = Annotated[str, typer.Argument(help="The id of a municipality.")]
From = Annotated[datetime, typer.Argument(metavar="FROM", parser=parse_day, help="The first day.")]
OptionalFrom = Annotated[
    datetime | None, typer.Argument(metavar="[FROM]", parser=parse_day, help="The first day.")
]
To = Annotated[
    datetime | None,
    typer.Argument(metavar="[TO]", parser=parse_day, help="The last day; the first, if not given."),
]
Branch = Annotated[str | None, typer.Option(help="Only this branch.")]
Desk = Annotated[str | None, typer.Option(help="Only this desk: BRANCH/DESK.")]
Hours = Annotated[
    str | None, typer.Option(help="Of each day, such as 10:00-12:00, local; all day, if not given.")
]
Reason = Annotated[str | None, typer.Option(help="Citizens are told.")]
Number = Annotated[int | None, typer.Option(help="What ends, as `closures` shows it.")]

_KINDS = {"closure": "closure", "opening": "extra opening"}

LIST = ("number", "what", "where", "from", "to", "hours", "reason", "by")


def close(
    municipality: Municipality,
    first: From,
    last: To = None,
    branch: Branch = None,
    desk: Desk = None,
    hours: Hours = None,
    reason: Reason = None,
    yes: Yes = False,
) -> None:
    """Close a municipality, a branch or a desk for some time.

    The bookings in the way are shown, and you are asked: each goes to another desk of its branch
    that is free at the same time, or another time is offered to its citizen.
    """
    from core.db.models import ExceptionKind

    with office_command() as command:
        asked = _asked(
            ExceptionKind.CLOSURE, municipality, first, last, branch, desk, hours, reason
        )
        _make(command, asked, yes)


def extra_opening(
    municipality: Municipality,
    first: OptionalFrom = None,
    last: To = None,
    branch: Branch = None,
    desk: Desk = None,
    hours: Hours = None,
    number: Number = None,
    yes: Yes = False,
) -> None:
    """Make an extra opening of a municipality, a branch or a desk; or end one, or a closure.

    An extra opening is for all that its desks serve, also on a public holiday. When a closure ends,
    the offers that citizens haven't accepted are withdrawn, and their appointments stand; when an
    opening ends, its bookings are in the way as those of a closure.
    """
    from core.bookings.closures import service as closures
    from core.db.models import ExceptionKind

    if (number is None) == (first is None):
        raise ConfigurationError("Give either FROM and --hours, or the --number of what ends.")
    with office_command() as command:
        if number is not None:
            command.zone(municipality)
            lines = command.run(
                lambda session, now: plan_lines(
                    closures.preview_end(
                        session, command.registry, OPERATOR, municipality, number, now
                    ),
                    now,
                )
            )
            if lines and not yes:
                ask("\n".join(lines), "Go on?")
            said = command.run(
                lambda session, now: _ended(
                    closures.withdraw(
                        session, command.registry, OPERATOR, municipality, number, now
                    ),
                    now,
                ),
                alone=True,
            )
            typer.echo("\n".join([f"Number {number} has ended.", *said]))
        elif first is not None:
            asked = _asked(ExceptionKind.OPENING, municipality, first, last, branch, desk, hours)
            _make(command, asked, yes)


def _ended(ended: "Ended", now: datetime) -> list[str]:
    """Return what becomes of the offers of a closure, or the bookings of an opening, in lines."""
    withdrawn = [f"Offers of another time that end: {ended.withdrawn}"] * bool(ended.withdrawn)
    return [*withdrawn, *plan_lines(ended.plan, now)]


def list_closures(municipality: Municipality) -> None:
    """List the closures and extra openings that aren't over; the catalogue's aren't in it."""
    from core.bookings.closures import listing

    with office_command() as command:
        found = command.run(
            lambda session, now: listing.list_exceptions(
                session, command.registry, OPERATOR, municipality, now
            )
        )
    rows = [
        (
            str(each.id),
            each.asked.kind,
            each.asked.desk or each.asked.branch or "-",
            f"{each.asked.first}",
            f"{each.asked.last}",
            f"{each.asked.start}-{each.asked.end}" if each.asked.start else "-",
            each.asked.reason or "-",
            each.made_by or "operator",
        )
        for each in found
    ]
    echo_table(LIST, rows, f"There are no closures or extra openings at {municipality}.")


def _asked(
    kind: "ExceptionKind",
    municipality: str,
    first: datetime,
    last: datetime | None,
    branch: str | None,
    desk: str | None,
    hours: str | None,
    reason: str | None = None,
) -> "ExceptionRequest":
    from core.bookings.closures.request import ExceptionRequest

    if branch and desk:
        raise ConfigurationError("Give --branch or --desk, not both: a desk is BRANCH/DESK.")
    start = end = None
    if hours is not None:
        given = re.fullmatch(r"(([01]\d|2[0-3]):[0-5]\d)-(([01]\d|2[0-3]):[0-5]\d|24:00)", hours)
        if not given:
            raise ConfigurationError(f"--hours: {hours!r}; hours such as 10:00-12:00 are expected")
        start, end = given[1], given[3]
    return ExceptionRequest(
        kind,
        municipality,
        first.date(),
        (last or first).date(),
        start,
        end,
        branch,
        desk,
        reason,
    )


def _make(command: "OfficeCommand", asked: "ExceptionRequest", yes: bool) -> None:
    """Show what becomes of the bookings in the way, ask, and close or open."""
    from core.bookings.closures import service as closures
    from core.errors import ClosedThen

    try:
        lines = command.run(
            lambda session, now: plan_lines(
                closures.preview(session, command.registry, OPERATOR, asked, now), now
            )
        )
        if lines and not yes:
            ask("\n".join(lines), "Go on?")
        number, done = command.run(
            lambda session, now: (
                (made := closures.make(session, command.registry, OPERATOR, asked, now)).id,
                plan_lines(made.plan, now),
            ),
            alone=True,
        )
    except ClosedThen as refused:
        first = f"rantevou open {asked.municipality_id} --number {refused.number}"
        raise ConfigurationError(f"{command.say(refused.text)} First: {first}") from None
    typer.echo("\n".join([f"The {_KINDS[asked.kind]} is made, number {number}.", *done]))
