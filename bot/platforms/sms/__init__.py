"""Text messages (SMS) by a gateway: about appointments, and on two-way numbers whole talks."""

from typing import TYPE_CHECKING

from bot.platforms.package import PlatformPackage
from bot.platforms.sms.settings import SmsAccount

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform


def create(account: str, settings: SmsAccount, texts: "Translator") -> "Platform":
    """Return the platform of an account."""
    from bot.platforms.sms.adapter import Sms  # noqa: PLC0415 only where used

    return Sms(account, settings, texts)


PACKAGE = PlatformPackage(title="SMS", settings=SmsAccount, create=create)
