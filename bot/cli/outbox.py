"""The commands `rantevou outbox`: list stuck messages, retry them, give them up."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.cli.progress import PREPARING, progress
from bot.cli.table import echo_table

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")

outbox = typer.Typer(
    help="The messages that are stuck.",
    epilog="Example: rantevou outbox retry --all",
    no_args_is_help=True,
)

Ids = Annotated[
    list[int] | None, typer.Argument(min=1, max=2**63 - 1, help="As `list` shows them.")
]
Every = Annotated[bool, typer.Option("--all", help="All that are stuck.")]

HEADINGS = ("id", "account", "kind", "booking", "due", "attempts", "status", "last error")


@outbox.command("list", epilog="Example: rantevou outbox list")
def list_stuck() -> None:
    """List messages that failed, were tried in vain so far, or are overdue."""
    from core.messaging import outbox_admin

    rows = [
        (
            str(row.id),
            row.account,
            row.kind,
            str(row.booking_id or "-"),
            f"{row.due_at:%Y-%m-%dT%H:%M:%SZ}",
            str(row.attempts),
            row.status,
            row.last_error or "-",
        )
        for row in _in_transaction(outbox_admin.stuck)
    ]
    echo_table(HEADINGS, rows, "Nothing is stuck.")


@outbox.command(epilog="Example: rantevou outbox retry 12 14")
def retry(ids: Ids = None, every: Every = False) -> None:
    """Enqueue messages again, as if they had never been tried."""
    from core.messaging import outbox_admin

    chosen = _chosen(ids, every)
    done = _in_transaction(
        lambda session, fetched, now: outbox_admin.retry(session, fetched, now, chosen)
    )
    typer.echo(f"Queued again: {done}")


@outbox.command(epilog="Example: rantevou outbox drop 12 14")
def drop(ids: Ids = None, every: Every = False) -> None:
    """Give messages up."""
    from core.messaging import outbox_admin

    chosen = _chosen(ids, every)
    done = _in_transaction(
        lambda session, fetched, now: outbox_admin.drop(session, fetched, now, chosen)
    )
    typer.echo(f"Given up: {done}")


def _chosen(ids: list[int] | None, every: bool) -> list[int] | None:
    """Return the given ids; None for all."""
    if bool(ids) == every:
        raise typer.BadParameter("either the messages' ids or --all")
    return ids or None


def _in_transaction(fn: "Callable[[Session, str, datetime], T]") -> T:
    """Return the result of a function that is run in a transaction."""
    from bot.bootstrap import bootstrap
    from bot.messages import WEBCHAT
    from bot.platforms import PLATFORMS
    from bot.settings import read_settings

    with progress(PREPARING):
        application = bootstrap(read_settings(PLATFORMS))
    now = application.services.clock()
    with progress("Looking through the messages"), closing(application.database) as database:
        return database.write_sync(lambda session: fn(session, WEBCHAT, now))
