"""The platforms, by the names that citizens know them by."""

from collections.abc import Mapping

from core.i18n import Text, _

NAMES: Mapping[str, Text] = {
    "telegram": _("Telegram"),
    "viber": _("Viber"),
    "webchat": _("Our page"),
    "console": _("Terminal"),
    "email": _("Email"),
    "sms": _("SMS"),
    "voice": _("Telephone"),
}
"""The names; another platform's is as it is configured."""

_ON: Mapping[str, Text] = {
    "webchat": _("on our page"),
    "console": _("at the terminal"),
    "email": _("by email"),
    "sms": _("by SMS"),
    "voice": _("by telephone"),
}


def name_of(platform: str) -> Text:
    """Return the name of a platform."""
    return NAMES.get(platform, platform.capitalize())


def on(platform: str) -> Text:
    """Return on which platform something is said: "on Viber", "by email"."""
    return _ON.get(platform) or _("on {platform}", platform=name_of(platform))
