"""Slack: alerts to a channel of staff, by an incoming webhook."""

from html import escape
from typing import TYPE_CHECKING, Annotated

from pydantic import SecretStr

from bot.accounts import AccountSettings, matching
from bot.platforms.package import PlatformPackage

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform

MAX_TEXT = 4_000
"""The longest text that Slack advises; of more than 40,000 characters it cuts the end off."""

OPTIONS = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
"""Nothing is formatted, and no site's picture or summary shown."""


class SlackAccount(AccountSettings):
    """A channel, by the address of its incoming webhook, which whoever has it can post to."""

    webhook_url: Annotated[
        SecretStr,
        matching(r"https?://[^\s/]+/\S+", "https://hooks.slack.com/services/T0…/B0…/…"),
    ]


def create(account: str, settings: SlackAccount, _texts: "Translator") -> "Platform":
    """Return a channel's platform."""
    from bot.platforms.incoming_webhook import IncomingWebhook  # noqa: PLC0415 only where used

    return IncomingWebhook(account, settings.webhook_url, _escape, MAX_TEXT, OPTIONS)


def _escape(text: str) -> str:
    """Return a text with Slack's control characters as entities: they begin mentions and links.

    https://docs.slack.dev/messaging/formatting-message-text
    """
    return escape(text, quote=False)


PACKAGE = PlatformPackage(title="Slack", settings=SlackAccount, create=create)
