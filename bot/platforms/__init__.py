"""One file each: read, render, send."""

from collections.abc import Mapping

from bot.i18n.translator import Translator
from bot.platforms.base import Platform
from bot.settings import Settings


def build_platforms(settings: Settings, texts: Translator) -> Mapping[str, Platform]:
    """The accounts of platforms that push, by name. What isn't used isn't loaded."""
    accounts: dict[str, Platform] = {}
    if settings.telegram:
        from bot.platforms.telegram import adapter as telegram  # noqa: PLC0415 its library takes a second

        for name, given in settings.telegram.items():
            account = f"{telegram.PLATFORM}:{name}"
            accounts[account] = telegram.Telegram(account, given, texts)
    if settings.viber:
        from bot.platforms.viber import adapter as viber  # noqa: PLC0415 its client is loaded only where used

        for name, of_viber in settings.viber.items():
            account = f"{viber.PLATFORM}:{name}"
            accounts[account] = viber.Viber(account, of_viber, texts)
    return accounts
