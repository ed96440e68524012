"""The commands `rantevou telegram` and `rantevou doctor`."""

import asyncio
import signal
from typing import TYPE_CHECKING

import typer

from core.errors import Unusable

if TYPE_CHECKING:
    from bot.platforms.telegram import Telegram
    from bot.settings import Settings

telegram = typer.Typer(help="The bots at Telegram.", no_args_is_help=True)


@telegram.command()
def setup() -> None:
    """Tell Telegram the webhook, commands and descriptions of every bot in the settings."""
    from bot.platforms.telegram_setup import set_up
    from bot.settings import read_settings
    from bot.texts import Texts

    settings, texts = read_settings(), Texts()
    if settings.public_url is None:
        raise Unusable(
            "RANTEVOU_PUBLIC_URL isn't set: the https address at which Telegram can reach "
            "Rantevou. Without one, use `rantevou telegram poll`."
        )
    for bot in _bots(settings):
        for line in asyncio.run(set_up(bot, settings.public_url, texts)):
            typer.echo(f"{bot.account}  {line}")


@telegram.command()
def poll() -> None:
    """Ask Telegram for updates and deliver what is owed, where no public address is to be had."""
    from bot.logs import configure
    from bot.platforms.telegram import Telegram
    from bot.platforms.telegram_poll import poll
    from bot.postman import Postman
    from bot.settings import read_settings
    from bot.wiring import load_shipped, wire

    settings = read_settings()
    _bots(settings)
    wiring = wire(settings)
    load_shipped(wiring)
    wiring.check_homes()
    configure()

    async def run() -> None:
        postman, loop = Postman(wiring), asyncio.get_running_loop()
        bots = [bot for bot in wiring.house.platforms.values() if isinstance(bot, Telegram)]
        polling = [asyncio.create_task(poll(wiring, bot)) for bot in bots]

        def end() -> None:
            # What was told and not taken yet is told again.
            for task in polling:
                task.cancel()
            postman.stop()
            for sig in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(sig)  # a second one ends it at once

        for sig in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sig, end)
        names = ", ".join(bot.account for bot in bots)
        typer.echo(f"Rantevou asks Telegram for news of {names}. Ctrl-C stops it.")
        await postman.run()
        await asyncio.gather(*polling, return_exceptions=True)

    asyncio.run(run())
    wiring.database.close()


def doctor() -> None:
    """Say whether the accounts in the settings work, and what to do where they don't."""
    from bot.platforms.telegram_setup import check_up
    from bot.settings import read_settings

    settings, well = read_settings(), True
    for bot in _bots(settings):
        right, wrong = asyncio.run(check_up(bot, settings.public_url))
        for mark, lines in (("ok", right), ("WRONG", wrong)):
            for line in lines:
                typer.echo(f"{bot.account}  {mark}  {line}")
        well = well and not wrong
    if not well:
        raise typer.Exit(1)


def _bots(settings: "Settings") -> "list[Telegram]":
    from bot.platforms import configured
    from bot.platforms.telegram import Telegram
    from bot.texts import Texts

    accounts = configured(settings, Texts()).values() if settings.telegram else ()
    bots = [account for account in accounts if isinstance(account, Telegram)]
    if not bots:
        raise Unusable("No bot is configured: see RANTEVOU_TELEGRAM__… in .env.example.")
    return bots
