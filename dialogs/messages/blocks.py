"""Structured messages (being built on another branch)."""

from dataclasses import dataclass

from core.i18n import Text


@dataclass(frozen=True)
class Message:
    """A message as blocks; here its plain text and the booking it is about."""

    text: Text
    booking: int | None = None
