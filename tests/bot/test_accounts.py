"""The settings of an account that may be shown."""

from pydantic import SecretStr

from bot.accounts import AccountSettings, public_fields
from bot.settings import Settings


class OwnSettings(AccountSettings):
    token: SecretStr
    verification: SecretStr | None = None
    page: str


def test_a_secret_is_not_public_whether_required_or_optional() -> None:
    assert public_fields(OwnSettings) == {"municipality", "page"}
    assert Settings.model_fields.keys() - public_fields(Settings) == {"secret", "encryption_key"}
