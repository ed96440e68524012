"""The command `rantevou database`: move an office to PostgreSQL."""

from typing import Annotated

import typer

from bot.cli.progress import progress

database = typer.Typer(
    help="Move the database from SQLite to PostgreSQL.",
    epilog="Example: rantevou database move postgresql://user:password@host/name",
    no_args_is_help=True,
)

Url = Annotated[
    str,
    typer.Argument(
        metavar="URL",
        help="Where to: postgresql://user:password@host/name, of an empty PostgreSQL database.",
    ),
]


@database.callback()
def group() -> None:
    """Keep `move` a command of its own, though it is the only one."""


@database.command(epilog="Example: rantevou database move postgresql://user:password@host/name")
def move(url: Url) -> None:
    """Move everything from SQLite (RANTEVOU_DATABASE_URL) to PostgreSQL.

    Stop every Rantevou first. If it is interrupted, run it again: it goes on where it was.
    """
    from bot.ops.database_move import AGAIN, move_database
    from bot.platforms import PLATFORMS
    from bot.settings import read_settings

    try:
        with progress("Looking at both databases") as report:
            moved = move_database(read_settings(PLATFORMS), url, report)
    except KeyboardInterrupt:
        typer.echo(AGAIN, err=True)
        raise typer.Exit(130) from None  # as a shell counts SIGINT
    if moved.rows is None:
        typer.echo(f"{moved.source} had been moved to {moved.target} already.")
    else:
        typer.echo(
            f"Moved {moved.rows:,} rows from {moved.source} to {moved.target}, and compared each."
        )
    kept = (
        f"kept in PostgreSQL, as it was in {moved.secret_file}"
        if moved.secret_file
        else "RANTEVOU_SECRET, as before"
    )
    typer.echo(f"The secret is {kept}.")
    key = (
        f"RANTEVOU_ENCRYPTION_KEY to what is in {moved.key_file}, start"
        if moved.key_file
        else "leave RANTEVOU_ENCRYPTION_KEY as it is, start"
    )
    typer.echo(
        f"Next: set RANTEVOU_DATABASE_URL to the URL that you have just given, with its password, "
        f"{key} Rantevou, and look at `rantevou doctor`."
    )
    typer.echo(
        f"{moved.source} still has all that was moved, but Rantevou doesn't start on it any more. "
        f"When all is well, delete {' and '.join(filter(None, (moved.source, moved.secret_file)))}."
    )
