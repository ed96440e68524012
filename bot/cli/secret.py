"""The command `rantevou secret`: replace a lost secret."""

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.progress import PREPARING, progress

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.ops.secret_replacement import Replaced

secret = typer.Typer(
    help="The secret that is kept with the database.",
    epilog="Example: rantevou secret replace",
    no_args_is_help=True,
)

Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]

QUESTION = (
    "Every web chat ends, and {where} is worth nothing with a former secret from then on. "
    "Stop every Rantevou on it and make a backup first. Replace the secret?"
)


@secret.callback()
def group() -> None:
    """Keep `replace` a command of its own, though it is the only one."""


@secret.command(epilog="Example: rantevou secret replace --yes")
def replace(yes: Yes = False) -> None:
    """Replace a secret that is lost for good, of which there is no backup.

    The new one is RANTEVOU_SECRET if that is set, and else made and kept in the usual place.
    """
    from bot.ops.secret_replacement import hash_anew
    from bot.platforms import PLATFORMS
    from bot.platforms.sms.settings import SmsAccount
    from bot.secret_key import check_lost, place_of_secret, replace_key
    from bot.settings import read_settings
    from core.catalogue.registry import Registry
    from core.db.database import Database
    from core.messaging.routes import WAITING

    settings = read_settings(PLATFORMS)
    given = settings.given_secret
    accounts = frozenset({*WAITING, *settings.accounts})
    own = {
        account: each.municipality
        for account, each in settings.accounts.items()
        if each.municipality
    }

    two_way = {
        account
        for account, each in settings.accounts.items()
        if isinstance(each, SmsAccount) and each.two_way
    }

    def run(session: "Session") -> "Replaced":
        key = replace_key(session, database, given)
        registry, now = Registry(key, accounts, own), datetime.now(UTC)
        return hash_anew(session, registry, now, report, two_way=two_way)

    with closing(Database(settings.database_url, settings.given_encryption_key)) as database:
        with progress(PREPARING):
            database.prepare(create=False)
            database.write_sync(lambda session: check_lost(session, database, given))
        if not yes:
            typer.confirm(QUESTION.format(where=database.backend.name), abort=True)
        with progress("Hashing anew") as report:
            done = database.write_sync(run)
        where = place_of_secret(database, given)
    typer.echo(f"The secret was replaced. It is in {where}: keep a copy.")
    typer.echo(f"Bookings found by their code and telephone number as before: {done.bookings}")
    typer.echo(
        f"Web chats that ended: {done.web_chats}. Who booked there finds the booking again by its "
        "code and telephone number."
    )
    for account, count in done.suppressed.items():
        again = "START" if account in two_way else "again"
        typer.echo(
            f"Contacts of {account} who are sent nothing but replies until they write {again}: "
            f"{count}. Some had blocked us; it isn't known any more which."
        )
    typer.echo(
        f"Telephone numbers to be proven again by their owners: {done.proven_numbers}. Counts by "
        "network address and of wrong codes by number begin anew."
    )
    typer.echo(f"Accounts of staff to be linked again: {done.staff_accounts}.")
    typer.echo(f"API keys that were revoked, to be made anew: {done.api_keys}.")
    typer.echo("Calendar files fetched before aren't replaced by those of a moved appointment.")
