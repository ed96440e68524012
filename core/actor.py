"""Who acts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Who acts, and over what. `network` is a keyed hash of an anonymous web chat's address."""

    citizen_id: int
    platform: str
    language: str
    timezone: str
    network: str | None = None
    contact_id: int | None = None
    account: str = ""
