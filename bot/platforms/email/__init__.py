"""E-mail about appointments, by a mail server that speaks SMTP. Nobody is answered."""

from typing import TYPE_CHECKING

from bot.platforms.email.settings import EmailAccount
from bot.platforms.package import PlatformPackage

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform


def create(account: str, settings: EmailAccount, texts: "Translator") -> "Platform":
    """Return the platform of an account."""
    from bot.platforms.email.adapter import Email  # noqa: PLC0415 only where used

    return Email(account, settings, texts)


PACKAGE = PlatformPackage(title="E-mail", settings=EmailAccount, create=create)
