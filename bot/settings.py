"""The settings, from the environment and `.env`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from core.db.database import EXPECTED, backend_of
from core.errors import ConfigurationError

MASK = "***"
SECRET_LETTERS = 16
YEAR = 366
BOTS = ("telegram", "viber")
TOLD = ("municipality", "name", "api_url")
"""What may be shown of a bot's settings."""


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=40)]


def _address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+/?", url):
        raise ValueError("must be like https://api.example.org")
    return url.rstrip("/")


ApiUrl = Annotated[str, AfterValidator(_address)]


class BotAccount(BaseModel):
    """A bot of a chat platform's; of one municipality, or shared by all."""

    model_config = ConfigDict(extra="forbid")
    shape: ClassVar[str]
    example: ClassVar[str]

    token: SecretStr
    municipality: str | None = None

    @field_validator("token")
    @classmethod
    def _of_the_platform(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch(cls.shape, token.get_secret_value(), re.ASCII):
            raise ValueError(f"must be like {cls.example}")
        return token


class TelegramAccount(BotAccount):
    """A bot of Telegram's."""

    shape = r"\d+:[\w-]+"
    example = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"

    api_url: ApiUrl = "https://api.telegram.org"


class ViberAccount(BotAccount):
    """A bot of Viber's; each of its messages shows `name`."""

    shape = r"[\w-]{16,}"
    example = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"

    name: str = Field(default="Rantevou", min_length=1, max_length=28)
    api_url: ApiUrl = "https://chatapi.viber.com"


class Settings(BaseSettings):
    """Each is read as RANTEVOU_ and its name in capitals; `.env.example` explains them."""

    model_config = SettingsConfigDict(
        env_prefix="RANTEVOU_",
        env_file=".env",
        env_ignore_empty=True,
        env_nested_delimiter="__",
        extra="ignore",
    )

    database_url: str = "sqlite:///data/rantevou.db"
    secret: SecretStr | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    requests_per_minute: int = Field(default=240, ge=1, le=10**6)
    body_bytes: int = Field(default=131072, ge=1024, le=10**8)
    keep_replies_hours: int = Field(default=48, ge=1, le=YEAR * 24)
    keep_answers_days: int = Field(default=30, ge=1, le=YEAR)
    give_up_hours: int = Field(default=24, ge=1, le=YEAR * 24)
    ready_seconds: int = Field(default=600, ge=1, le=YEAR * 86400)
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    embed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    public_url: str | None = None
    telegram: dict[Name, TelegramAccount] = {}
    viber: dict[Name, ViberAccount] = {}

    @property
    def keep_replies(self) -> timedelta:
        """How long stored replies are kept."""
        return timedelta(hours=self.keep_replies_hours)

    @property
    def give_up(self) -> timedelta:
        """How long after it was due a failing message is tried again."""
        return timedelta(hours=self.give_up_hours)

    @property
    def bots(self) -> dict[str, BotAccount]:
        """Every platform's, by account."""
        of_platforms: dict[str, Mapping[str, BotAccount]] = {
            platform: getattr(self, platform) for platform in BOTS
        }
        return {
            f"{platform}:{name}": bot
            for platform, bots in of_platforms.items()
            for name, bot in bots.items()
        }

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < SECRET_LETTERS:
            raise ValueError(f"must have at least {SECRET_LETTERS} characters")
        return secret

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?/?", url):
            raise ValueError("must be like https://rantevou.my-town.gr")
        return url.rstrip("/") if url else None

    @field_validator("embed_origins", mode="before")
    @classmethod
    def _origins(cls, listed: object) -> object:
        if not isinstance(listed, str):
            return listed
        origins = listed.replace(",", " ").split()
        if not all(re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", origin) for origin in origins):
            raise ValueError("must be addresses without a path, like https://www.chios.gov.gr")
        return origins

    @field_validator("database_url")
    @classmethod
    def _of_a_kind_known(cls, url: str) -> str:
        try:
            backend_of(url)
        except ConfigurationError:
            raise ValueError(EXPECTED) from None
        return url


def read_settings() -> Settings:
    """Read them; raises Unusable with each wrong one's name, value and what was expected."""
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("\n".join(map(_told, error.errors()))) from None
    except SettingsError as error:
        found = re.search(r'field "(\w+)"', str(error))
        name = f"RANTEVOU_{found[1].upper()}" if found else "A setting"
        raise ConfigurationError(
            f"{name} can't be read: see .env.example for how it is written."
        ) from None


def _told(wrong: ErrorDetails) -> str:
    name = "__".join(str(part) for part in wrong["loc"] if part != "[key]")
    given = "isn't set" if wrong["type"] == "missing" else f"is {_shown(name, wrong['input'])}"
    why = "no such setting" if wrong["type"] == "extra_forbidden" else wrong["msg"]
    return f"RANTEVOU_{name.upper()} {given}: {why.removeprefix('Value error, ')}"


def _shown(name: str, value: object) -> str:
    """A setting's value, without what may be a password."""
    if name == "secret":
        return MASK
    # A token may stand under any name that was mistyped.
    platform, *parts = name.split("__")
    if platform in BOTS and (len(parts) != 2 or parts[1] not in TOLD):
        return MASK
    if name == "database_url":
        if re.match(r"sqlite:///[^@]*$", str(value)):
            return repr(value)
        kind = re.match(r"[a-z0-9+]+://", str(value))
        return f"{kind[0]}{MASK}" if kind else MASK
    return repr(value)
