"""The messaging platforms, each a package or module."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from bot.accounts import AccountSettings
from bot.platforms.package import PlatformPackage

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform

PLATFORMS = {
    "telegram": "bot.platforms.telegram",
    "viber": "bot.platforms.viber",
    "slack": "bot.platforms.slack",
    "mattermost": "bot.platforms.mattermost",
    "email": "bot.platforms.email",
    "sms": "bot.platforms.sms",
    "voice": "bot.platforms.voice",
}
"""The import path of each platform whose accounts the settings configure; it has a `PACKAGE`.

It is imported only when an account of the platform is configured, or its commands are run.
"""

ONE_WAY = ("slack", "mattermost")
"""The platforms to which we only post, to rooms of staff: they have no commands, and no code is
typed there."""

WITHOUT_COMMANDS = (*ONE_WAY, "email", "sms", "voice")
"""The platforms that have nothing to set up, and can't be asked for messages."""


def load(path: str) -> PlatformPackage:
    """Import a platform and return its `PACKAGE`."""
    package: PlatformPackage = import_module(path).PACKAGE
    return package


def build_platforms(
    accounts: Mapping[str, AccountSettings],
    texts: "Translator",
    platforms: Mapping[str, str] = PLATFORMS,
    public_address: str | None = None,
) -> "Mapping[str, Platform]":
    """Return the platform of each account, by account; the world reaches us at `public_address`."""
    built = {
        account: load(platforms[account.partition(":")[0]]).create(account, settings, texts)
        for account, settings in accounts.items()
    }
    for platform in built.values():
        platform.public_address = public_address
    return built
