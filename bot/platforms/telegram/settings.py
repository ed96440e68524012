"""The settings of a bot at Telegram."""

from typing import Annotated

from pydantic import SecretStr

from bot.accounts import AccountSettings, ApiUrl, matching


class TelegramAccount(AccountSettings):
    """A bot, by the token that @BotFather gave it."""

    token: Annotated[
        SecretStr, matching(r"\d+:[\w-]+", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")
    ]
    api_url: ApiUrl = "https://api.telegram.org"
