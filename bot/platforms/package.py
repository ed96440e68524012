"""The description of a platform, which can be imported without the platform's library."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.accounts import AccountSettings

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform


@dataclass(frozen=True)
class PlatformPackage:
    """The description of a platform: `PACKAGE` in its package.

    Importing it is fast, because only `create` imports the adapter and its library.
    """

    title: str
    """The platform's own name, such as "Telegram"."""

    settings: type[AccountSettings]
    """The model of an account's settings."""

    create: "Callable[[str, Any, Translator], Platform]"
    """Creates an account's platform from its name (such as "telegram:town") and settings."""

    setup_help: str | None = None
    """The help of `rantevou <platform> setup`; None where there is nothing to set up."""

    poll_help: str | None = None
    """The help of `rantevou <platform> poll`; None where `create` gives no PollingPlatform."""
