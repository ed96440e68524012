"""What tells outbox messages apart: their kinds, their recipients and what caused them.

All are stored as text; the forms are those of the first revision.
"""

from dataclasses import dataclass
from enum import StrEnum


class MessageKind(StrEnum):
    """What an outbox message is: a reply to a message, or a notification about a booking."""

    REPLY = "reply"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    CANCELLED = "cancelled"
    EDITED = "edited"
    REMINDER = "reminder"


@dataclass(frozen=True)
class ContactRecipient:
    """A contact, whose messages go one after the other."""

    contact_id: int

    def __str__(self) -> str:
        return f"contact {self.contact_id}"


@dataclass(frozen=True)
class AttendeeRecipient:
    """A booking's attendee, at the address that its details have for a platform.

    Named by the platform, so that a message isn't repeated when the account changes.
    """

    platform: str
    booking_id: int

    def __str__(self) -> str:
        return f"{self.platform} of booking {self.booking_id}"


Recipient = ContactRecipient | AttendeeRecipient


@dataclass(frozen=True)
class Cause:
    """What a message is about, such as one change of a booking: each recipient gets it once."""

    text: str

    @classmethod
    def change(cls, history_id: int | None) -> "Cause":
        """Return the cause that is a change of a booking."""
        return cls(f"change {history_id}")

    @classmethod
    def reminder(cls, booking_id: int) -> "Cause":
        """Return the cause that is a coming appointment."""
        return cls(f"{MessageKind.REMINDER} {booking_id}")

    @classmethod
    def reply(cls, inbound_id: int, position: int) -> "Cause":
        """Return the cause that is one of the replies to an inbound message."""
        return cls(f"{MessageKind.REPLY} {inbound_id}.{position}")

    @classmethod
    def of(cls, dedupe_key: str, recipient: str) -> "Cause":
        """Return the cause that a stored message has, given whom it goes to."""
        return cls(dedupe_key.removesuffix(f" {recipient}"))

    def dedupe_key(self, recipient: Recipient) -> str:
        """Return the key under which a message to that recipient is enqueued once."""
        return f"{self.text} {recipient}"
