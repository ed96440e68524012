"""The settings of an e-mail account."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator

from bot.accounts import AccountSettings


class TLSMode(StrEnum):
    """The way in which the connection is encrypted; never another one instead."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


PORTS = {TLSMode.STARTTLS: 587, TLSMode.TLS: 465, TLSMode.NONE: 25}
"""The usual port of each."""


def _address(given: str) -> str:
    try:
        found = validate_email(given, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValueError("must be an address like appointments@my-town.gr") from None
    return found.ascii_email or given


def _is_file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


class EmailAccount(AccountSettings):
    """A mailbox that e-mails come from, and the mail server that takes them.

    `sender` (FROM) is what readers see, `bounces` the address to which is reported what couldn't
    be delivered; by default, the same. `certificate` is a file (PEM) with the mail server's own
    certificate, or with the one that signed it: it is trusted then, and no other.
    """

    model_config = ConfigDict(populate_by_name=True)

    host: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)
    """None: the usual one of the TLS mode."""
    tls: TLSMode = TLSMode.STARTTLS
    certificate: Annotated[Path, AfterValidator(_is_file)] | None = None
    user: str | None = None
    password: SecretStr | None = None
    sender: Annotated[str, AfterValidator(_address)] = Field(alias="from")
    bounces: Annotated[str, AfterValidator(_address)] | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("USER and PASSWORD: give both or neither")
        return self

    @property
    def at(self) -> tuple[str, int]:
        """Return host and port of the mail server."""
        return self.host, self.port or PORTS[self.tls]

    @property
    def envelope_sender(self) -> str:
        """Return the address to which mail servers report what they couldn't deliver."""
        return self.bounces or self.sender

    @property
    def domain(self) -> str:
        """Return the domain of the sender."""
        return self.sender.rpartition("@")[2]
