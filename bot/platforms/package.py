"""What a platform's package offers, without importing what it needs to work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.accounts import AccountSettings

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform


@dataclass(frozen=True)
class PlatformPackage:
    """The description of a platform, as `PACKAGE` in its package.

    Importing that must be fast: `create` imports the adapter and its library.
    """

    title: str
    """The platform's own name, such as "Telegram"."""

    settings: type[AccountSettings]
    """The model of an account's settings."""

    create: "Callable[[str, Any, Translator], Platform]"
    """Return the platform of an account, from its name (such as "telegram:town") and settings."""

    setup_help: str | None = None
    """What `rantevou <platform> setup` does; None where there is nothing to set up."""

    poll_help: str | None = None
    """What `rantevou <platform> poll` does; None where `create` gives no PollingPlatform."""
