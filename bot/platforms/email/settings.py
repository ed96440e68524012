"""The settings of an e-mail account."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator

from bot.accounts import AccountSettings
from bot.platforms.email.verp import LONGEST_LOCAL_PART, tagged


class TLSMode(StrEnum):
    """The way in which the connection is encrypted; never another one instead."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


PORTS = {TLSMode.STARTTLS: 587, TLSMode.TLS: 465, TLSMode.NONE: 25}
"""The usual port of each."""

IMAP_PORTS = {TLSMode.STARTTLS: 143, TLSMode.TLS: 993, TLSMode.NONE: 143}
"""The usual port of each, of a mailbox."""


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


@dataclass(frozen=True)
class MailboxSettings:
    """A mailbox to which mail servers report, and the server (IMAP) where it is read."""

    host: str
    port: int
    tls: TLSMode
    certificate: Path | None
    user: str
    password: SecretStr
    folder: str


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
    verp: bool = False
    imap_host: str | None = Field(default=None, min_length=1)
    imap_port: int | None = Field(default=None, ge=1, le=65535)
    imap_tls: TLSMode = TLSMode.TLS
    imap_certificate: Annotated[Path, AfterValidator(_is_file)] | None = None
    imap_user: str | None = None
    imap_password: SecretStr | None = None
    imap_folder: str = Field(default="INBOX", min_length=1)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("USER and PASSWORD: give both or neither")
        if (self.imap_user is None) != (self.imap_password is None):
            raise ValueError("IMAP_USER and IMAP_PASSWORD: give both or neither")
        given = [each for each in self.model_fields_set if each.startswith("imap_")]
        if given and self.imap_host is None:
            raise ValueError(f"{', '.join(sorted(given)).upper()}: give IMAP_HOST, too")
        if self.imap_host is not None and self.mailbox is None:
            raise ValueError("IMAP_HOST: give IMAP_USER and IMAP_PASSWORD, too")
        if self.verp and len(self.reports_to.partition("@")[0]) > LONGEST_LOCAL_PART:
            raise ValueError(
                f"VERP: {self.reports_to} may have {LONGEST_LOCAL_PART} characters before the @ at "
                "most; give another in BOUNCES"
            )
        return self

    @property
    def at(self) -> tuple[str, int]:
        """Return host and port of the mail server."""
        return self.host, self.port or PORTS[self.tls]

    @property
    def mailbox(self) -> MailboxSettings | None:
        """Return the mailbox where reports are read; None where none is."""
        user, password = self.imap_user or self.user, self.imap_password or self.password
        if self.imap_host is None or user is None or password is None:
            return None
        return MailboxSettings(
            self.imap_host,
            self.imap_port or IMAP_PORTS[self.imap_tls],
            self.imap_tls,
            self.imap_certificate,
            user,
            password,
            self.imap_folder,
        )

    @property
    def reports_to(self) -> str:
        """Return the address to which mail servers report what they couldn't deliver."""
        return self.bounces or self.sender

    def envelope_sender(self, tag: str) -> str:
        """Return the sender that a mail server is told, to which a message's reports go."""
        return tagged(self.reports_to, tag) if self.verp else self.reports_to

    @property
    def domain(self) -> str:
        """Return the domain of the sender."""
        return self.sender.rpartition("@")[2]
