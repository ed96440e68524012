"""The one who makes a change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """The citizen who acts, and the platform, account and contact through which they do.

    `network` is the keyed hash of a web chat's network address, unless that is exempt from limits.
    `proven_phone` is the keyed hash of the phone number that the contact has proven to be its own.
    """

    citizen_id: int
    platform: str
    language: str
    timezone: str
    network: str | None = None
    contact_id: int | None = None
    account: str = ""
    proven_phone: str | None = None
