"""Mattermost: alerts to a channel of staff, by an incoming webhook."""

import re
from html import escape
from typing import TYPE_CHECKING, Annotated

from pydantic import SecretStr

from bot.accounts import AccountSettings, matching
from bot.platforms.package import PlatformPackage

if TYPE_CHECKING:
    from bot.i18n.translator import Translator
    from bot.platforms.base import Platform

MAX_TEXT = 16_383
"""The longest post, in characters."""

MARKDOWN = re.compile(r"[\\`*{}\[\]()#+\-!_~|]|(?<=\d)[.](?=\s)")
"""Matches what may format, which a backslash prevents; a full stop only after a list's number."""

NO_SPACE = "\u200b"
"""Between @ and a name, so that it is no mention, which a backslash doesn't prevent."""


class MattermostAccount(AccountSettings):
    """A channel, by the address of its incoming webhook, which whoever has it can post to."""

    webhook_url: Annotated[
        SecretStr, matching(r"https?://[^\s/]+/\S+", "https://chat.my-town.gr/hooks/xxx-key-xxx")
    ]


def create(account: str, settings: MattermostAccount, _texts: "Translator") -> "Platform":
    """Return a channel's platform."""
    from bot.platforms.incoming_webhook import IncomingWebhook  # noqa: PLC0415 only where used

    return IncomingWebhook(account, settings.webhook_url, _escape, MAX_TEXT)


def _escape(text: str) -> str:
    """Return a text without Markdown, mentions and links; the last two also as Slack has them.

    These begin with <, which a backslash doesn't prevent, but an entity does.
    https://docs.mattermost.com/end-user-guide/collaborate/format-messages.html
    """
    return MARKDOWN.sub(r"\\\g<0>", escape(text, quote=False)).replace("@", f"@{NO_SPACE}")


PACKAGE = PlatformPackage(title="Mattermost", settings=MattermostAccount, create=create)
