"""The commands `rantevou telegram`, `rantevou viber` and `rantevou doctor`."""

import asyncio
import signal
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import typer

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.platforms.base import Platform
    from bot.settings import Settings

T = TypeVar("T")

telegram = typer.Typer(help="The bots at Telegram.", no_args_is_help=True)
viber = typer.Typer(help="The bots at Viber.", no_args_is_help=True)


@telegram.command("setup")
def telegram_setup() -> None:
    """Tell Telegram the webhook, commands and descriptions of every bot in the settings."""
    from bot.i18n.translator import Translator
    from bot.platforms.telegram.adapter import Telegram
    from bot.platforms.telegram.setup import set_up
    from bot.settings import read_settings

    settings, texts = read_settings(), Translator()
    bots = _bots(settings, Telegram)
    url = _public_url(settings, "Telegram", " Without one, use `rantevou telegram poll`.")
    _each({bot.account: set_up(bot, url, texts) for bot in bots})


@viber.command("setup")
def viber_setup() -> None:
    """Tell Viber the webhook of every bot in the settings; `rantevou serve` must run meanwhile."""
    from bot.platforms.viber.adapter import Viber
    from bot.platforms.viber.setup import set_up
    from bot.settings import read_settings

    settings = read_settings()
    bots = _bots(settings, Viber)
    url = _public_url(settings, "Viber")
    _each({bot.account: set_up(bot, url) for bot in bots})


@telegram.command()
def poll() -> None:
    """Ask Telegram for updates and deliver what is owed, where no public address is to be had."""
    from bot.bootstrap import bootstrap, load_shipped
    from bot.ops.cleanup import clean_up_forever
    from bot.platforms.telegram.adapter import Telegram
    from bot.platforms.telegram.polling import poll
    from bot.settings import read_settings
    from bot.telemetry.logging import configure

    settings = read_settings()
    bots = _bots(settings, Telegram)
    application = bootstrap(settings)
    load_shipped(application)
    application.check_homes()
    configure()

    async def run() -> None:
        worker, loop = application.delivery_worker(), asyncio.get_running_loop()
        polling = [asyncio.create_task(poll(bot, application.take)) for bot in bots]
        cleaning = clean_up_forever(
            application.database, application.services, application.settings.keep_replies
        )
        polling.append(asyncio.create_task(cleaning))

        def end() -> None:
            # What was told and not taken yet is told again.
            for task in polling:
                task.cancel()
            worker.stop()
            for sig in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(sig)  # a second one ends it at once

        for sig in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sig, end)
        names = ", ".join(bot.account for bot in bots)
        typer.echo(f"Rantevou asks Telegram for news of {names}. Ctrl-C stops it.")
        await worker.run()
        await asyncio.gather(*polling, return_exceptions=True)

    asyncio.run(run())
    application.database.close()


def doctor() -> None:
    """Say whether the accounts in the settings work, and what to do where they don't."""
    from bot.settings import read_settings

    settings = read_settings()
    bots, well = _configured(settings), True
    if not bots:
        raise ConfigurationError(
            "No bot is configured: see RANTEVOU_TELEGRAM__… and RANTEVOU_VIBER__… in .env.example."
        )
    for account, bot in bots.items():
        right, wrong = asyncio.run(_check_up(bot, settings.public_url))
        _tell(account, [*(f"ok  {line}" for line in right), *(f"WRONG  {line}" for line in wrong)])
        well = well and not wrong
    if not well:
        raise typer.Exit(1)


async def _check_up(bot: "Platform", public_url: str | None) -> tuple[list[str], list[str]]:
    from bot.platforms.telegram import setup as telegram_setup
    from bot.platforms.telegram.adapter import Telegram
    from bot.platforms.viber import setup as viber_setup
    from bot.platforms.viber.adapter import Viber

    match bot:
        case Telegram():
            return await telegram_setup.check_up(bot, public_url)
        case Viber():
            return await viber_setup.check_up(bot, public_url)
    return [], []


def _configured(settings: "Settings") -> "Mapping[str, Platform]":
    from bot.i18n.translator import Translator
    from bot.platforms import build_platforms

    return build_platforms(settings, Translator())


def _bots(settings: "Settings", kind: type[T]) -> list[T]:
    bots: list[T] = [bot for bot in _configured(settings).values() if isinstance(bot, kind)]
    if not bots:
        name = kind.__name__
        raise ConfigurationError(
            f"No bot at {name} is configured: see RANTEVOU_{name.upper()}__… in .env.example."
        )
    return bots


def _public_url(settings: "Settings", platform: str, instead: str = "") -> str:
    if settings.public_url is None:
        raise ConfigurationError(
            f"RANTEVOU_PUBLIC_URL isn't set: the https address at which {platform} can reach "
            f"Rantevou.{instead}"
        )
    return settings.public_url


def _each(setups: "Mapping[str, Coroutine[None, None, list[str]]]") -> None:
    """Set each up, though another fails."""
    wrong = []
    for account, setup in setups.items():
        try:
            _tell(account, asyncio.run(setup))
        except ConfigurationError as reason:
            wrong.append(str(reason))
    if wrong:
        raise ConfigurationError("\n".join(wrong))


def _tell(account: str, lines: Sequence[str]) -> None:
    for line in lines:
        typer.echo(f"{account}  {line}")
