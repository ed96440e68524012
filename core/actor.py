"""Who acts."""

from collections.abc import Sequence
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

    @property
    def sources(self) -> Sequence[str]:
        """Return what wrong codes are counted by: the contact, and the network if it is known."""
        return [f"contact {self.contact_id}", *([self.network] if self.network else [])]
