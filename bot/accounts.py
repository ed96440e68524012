"""The settings that the accounts of every platform have.

Each platform's package has its own model, which is read from RANTEVOU_<PLATFORM>__<name>__<field>.
Importing this module is fast: the command line does so for `--help`.
"""

import re
from typing import Annotated, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr
from pydantic_settings import NoDecode


class AccountSettings(BaseModel):
    """The settings of one account, which is one municipality's own or serves all."""

    model_config = ConfigDict(extra="forbid")

    municipality: str | None = None


def public_fields(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of a model's fields whose values may be shown: all but the secrets."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if SecretStr not in (field.annotation, *get_args(field.annotation))
    )


def matching(pattern: str, example: str) -> AfterValidator:
    """Return a validator of secrets that must match the whole pattern, such as the example."""

    def check(secret: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, secret.get_secret_value(), re.ASCII):
            raise ValueError(f"must be like {example}")
        return secret

    return AfterValidator(check)


def _without_path(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+/?", url):
        raise ValueError("must be like https://api.example.org")
    return url.rstrip("/")


ApiUrl = Annotated[str, AfterValidator(_without_path)]
"""The address of a platform's API, without a path and a slash at its end."""


def _codes(value: object) -> object:
    """Return the codes of countries (ISO 3166) in a text such as "GR CY"."""
    if not isinstance(value, str):
        return value
    codes = value.replace(",", " ").upper().split()
    if not codes or not all(re.fullmatch(r"[A-Z]{2}", code) for code in codes):
        raise ValueError("must be codes of countries, like GR CY")
    return tuple(codes)


Countries = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_codes)]
"""The countries (ISO 3166) to whose numbers an account sends, or calls."""

COUNTRIES = ("GR", "CY")
"""These, unless others are set."""
