"""The settings of an account that sends text messages."""

import re
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator

from bot.accounts import COUNTRIES, AccountSettings, ApiUrl, Countries

SENDERS = {
    "twilio": "bot.platforms.sms.twilio",
    "yuboto": "bot.platforms.sms.yuboto",
}
"""The module of each gateway; it has a `Gateway`, and is imported only where it is used."""

Kind = Literal["twilio", "yuboto"]

API_URLS: dict[Kind, str] = {
    "twilio": "https://api.twilio.com",
    "yuboto": "https://services.yuboto.com",
}

ACCOUNT_SID = r"AC[0-9a-f]{32}"


def _sender(given: str) -> str:
    """Return a sender: a number, up to 11 letters and digits, or Twilio's id of a service."""
    is_name = re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9 .&_-]{1,11}", given)
    if not is_name and not re.fullmatch(r"\+[1-9]\d{6,14}|MG[0-9a-f]{32}", given):
        raise ValueError(
            "must be up to 11 Latin letters and digits, or a number like +306900000000"
        )
    return given


class SmsAccount(AccountSettings):
    """A sender of text messages, and the gateway that takes them.

    `sender` (FROM) is what readers see. `user` and `key` are what the gateway knows the account by:
    at Twilio the account's SID and its auth token, at Yuboto the API key alone. With the alphabet
    `gsm`, Greek is sent in capitals without accents, at half the price of `unicode`. Texts to a
    `two_way` number are answered. The `price` of a part is in euros.
    """

    model_config = ConfigDict(populate_by_name=True)

    kind: Kind
    sender: Annotated[str, AfterValidator(_sender)] = Field(alias="from")
    user: str | None = None
    key: SecretStr = Field(min_length=8)
    alphabet: Literal["gsm", "unicode"] = "gsm"
    two_way: bool = False
    price: Decimal | None = Field(default=None, gt=0, le=10)
    countries: Countries = COUNTRIES
    api_url: ApiUrl | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        is_twilio = self.kind == "twilio"
        if is_twilio and not re.fullmatch(ACCOUNT_SID, self.user or ""):
            raise ValueError("USER: give the account's SID, AC and 32 digits and letters a to f")
        if not is_twilio and self.user is not None:
            raise ValueError(f"USER: {self.kind} has none, only a KEY")
        if not is_twilio and self.sender.startswith("MG"):
            raise ValueError("FROM: only Twilio has ids of services")
        if self.two_way and not is_twilio:
            raise ValueError(f"TWO_WAY: no texts are received by {self.kind}, only by twilio")
        if self.two_way and not self.sender.startswith(("+", "MG")):
            raise ValueError("TWO_WAY: nobody can answer a name; give a number as FROM")
        return self

    @property
    def api_address(self) -> str:
        """Return the address of the gateway."""
        return self.api_url or API_URLS[self.kind]
