"""The telephone, by Twilio: citizens call and are called, and answer by keys or by voice."""

from typing import TYPE_CHECKING

from bot.platforms.package import PlatformPackage
from bot.platforms.voice.settings import VoiceAccount

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform


def create(account: str, settings: VoiceAccount, texts: "Translator") -> "Platform":
    """Return the platform of an account."""
    from bot.platforms.voice.adapter import Voice  # noqa: PLC0415 only where used

    return Voice(account, settings, texts)


PACKAGE = PlatformPackage(title="Telephone", settings=VoiceAccount, create=create)
