"""The settings of a telephone number."""

import re
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from bot.accounts import COUNTRIES, AccountSettings, ApiUrl, Countries


def _number(given: str) -> str:
    if not re.fullmatch(r"\+[1-9]\d{6,14}", given):
        raise ValueError("must be a number like +302100000000")
    return given


def _sid(given: str) -> str:
    if not re.fullmatch(r"AC[0-9a-f]{32}", given):
        raise ValueError("give the account's SID, AC and 32 digits and letters a to f")
    return given


class VoiceAccount(AccountSettings):
    """A telephone number at Twilio.

    `number` (FROM) is what citizens call, and what they see when they are called. `user` and `key`
    are the account's SID and its auth token. `voice_el` and `voice_en` are the voices that speak,
    by Twilio's names. Numbers of these `countries` alone are called.
    """

    model_config = ConfigDict(populate_by_name=True)

    number: Annotated[str, AfterValidator(_number)] = Field(alias="from")
    user: Annotated[str, AfterValidator(_sid)]
    key: SecretStr = Field(min_length=8)
    voice_el: str = "Google.el-GR-Wavenet-A"
    voice_en: str = "Google.en-GB-Wavenet-A"
    countries: Countries = COUNTRIES
    api_url: ApiUrl = "https://api.twilio.com"
