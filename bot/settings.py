"""The settings, from the environment and `.env`."""

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import Unusable


class Settings(BaseSettings):
    """Each is read as RANTEVOU_ and its name in capitals; `.env.example` explains them."""

    model_config = SettingsConfigDict(
        env_prefix="RANTEVOU_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    database_url: str = "sqlite:///data/rantevou.db"
    secret: SecretStr | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    requests_per_minute: int = Field(default=240, ge=1)
    body_bytes: int = Field(default=131072, ge=1024)
    keep_replies_hours: int = Field(default=48, ge=1)
    keep_answers_days: int = Field(default=30, ge=1)


def read_settings() -> Settings:
    """Read them; raises Unusable with each wrong one's name, value and what was expected."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [
            f"RANTEVOU_{str(detail['loc'][0]).upper()} is {detail['input']!r}: {detail['msg']}"
            for detail in error.errors()
        ]
        raise Unusable("\n".join(wrong)) from None
