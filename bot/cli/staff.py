"""The commands `rantevou staff`: members, their accounts, their rooms, and what they did."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import office_command
from bot.cli.table import echo_table
from core.actor import OPERATOR, Role
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from core.staff.record import RecordEntry

staff = typer.Typer(
    help="The people of the town hall: who may see and do what, and what they did.",
    epilog="Example: rantevou staff list",
    no_args_is_help=True,
)

MAX_ID = 2**63 - 1
Name = Annotated[str, typer.Argument(help="As their colleagues know them.")]
RoleOption = Annotated[
    Role,
    typer.Option(
        help="An employee serves service groups and desks, a manager a municipality, an operator "
        "all."
    ),
]
Municipality = Annotated[
    str | None, typer.Option(help="Its id; not needed where only one is loaded.")
]
Groups = Annotated[list[str] | None, typer.Option("--group", help="A service group's id.")]
Desks = Annotated[list[str] | None, typer.Option("--desk", help="A desk, as BRANCH/DESK.")]
Group = Annotated[str | None, typer.Option(help="Of this service group only.")]
Desk = Annotated[str | None, typer.Option(help="Of this desk only, as BRANCH/DESK.")]
Account = Annotated[
    str | None,
    typer.Option(
        help="A channel of Slack or Mattermost, such as slack:town, or an account of e-mail, "
        "such as email:town. It needs no code."
    ),
]
Address = Annotated[
    str | None, typer.Option("--to", help="The e-mail address, with --account email:town.")
]
MemberId = Annotated[
    int, typer.Argument(metavar="MEMBER", min=1, max=MAX_ID, help="As `list` shows them.")
]
RoomId = Annotated[
    int, typer.Argument(metavar="ROOM", min=1, max=MAX_ID, help="As `rooms` shows them.")
]
Booking = Annotated[str | None, typer.Option(help="Of the appointment with this code only.")]
Last = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest.")]

TIME = "%Y-%m-%dT%H:%M:%SZ"

RECORD = ("at", "who", "over", "did", "appointment", "municipality", "whom or what", "reason")


@staff.command(epilog='Example: rantevou staff add "Maria Pappa" --role manager')
def add(
    name: Name,
    role: RoleOption,
    municipality: Municipality = None,
    group: Groups = None,
    desk: Desks = None,
) -> None:
    """Add a member. --group and --desk, of an employee, may be repeated."""
    from core.staff import members

    with office_command() as command:
        operator = role is Role.OPERATOR
        home = municipality if operator else command.municipality(municipality)
        number = command.run(
            lambda session, now: members.add(
                session,
                command.registry,
                OPERATOR,
                now,
                name=name,
                role=role,
                municipality_id=home,
                groups=group or (),
                desks=desk or (),
            )
        )
    typer.echo(f"Added: {number}. To link their own account: rantevou staff link {number}")


@staff.command("list", epilog="Example: rantevou staff list")
def list_members() -> None:
    """List the members, also those that are disabled."""
    from core.staff import members

    with office_command() as command:
        found = command.run(lambda session, _now: members.list_members(session, OPERATOR))
    rows = [
        (
            str(each.id),
            each.name,
            each.role,
            each.municipality_id or "-",
            ", ".join((*each.groups, *each.desks)) or "-",
            ", ".join(each.accounts) or "-",
            f"disabled {each.disabled_at:%Y-%m-%d}" if each.disabled_at else "active",
        )
        for each in found
    ]
    headings = ("id", "name", "role", "municipality", "serves", "accounts", "status")
    echo_table(headings, rows, "There is nobody yet.")


@staff.command(epilog="Example: rantevou staff disable 3")
def disable(member: MemberId) -> None:
    """Disable a member: their accounts are linked no more; what they did stays in the record."""
    from core.staff import members

    with office_command() as command:
        command.run(lambda session, now: members.disable(session, OPERATOR, member, now))
    typer.echo(f"Disabled: {member}")


@staff.command(epilog="Example: rantevou staff link 3")
def link(member: MemberId) -> None:
    """Make a code by which a member links their own account. It is used once, within an hour."""
    from core.staff import codes

    with office_command() as command:
        code = command.run(
            lambda session, now: codes.make_link_code(
                session, command.registry, OPERATOR, now, member_id=member
            )
        )
    typer.echo(
        f"{codes.format_code(code)}\nWithin an hour, they write to the bot, in their own chat: "
        f"/link {code}"
    )


@staff.command(epilog="Example: rantevou staff room --municipality kalamata --group pronoia")
def room(
    municipality: Municipality = None,
    group: Group = None,
    desk: Desk = None,
    account: Account = None,
    to: Address = None,
) -> None:
    """Make a code that binds a chat of employees. It is used once, within an hour.

    It then learns of the bookings of a whole municipality, or of one service group or desk.
    --account binds a channel of Slack or Mattermost, or with --to an e-mail address, at once, for
    no code can be typed there.
    """
    from core.staff import codes, rooms

    with office_command() as command:
        home = command.municipality(municipality)
        if account is not None:
            address = _check_one_way(account, to, command.registry.accounts)
            bound = command.run(
                lambda session, now: (
                    rooms.bind_one_way(
                        session,
                        command.registry,
                        OPERATOR,
                        now,
                        account=account,
                        municipality_id=home,
                        group=group,
                        desk=desk,
                        address=address,
                    ).id
                )
            )
            typer.echo(
                f"Bound: {bound}. Alerts go there from now on; they can't be acted on there."
            )
            return
        code = command.run(
            lambda session, now: codes.make_room_code(
                session,
                command.registry,
                OPERATOR,
                now,
                municipality_id=home,
                group=group,
                desk=desk,
            )
        )
    typer.echo(
        f"{codes.format_code(code)}\nWithin an hour, somebody writes in the chat, where the bot "
        f"must be a member: /bind {code}"
    )


def _check_one_way(account: str, to: str | None, configured: "Collection[str]") -> str:
    """Return the chat of an account to which we only post. Raises ConfigurationError."""
    from bot.platforms import ONE_WAY
    from core.messaging.routes import EMAIL
    from core.staff.rooms import CHANNEL
    from dialogs.nlu.fields import parse_email
    from dialogs.nlu.parsed import ParseFailure

    platform, _colon, name = account.partition(":")
    if platform not in (*ONE_WAY, EMAIL):
        raise ConfigurationError(
            f"--account: {', '.join(f'{each}:<name>' for each in ONE_WAY)} or {EMAIL}:<name>. "
            "A chat of Telegram is bound by a code, without --account."
        )
    if account not in configured:
        field = "HOST" if platform == EMAIL else "WEBHOOK_URL"
        setting = f"RANTEVOU_{platform}__{name or '…'}__{field}".upper()
        raise ConfigurationError(f"{account} isn't configured: {setting} isn't set.")
    if (to is not None) != (platform == EMAIL):
        raise ConfigurationError(f"--to: an e-mail address, with --account {EMAIL}:<name> only.")
    if to is None:
        return CHANNEL
    address = parse_email(to)
    if isinstance(address, ParseFailure):
        raise ConfigurationError(f"--to: an e-mail address, not {to!r}.")
    return address.value


@staff.command(epilog="Example: rantevou staff rooms")
def rooms() -> None:
    """List the chats of employees that are bound."""
    from core.staff import rooms

    with office_command() as command:
        found = command.run(lambda session, _now: rooms.list_rooms(session, OPERATOR))
    rows = [
        (
            str(each.id),
            each.municipality_id,
            each.group or each.desk or "-",
            each.account,
            each.chat,
            each.topic or "-",
            f"{each.bound_at:%Y-%m-%d}",
        )
        for each in found
    ]
    headings = ("id", "municipality", "of", "account", "chat", "topic", "since")
    echo_table(headings, rows, "No chat is bound.")


@staff.command(epilog="Example: rantevou staff unbind 2")
def unbind(room: RoomId) -> None:
    """Unbind a chat of employees, which learns of nothing any more."""
    from core.staff import rooms

    with office_command() as command:
        command.run(lambda session, now: rooms.unbind(session, OPERATOR, room, now))
    typer.echo(f"Unbound: {room}")


@staff.command(epilog='Example: rantevou staff record --booking "KX7 M2P"')
def record(municipality: Municipality = None, booking: Booking = None, last: Last = 50) -> None:
    """List what staff did, the newest first; times are UTC."""
    from core.bookings import by_staff
    from core.staff import record
    from core.staff.rights import Action

    def read(session: "Session", _now: datetime) -> "Sequence[RecordEntry]":
        if booking is None:
            home = command.municipality(municipality) if municipality else None
            return record.entries(session, OPERATOR, municipality_id=home, limit=last)
        found = by_staff.find(session, command.registry, OPERATOR, Action.LIST_RECORD, booking)
        return record.entries(
            session,
            OPERATOR,
            municipality_id=found.municipality_id,
            booking_id=found.id,
            limit=last,
        )

    with office_command() as command:
        found = command.run(read)
    echo_record(found)


def who(member: str | None, platform: str | None) -> str:
    """Return who of the staff did something: a member's name, or the operator here."""
    return member or ("operator" if platform == OPERATOR.platform else "-")


def _exception(entry: "RecordEntry") -> str:
    """Return the number, the place, the days and the hours of what was closed or opened."""
    row = entry.exception
    if row is None:
        return ""
    place = f"{row.branch}/{entry.desk}" if entry.desk else row.branch
    days = f"{row.first}" if row.first == row.last else f"{row.first} to {row.last}"
    hours = f"{row.start}-{row.end}" if row.start else None
    return " ".join(filter(None, (f"number {row.id}:", place, days, hours)))


def echo_record(entries: "Sequence[RecordEntry]") -> None:
    """Print what staff did, each on a line."""
    from core.bookings.reference import format_code

    rows = [
        (
            f"{each.at:{TIME}}",
            who(each.member, each.platform),
            f"{each.platform}: {each.key}" if each.key else each.platform,
            each.action,
            format_code(each.code) if each.code else "-",
            each.municipality_id or "-",
            _exception(each) or each.of_member or (f"room {each.room_id}" if each.room_id else "-"),
            each.reason or "-",
        )
        for each in entries
    ]
    echo_table(RECORD, rows, "Nothing is recorded.")
