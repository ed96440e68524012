"""The commands `rantevou staff key`: the keys of programs that use the API."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import office_command
from bot.cli.staff import MAX_ID, MemberId
from bot.cli.table import echo_table
from core.actor import OPERATOR, KeyScope

if TYPE_CHECKING:
    from core.staff.api_keys import ListedKey

key = typer.Typer(
    help="The keys of programs that use the API: each acts for a member, with their rights.",
    epilog="Example: rantevou staff key list",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="What it is for; the record names it.")]
Scopes = Annotated[
    list[KeyScope],
    typer.Option("--scope", help="What the program may do. May be repeated."),
]
Days = Annotated[int, typer.Option(min=1, help="For how long it is valid.")]
KeyId = Annotated[
    int, typer.Argument(metavar="KEY", min=1, max=MAX_ID, help="As `list` shows them.")
]

LIST = ("id", "name", "begins", "for", "municipality", "scopes", "status", "last used")


@key.command(epilog='Example: rantevou staff key add 2 "Screen in the hall" --scope read')
def add(member: MemberId, name: Name, scope: Scopes, days: Days = 365) -> None:
    """Make a key, by which a program acts for a member. It is shown once, and kept nowhere.

    read: bookings with initials only; personal: with read, names and details; write: changes;
    statistics: counts; webhooks: addresses that are sent events. For a program of its own,
    add a member for it first.
    """
    from core.staff import api_keys

    with office_command() as command:
        number, made = command.run(
            lambda session, now: api_keys.make(
                session,
                command.registry,
                OPERATOR,
                now,
                member_id=member,
                name=name,
                scopes=scope,
                days=days,
            )
        )
    typer.echo(
        f"{made}\nKey {number}, valid for {days} days. It isn't shown again: put it where only the "
        "program can read it."
    )
    if KeyScope.PERSONAL in scope and KeyScope.READ not in scope:
        typer.echo("It can't list or read appointments: that needs --scope read too.")


@key.command("list", epilog="Example: rantevou staff key list")
def list_keys() -> None:
    """List the keys, also those that are revoked or have expired; times are UTC."""
    from core.staff import api_keys

    with office_command() as command:
        found = command.run(lambda session, _now: api_keys.list_keys(session, OPERATOR))
    now = datetime.now(UTC)
    rows = [
        (
            str(each.id),
            each.name,
            f"{each.prefix}…",
            each.member,
            each.municipality_id or "-",
            ", ".join(each.scopes),
            _status(each, now),
            f"{each.last_used_at:%Y-%m-%dT%H:%MZ}" if each.last_used_at else "-",
        )
        for each in found
    ]
    echo_table(LIST, rows, "There is no key.")


def _status(key: "ListedKey", now: datetime) -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.is_of_disabled:
        return "member disabled"
    return f"{'until' if key.expires_at > now else 'expired'} {key.expires_at:%Y-%m-%d}"


@key.command(epilog="Example: rantevou staff key revoke 3")
def revoke(number: KeyId) -> None:
    """Revoke a key: the program is refused from now on."""
    from core.staff import api_keys

    with office_command() as command:
        command.run(lambda session, now: api_keys.revoke(session, OPERATOR, number, now))
    typer.echo(f"Revoked: {number}")
