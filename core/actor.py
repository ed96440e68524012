"""The one who makes a change."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """The citizen who acts, and the platform, account and contact through which they do.

    `network` is the keyed hash of a web chat's network address.
    """

    citizen_id: int
    platform: str
    language: str
    timezone: str
    network: str | None = None
    contact_id: int | None = None
    account: str = ""

    @property
    def sources(self) -> Sequence[str]:
        """Return the sources by which failed attempts are counted: the contact and the network."""
        return [f"contact {self.contact_id}", *([self.network] if self.network else [])]
