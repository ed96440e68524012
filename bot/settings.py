"""The settings, from the environment and `.env`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from importlib import import_module
from ipaddress import IPv4Network, IPv6Network, ip_network
from types import GenericAlias
from typing import Annotated, Any

from pydantic import (
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    create_model,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
    SettingsError,
)

from bot.accounts import AccountSettings, public_fields
from core.db.database import EXPECTED, backend_of
from core.db.encryption import EncryptionKey
from core.errors import ConfigurationError

PREFIX = "rantevou_"
MASK = "***"
MIN_SECRET_LENGTH = 16
MAX_DAYS = 366

OWN_PATHS = frozenset(
    {
        "a", "accessibility", "api", "appointments", "chat", "consents", "docs", "embed",
        "embed.js", "events", "forget", "healthz", "j", "later", "m", "openapi.json", "privacy",
        "static", "u", "webhooks",
    }
)  # fmt: skip
"""The beginnings of our own paths: under such a root path, they would be mistaken for it."""

EXPECTATIONS = {
    "missing": "it has no default",
    "extra_forbidden": "no such setting",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "bool_parsing": "must be true or false",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} character",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "its name must be of A-Z, 0-9 and single _, such as TOWN",
    "model_type": "must be followed by __ and a field's name",
    "dict_type": "must be followed by __, a name of your choice, __ and a field's name",
    "value_error": "{error}",
}
"""The expectation, by the type of pydantic's error; of other types, its message is shown.

Of a ValueError of ours, pydantic's message has words before our own.
"""

AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=40)]


class Settings(BaseSettings):
    """Each is read as RANTEVOU_ and its name in capitals; `.env.example` explains them.

    `read_settings` adds a field for each platform that has accounts: their settings, by name.
    """

    model_config = SettingsConfigDict(
        env_prefix="RANTEVOU_",
        env_file=".env",
        env_ignore_empty=True,
        env_nested_delimiter="__",
        extra="ignore",
    )

    database_url: str = "sqlite:///data/rantevou.db"
    secret: SecretStr | None = None
    encryption_key: SecretStr | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    management_host: str = "127.0.0.1"
    management_port: int = Field(default=9464, ge=1, le=65535)
    api_docs: bool = True
    requests_per_minute: int = Field(default=240, ge=1, le=10**6)
    exempt_addresses: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    body_bytes: int = Field(default=131072, ge=1024, le=10**8)
    keep_replies_hours: int = Field(default=48, ge=1, le=MAX_DAYS * 24)
    keep_answers_days: int = Field(default=30, ge=1, le=MAX_DAYS)
    give_up_hours: int = Field(default=24, ge=1, le=MAX_DAYS * 24)
    ready_seconds: int = Field(default=600, ge=1, le=MAX_DAYS * 86400)
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    embed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    public_url: str | None = None
    root_path: str = ""
    webhook_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()

    @property
    def given_secret(self) -> str | None:
        """Return the secret, if it is set."""
        return self.secret.get_secret_value() if self.secret else None

    @property
    def given_encryption_key(self) -> str | None:
        """Return the encryption key, if it is set."""
        return self.encryption_key.get_secret_value() if self.encryption_key else None

    @property
    def public_address(self) -> str | None:
        """Return the address at which the world reaches the root path; None where it isn't set."""
        return f"{self.public_url}{self.root_path}" if self.public_url else None

    @property
    def keep_replies(self) -> timedelta:
        """Return how long stored replies are kept."""
        return timedelta(hours=self.keep_replies_hours)

    @property
    def give_up(self) -> timedelta:
        """Return how long after it was due a failing message is tried again."""
        return timedelta(hours=self.give_up_hours)

    @property
    def accounts(self) -> dict[str, AccountSettings]:
        """Return the settings of every configured account, by account, such as "telegram:town"."""
        platforms = [
            field for field in type(self).model_fields if field not in Settings.model_fields
        ]
        return {
            f"{platform}:{name}": settings
            for platform in platforms
            for name, settings in getattr(self, platform).items()
        }

    @property
    def municipality_settings(self) -> dict[str, str]:
        """Return the municipalities that the settings name, each with the name of the setting."""
        return {
            given.municipality: f"RANTEVOU_{account.replace(':', '__').upper()}__MUNICIPALITY"
            for account, given in self.accounts.items()
            if given.municipality
        }

    @field_validator("secret")
    @classmethod
    def _is_long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < MIN_SECRET_LENGTH:
            raise ValueError(f"must have at least {MIN_SECRET_LENGTH} characters")
        return secret

    @field_validator("encryption_key")
    @classmethod
    def _is_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            EncryptionKey(key.get_secret_value())
        return key

    @field_validator("public_url")
    @classmethod
    def _is_https(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?/?", url):
            raise ValueError(
                "must be like https://rantevou.my-town.gr, and a path goes into RANTEVOU_ROOT_PATH"
            )
        return url.rstrip("/") if url else None

    @field_validator("root_path")
    @classmethod
    def _is_path(cls, path: str) -> str:
        path = path.rstrip("/")
        if not re.fullmatch(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)*", path):
            raise ValueError("must be a path like /rantevou")
        if path.split("/")[1:2] and path.split("/")[1] in OWN_PATHS:
            raise ValueError("Rantevou has paths of its own that begin so; take another")
        return path

    @field_validator("embed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = value.replace(",", " ").split()
        if not all(re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", origin) for origin in origins):
            raise ValueError("must be addresses without a path, like https://www.chios.gov.gr")
        return origins

    @field_validator("exempt_addresses", "webhook_networks", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            # An address with its network's length, as of a machine in it, means the network.
            return [ip_network(each, strict=False) for each in value.replace(",", " ").split()]
        except ValueError:
            raise ValueError(
                "must be addresses or networks, like 192.0.2.7 198.51.100.0/24 2001:db8::/48"
            ) from None

    @field_validator("database_url")
    @classmethod
    def _is_supported(cls, url: str) -> str:
        try:
            backend_of(url)
        except ConfigurationError:
            raise ValueError(EXPECTED) from None
        return url


def read_settings(platforms: Mapping[str, str]) -> Settings:
    """Read the settings from the environment and `.env`.

    `platforms` gives the module of each platform's `PACKAGE`, which has the model of its accounts;
    it is imported only where the settings name an account of it. Raises ConfigurationError with
    the name and value of each wrong setting, and what was expected; with names that are no
    setting's; of a `.env` that isn't UTF-8.
    """
    try:
        names = _names()
        if unknown := _unknown_names(names, platforms):
            raise ConfigurationError("\n".join(unknown))
        models: dict[str, type[AccountSettings]] = {
            platform: import_module(path).PACKAGE.settings
            for platform, path in platforms.items()
            if _is_configured(platform, names)
        }
        fields: dict[str, Any] = {
            platform: (GenericAlias(dict, (AccountName, model)), {})
            for platform, model in models.items()
        }
        return create_model("Settings", __base__=Settings, **fields)() if fields else Settings()
    except ValidationError as error:
        wrong = [_describe(each, models) for each in error.errors()]
        raise ConfigurationError("\n".join(wrong)) from None
    except UnicodeDecodeError:  # as an editor on Windows saves Greek comments
        raise ConfigurationError(".env can't be read: please save it as UTF-8.") from None
    except SettingsError as error:
        found = re.search(r'field "(\w+)"', str(error))
        name = f"RANTEVOU_{found[1].upper()}" if found else "A setting"
        raise ConfigurationError(
            f"{name} can't be read: see .env.example for how it is written."
        ) from None


def _names() -> set[str]:
    """Return the names in `.env` and in the environment, in small letters."""
    return {*DotEnvSettingsSource(Settings).env_vars, *EnvSettingsSource(Settings).env_vars}


def _is_configured(platform: str, names: set[str]) -> bool:
    """Return whether any setting is one of that platform's accounts."""
    prefix = f"rantevou_{platform}"
    return any(name == prefix or name.startswith(f"{prefix}__") for name in names)


def _unknown_names(names: set[str], platforms: Mapping[str, str]) -> list[str]:
    """Return what is wrong with names that begin as settings and are none; never their values."""
    known = [*Settings.model_fields, *platforms]
    wrong: list[str] = []
    for name in sorted(names):
        if not name.startswith(PREFIX) or name.startswith(f"{PREFIX}test_"):
            continue
        first = name.removeprefix(PREFIX).partition("__")[0]
        if first in known:
            continue
        near = get_close_matches(first, known, 1, 0)[0]
        meant = f"{PREFIX}{near}{'__…' if near in platforms else ''}".upper()
        wrong.append(f"{name.upper()} is no setting: the nearest is {meant}.")
    return wrong


def _describe(error: ErrorDetails, models: Mapping[str, type[AccountSettings]]) -> str:
    name = "__".join(str(part) for part in error["loc"] if part != "[key]")
    if error["type"] == "missing":
        value = " isn't set"
    elif isinstance(error["input"], dict):  # several settings of an account, which the words name
        value = ""
    else:
        value = f" is {_masked(name, error['input'], models)}"
    words = EXPECTATIONS.get(error["type"])
    why = words.format(**error.get("ctx", {})) if words else error["msg"]
    return f"RANTEVOU_{name.upper()}{value}: {why}"


def _masked(name: str, value: object, models: Mapping[str, type[AccountSettings]]) -> str:
    """Return a setting's value, without what may be a password."""
    if name in Settings.model_fields.keys() - public_fields(Settings):
        return MASK
    platform, *parts = name.split("__")
    # A token may be the value of any name that was mistyped.
    if (model := models.get(platform)) and (
        len(parts) != 2 or parts[1] not in public_fields(model)
    ):
        return MASK
    if name == "database_url":
        if re.match(r"sqlite:///[^@]*$", str(value)):
            return repr(value)
        scheme = re.match(r"[a-z0-9+]+://", str(value))
        return f"{scheme[0]}{MASK}" if scheme else MASK
    return repr(value)
