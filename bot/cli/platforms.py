"""The commands of the platforms, such as `rantevou telegram setup`, and `rantevou doctor`."""

import asyncio
import signal
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from bot.cli.office import echo_if_new
from bot.cli.progress import PREPARING, progress
from bot.platforms import PLATFORMS, WITHOUT_COMMANDS, build_platforms, load
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.platforms.base import Platform
    from bot.settings import Settings


BOTS = [platform for platform in PLATFORMS if platform not in WITHOUT_COMMANDS]
"""The platforms that have commands."""

CHECK_SECONDS = 10
"""The seconds that `doctor` waits for the server's answer."""


class PlatformGroup(TyperGroup):
    """Commands, and a group for each platform, which is imported only when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """List the platforms' groups after the other groups and commands."""
        return [*super().list_commands(ctx), *BOTS]

    def invoke(self, ctx: Any) -> Any:
        """Run a command; say what is wrong with a choice without pydantic's name of the error."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            # Typer's words are pydantic's, with control characters escaped; the cause's aren't.
            error.message = error.message.removeprefix("Value error, ")
            raise

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or a platform's group."""
        if cmd_name in BOTS:
            return typer.main.get_command(_commands(cmd_name))
        return super().get_command(ctx, cmd_name)


def _commands(platform: str) -> typer.Typer:
    package = load(PLATFORMS[platform])
    group = typer.Typer(
        name=platform,
        help=f"The bots at {package.title}.",
        epilog=f"Example: rantevou {platform} {'setup' if package.setup_help else 'poll'}",
        no_args_is_help=True,
        add_completion=False,
    )
    group.callback()(lambda: None)  # or a group of one command would be that command
    if package.setup_help:
        setup = group.command(
            "setup", help=package.setup_help, epilog=f"Example: rantevou {platform} setup"
        )
        setup(lambda: _set_up(platform))
    if package.poll_help:
        poll = group.command(
            "poll", help=package.poll_help, epilog=f"Example: rantevou {platform} poll"
        )
        poll(lambda: _poll(platform))
    return group


def _set_up(platform: str) -> None:
    from bot.settings import read_settings

    settings, package = read_settings(PLATFORMS), load(PLATFORMS[platform])
    accounts = _accounts(settings, platform)
    if settings.public_address is None:
        instead = f" Without one, use `rantevou {platform} poll`." if package.poll_help else ""
        raise ConfigurationError(
            f"RANTEVOU_PUBLIC_URL isn't set: the https address at which {package.title} can reach "
            f"Rantevou.{instead}"
        )
    _run_each({each.account: each.set_up(settings.public_address) for each in accounts})


def _poll(platform: str) -> None:
    from bot.bootstrap import bootstrap, load_shipped
    from bot.ops.cleanup import clean_up_forever
    from bot.ops.code_requests import send_codes_forever
    from bot.ops.day_lists import list_days_forever
    from bot.ops.time_offers import make_offers_forever
    from bot.platforms.base import PollingPlatform
    from bot.settings import read_settings
    from bot.telemetry.logging import configure

    settings = read_settings(PLATFORMS)
    _accounts(settings, platform)
    with progress(PREPARING):
        application = bootstrap(settings, create=True)
        load_shipped(application)
        application.check_municipalities()
    echo_if_new(application)
    configure()
    accounts = {
        account: each
        for account, each in application.services.platforms.items()
        if isinstance(each, PollingPlatform) and account.startswith(f"{platform}:")
    }

    async def run() -> None:
        worker, loop = application.delivery_worker(), asyncio.get_running_loop()
        polling = [
            asyncio.create_task(each.poll(application.handle_webhook, application.answer_later))
            for each in accounts.values()
        ]
        cleaning = clean_up_forever(
            application.database, application.services, settings.keep_replies
        )
        listing = list_days_forever(application.database, application.services)
        offering = make_offers_forever(application.database, application.services)
        sending = send_codes_forever(application.database, application.services)
        works = (cleaning, listing, offering, sending)
        polling.extend(asyncio.create_task(work) for work in works)

        def end(*_ended: object) -> None:
            # An update that wasn't handled comes again.
            for task in polling:
                task.cancel()
            worker.stop()
            for sig in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(sig)  # a second signal ends the process at once

        for task in polling:
            task.add_done_callback(end)  # it ended by an error
        for sig in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sig, end)
        title = load(PLATFORMS[platform]).title
        typer.echo(f"Rantevou asks {title} for news of {', '.join(accounts)}. Ctrl-C stops it.")
        await worker.run()
        for ended in await asyncio.gather(*polling, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    try:
        asyncio.run(run())
    finally:
        application.database.close()


def doctor() -> None:
    """Check the server and the accounts in the settings; print what is wrong and what to do.

    Fails where anything is wrong, such as a server that isn't running; having no bot isn't, nor
    having no server where a bot is polled, for then only pages need one. CHECK stands before what
    can't be seen from here, such as what a mail server signs.
    """
    from bot.i18n.translator import Translator
    from bot.platforms.base import PollingPlatform
    from bot.settings import read_settings
    from core.messaging.outbox import platform_of

    settings = read_settings(PLATFORMS)
    accounts = build_platforms(settings.accounts, Translator())
    _echo("settings", [_say_settings()])
    database, is_there = _check_database(settings)
    _echo("database", [database])
    polls = [
        platform_of(account)
        for account, platform in accounts.items()
        if isinstance(platform, PollingPlatform) and settings.public_address is None
    ]
    server, well = _check_server(settings, polls)
    _echo("server", [server])
    well = well and is_there
    if not accounts:
        names = " and ".join(f"RANTEVOU_{platform.upper()}__…" for platform in BOTS)
        _echo("bots", [f"none is configured: see {names} in .env.example"])
    for account, platform in accounts.items():
        found = asyncio.run(platform.check_up(settings.public_address))
        _echo(account, [f"ok  {line}" for line in found.right])
        _echo(account, [f"CHECK  {line}" for line in found.to_do])
        _echo(account, [f"WRONG  {line}" for line in found.wrong])
        well = well and not found.wrong
    if not well:
        raise typer.Exit(1)


def address_of(host: str, port: int) -> str:
    """Return the address at which this machine reaches a listener."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 only compared
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def _say_settings() -> str:
    """Return which file the settings are from: in another folder, there is another, or none."""
    file = Path(".env").absolute()
    if file.is_file():
        return f"of {file} and the environment"
    return f"of the environment only: there is no {file}"


def _check_database(settings: "Settings") -> tuple[str, bool]:
    """Return a line on where the database is, and False where it isn't there."""
    from core.db.database import backend_of

    backend = backend_of(settings.database_url)
    if backend.is_missing:
        return f"WRONG  RANTEVOU_DATABASE_URL: {backend.place} isn't there", False
    return backend.place, True


def _check_server(settings: "Settings", polls: Sequence[str]) -> tuple[str, bool]:
    """Return a line on the server of this machine, and False where something is wrong with it.

    `polls` are the platforms whose bots can only be polled, for which it needn't run.
    """
    import httpx

    port = settings.management_port
    url = f"{address_of(settings.management_host, port)}/readyz"
    try:
        answer = httpx.get(url, timeout=CHECK_SECONDS, trust_env=False)
        if answer.is_success:
            return f"ok  ready: {url}", True
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return f"WRONG  {answer.json()['detail']}", False
    except httpx.ConnectError:
        if polls:
            return (
                f"none runs on this machine: nothing answers at {url}. That is right where only "
                f"`rantevou {polls[0]} poll` runs; for pages, start one.",
                True,
            )
        return f"WRONG  isn't running on this machine: nothing answers at {url}", False
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        pass
    return f"WRONG  {url} isn't answered as Rantevou does: RANTEVOU_MANAGEMENT_PORT={port}", False


def _accounts(settings: "Settings", platform: str) -> "Sequence[Platform]":
    """Return a platform's accounts. Raises ConfigurationError where there is none."""
    from bot.i18n.translator import Translator

    chosen = {
        account: given
        for account, given in settings.accounts.items()
        if account.startswith(f"{platform}:")
    }
    if not chosen:
        raise ConfigurationError(
            f"No bot at {load(PLATFORMS[platform]).title} is configured: "
            f"see RANTEVOU_{platform.upper()}__… in .env.example."
        )
    return list(build_platforms(chosen, Translator()).values())


def _run_each(setups: Mapping[str, Coroutine[None, None, list[str]]]) -> None:
    """Set up each account, also where another one fails."""
    wrong = []
    for account, setup in setups.items():
        try:
            _echo(account, asyncio.run(setup))
        except ConfigurationError as reason:
            wrong.append(str(reason))
    if wrong:
        raise ConfigurationError("\n".join(wrong))


def _echo(account: str, lines: Sequence[str]) -> None:
    for line in lines:
        typer.echo(f"{account}  {line}")
