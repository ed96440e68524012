"""The settings that the accounts of every platform have.

Each platform's package has its own model, which is read from RANTEVOU_<PLATFORM>__<name>__<field>.
Importing this module is fast: the command line does so for `--help`.
"""

import re
from typing import Annotated, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr


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
