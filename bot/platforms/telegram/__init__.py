"""Telegram: updates by webhook or long polling, questions with buttons under them (Bot API)."""

from typing import TYPE_CHECKING

from bot.platforms.package import PlatformPackage
from bot.platforms.telegram.settings import TelegramAccount

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform


def create(account: str, settings: TelegramAccount, texts: "Translator") -> "Platform":
    """Return the platform of a bot."""
    from bot.platforms.telegram.adapter import Telegram  # noqa: PLC0415 its library takes a second

    return Telegram(account, settings, texts)


PACKAGE = PlatformPackage(
    title="Telegram",
    settings=TelegramAccount,
    create=create,
    setup_help="Register the webhook, commands and descriptions of every bot in the settings.",
    poll_help=(
        "Poll Telegram for updates and deliver messages, without a public address. "
        "Remove the webhook, which `setup` sets."
    ),
)
