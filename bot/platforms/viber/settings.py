"""The settings of a bot at Viber."""

from typing import Annotated

from pydantic import Field, SecretStr

from bot.accounts import AccountSettings, ApiUrl, matching


class ViberAccount(AccountSettings):
    """A bot, by the token that Viber's admin panel shows; each of its messages shows `name`."""

    token: Annotated[
        SecretStr, matching(r"[\w-]{16,}", "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9")
    ]
    name: str = Field(default="Rantevou", min_length=1, max_length=28)
    api_url: ApiUrl = "https://chatapi.viber.com"
