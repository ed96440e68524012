"""The commands `rantevou bookings`: a day's list, one booking, and what can be done with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.booking_facts import TIME, facts, state
from bot.cli.bookings_export import export
from bot.cli.days import parse_day
from bot.cli.office import OfficeCommand, office_command
from bot.cli.staff import Municipality, echo_record, who
from bot.cli.table import echo_table
from core.actor import OPERATOR
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from core.actor import Staff
    from core.bookings.booking_details import BookingDetails, Change
    from core.catalogue.registry import Registry
    from core.db.models import Booking
    from core.staff.record import RecordEntry
    from core.staff.rights import Action

    Mark = Callable[[Session, Registry, Staff, Booking, datetime], None]

bookings = typer.Typer(
    help="The appointments, for the technician; what is done is recorded, and citizens are told.",
    epilog="Example: rantevou bookings list",
    no_args_is_help=True,
)

Day = Annotated[
    datetime | None, typer.Option(parser=parse_day, metavar="DAY", help="Today, if not given.")
]
Code = Annotated[str, typer.Argument(help="The code of an appointment.")]
When = Annotated[
    datetime,
    typer.Argument(
        formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], help="In the municipality's time zone."
    ),
]
Reason = Annotated[str, typer.Option(help="The citizen is told.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]

LIST = ("time", "code", "service", "channel", "desk", "state", "arrived", "initials")


@bookings.command(
    "list", epilog="Example: rantevou bookings list --day 2026-12-03 --municipality kalamata"
)
def list_day(day: Day = None, municipality: Municipality = None) -> None:
    """List the appointments of a day: of who comes, the initials only.

    Those that were cancelled are in it; `show` has the details.
    """
    from core.bookings import agenda
    from core.bookings.reference import format_code

    with office_command() as command:
        home = command.municipality(municipality)
        zone = command.zone(home)
        date = (day or command.application.services.clock().astimezone(zone)).date()
        found = command.run(
            lambda session, now: agenda.list_day(
                session, command.registry, OPERATOR, home, date, now
            )
        )
    rows = [
        (
            f"{each.starts_at.astimezone(zone):%H:%M}–{each.ends_at.astimezone(zone):%H:%M}",
            format_code(each.code),
            each.service,
            each.channel,
            each.desk,
            each.state,
            f"{each.arrived_at.astimezone(zone):%H:%M}" if each.arrived_at else "-",
            each.initials or "-",
        )
        for each in found
    ]
    echo_table(LIST, rows, f"There is no appointment on {date:%Y-%m-%d} at {home}.")


bookings.command(epilog="Example: rantevou bookings export --from 2026-12-01")(export)


@bookings.command(epilog='Example: rantevou bookings show "KX7 M2P"')
def show(code: Code) -> None:
    """Show an appointment with its details, who changed it, and what staff did with it."""
    from core.bookings import booking_details
    from core.staff import record

    def read(session: "Session", now: datetime) -> "tuple[BookingDetails, Sequence[RecordEntry]]":
        found = booking_details.show(session, command.registry, OPERATOR, code, now)
        home, number = found.booking.municipality_id, found.booking.id
        done = record.entries(session, OPERATOR, municipality_id=home, booking_id=number)
        return found, done

    with office_command() as command:
        found, done = command.run(read)
        shown = facts(command, found)
        zone = command.zone(found.booking.municipality_id)
    width = max(len(label) for label, _value in shown)
    for label, value in shown:
        typer.echo(f"{label.ljust(width)}  {value}")
    typer.echo()
    echo_table(
        ("when", "change", "by", "over", "fields"),
        [
            (
                f"{each.at.astimezone(zone):{TIME}}",
                each.action,
                "citizen" if each.by_citizen else who(each.member, each.platform),
                each.platform or "-",
                _fields(each, zone),
            )
            for each in found.history
        ],
    )
    typer.echo()
    echo_record(done)


def _fields(change: "Change", zone: "ZoneInfo") -> str:
    """Return what was changed, and of a move from when."""
    names = ", ".join(change.fields) or "-"
    if change.before is None or "starts_at" not in change.fields:
        return names
    return f"{names} from {change.before.starts_at.astimezone(zone):{TIME}}"


@bookings.command(epilog='Example: rantevou bookings cancel "KX7 M2P" --reason "Strike"')
def cancel(code: Code, reason: Reason, yes: Yes = False) -> None:
    """Cancel an appointment that isn't over, and tell the citizen."""
    from core.bookings import by_staff
    from core.staff.rights import Action

    with office_command() as command:
        command.run(lambda _session, _now: by_staff.check_reason(reason))
        shown = _ask(command, Action.CANCEL, code, "Cancel it?", yes)

        def act(session: "Session", now: datetime) -> Sequence[str]:
            booking = by_staff.find(session, command.registry, OPERATOR, Action.CANCEL, code)
            by_staff.cancel(session, command.registry, OPERATOR, booking, now, reason, shown=shown)
            return _notified_on(session, booking, now)

        _report("Cancelled", command.run(act))


@bookings.command(epilog='Example: rantevou bookings move "KX7 M2P" 2026-12-03T10:30')
def move(code: Code, when: When, yes: Yes = False) -> None:
    """Move an appointment that isn't over to another time, and tell the citizen.

    Notice and deadline don't count, openings and other appointments do.
    """
    from core.bookings import by_staff
    from core.staff.rights import Action

    with office_command() as command:
        shown = _ask(command, Action.MOVE, code, f"Move it to {when:{TIME}}?", yes)

        def act(session: "Session", now: datetime) -> Sequence[str] | None:
            booking = by_staff.find(session, command.registry, OPERATOR, Action.MOVE, code)
            start = when.replace(tzinfo=command.zone(booking.municipality_id))
            is_moved = by_staff.move(
                session, command.registry, OPERATOR, booking, start, now, shown=shown
            )
            return _notified_on(session, booking, now) if is_moved else None

        platforms = command.run(act)
    if platforms is None:
        typer.echo("It is at that time already: nothing was changed.")
    else:
        _report("Moved", platforms)


@bookings.command(epilog='Example: rantevou bookings arrived "KX7 M2P"')
def arrived(code: Code) -> None:
    """Mark that the citizen is here, on the day of the appointment."""
    from core.bookings import attendance
    from core.staff.rights import Action

    _mark(Action.ARRIVED, code, attendance.mark_arrived)


@bookings.command(epilog='Example: rantevou bookings came "KX7 M2P"')
def came(code: Code) -> None:
    """Mark that the citizen came, from the start of the appointment on."""
    from core.staff.rights import Action

    _mark_outcome(Action.CAME, code)


@bookings.command(epilog='Example: rantevou bookings no-show "KX7 M2P"')
def no_show(code: Code) -> None:
    """Mark that the citizen didn't come, from the start of the appointment on."""
    from core.staff.rights import Action

    _mark_outcome(Action.NO_SHOW, code)


@bookings.command(epilog='Example: rantevou bookings undo "KX7 M2P"')
def undo(code: Code) -> None:
    """Take back what was marked last (arrived, came, no-show), on the same day."""
    from core.bookings import attendance
    from core.staff.rights import Action

    def take_back(
        session: "Session", registry: "Registry", staff: "Staff", booking: "Booking", now: datetime
    ) -> None:
        marked = attendance.last_mark(booking)
        if marked is None:
            raise ConfigurationError("Nothing is marked of this appointment.")
        attendance.undo(session, registry, staff, booking, marked, now)

    _mark(Action.UNDO, code, take_back)


def _mark_outcome(action: "Action", code: str) -> None:
    from core.bookings import attendance

    _mark(
        action,
        code,
        lambda session, registry, staff, booking, now: attendance.mark_outcome(
            session, registry, staff, booking, action, now
        ),
    )


def _mark(action: "Action", code: str, mark: "Mark") -> None:
    """Do something with the appointment of a code, and print its state."""
    from core.bookings import by_staff

    def act(session: "Session", now: datetime) -> str:
        booking = by_staff.find(session, command.registry, OPERATOR, action, code)
        mark(session, command.registry, OPERATOR, booking, now)
        return state(booking, command.zone(booking.municipality_id))

    with office_command() as command:
        typer.echo(command.run(act))


def _ask(command: OfficeCommand, action: "Action", code: str, question: str, yes: bool) -> datetime:
    """Show an appointment in a line, and ask unless `yes`; return the start that was shown."""
    from core.bookings import by_staff

    def read(session: "Session", _now: datetime) -> "Booking":
        return by_staff.find(session, command.registry, OPERATOR, action, code)

    booking = command.run(read)
    start = booking.starts_at.astimezone(command.zone(booking.municipality_id))
    typer.echo(f"{booking.municipality_id}, {booking.service}: {start:{TIME}}, {booking.state}")
    if not yes:
        typer.confirm(question, abort=True)
    return booking.starts_at


def _notified_on(session: "Session", booking: "Booking", now: datetime) -> Sequence[str]:
    from core.messaging.notifications import notified_on

    return notified_on(session, booking, now)


def _report(done: str, platforms: Sequence[str]) -> None:
    """Print what was done, and how the citizen is told."""
    if platforms:
        typer.echo(f"{done}. The citizen is told on: {', '.join(platforms)}.")
    else:
        typer.echo(f"{done}. Nothing reaches the citizen: please call them.")
