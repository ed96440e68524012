"""Viber: events by webhook, a keyboard below the chat that each question replaces (REST API)."""

from typing import TYPE_CHECKING

from bot.platforms.package import PlatformPackage
from bot.platforms.viber.settings import ViberAccount

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform


def create(account: str, settings: ViberAccount, texts: "Translator") -> "Platform":
    """Return a bot's platform."""
    from bot.platforms.viber.adapter import Viber  # noqa: PLC0415 only where it is used

    return Viber(account, settings, texts)


PACKAGE = PlatformPackage(
    title="Viber",
    settings=ViberAccount,
    create=create,
    setup_help="Tell Viber the webhook of every bot in the settings; `rantevou serve` must run"
    " meanwhile.",
)
