"""One file each: read, render, send."""

from collections.abc import Mapping

from bot.platforms.platform import Platform
from bot.settings import Settings


def configured(_settings: Settings) -> Mapping[str, Platform]:
    """The accounts of platforms that push, by name: so far there is none."""
    return {}
