"""The recipients of messages, as the outbox stores them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ContactRecipient:
    """A contact. Stored as "contact 12"."""

    contact_id: int

    def __str__(self) -> str:
        return f"contact {self.contact_id}"


@dataclass(frozen=True)
class AttendeeRecipient:
    """A booking's attendee, at the address in its details. Stored as "email of booking 7".

    It has the platform, not the account, so that nothing is sent twice when the account changes.
    """

    platform: str
    booking_id: int

    def __str__(self) -> str:
        return f"{self.platform} of booking {self.booking_id}"


@dataclass(frozen=True)
class BookingRecipient:
    """The people of a booking, by a way that isn't chosen yet. Stored as "booking 7"."""

    booking_id: int

    def __str__(self) -> str:
        return f"booking {self.booking_id}"


@dataclass(frozen=True)
class ProofRecipient:
    """The number of a proof, which is sent digits. Stored as "number of proof 3"."""

    proof_id: int

    def __str__(self) -> str:
        return f"number of proof {self.proof_id}"


@dataclass(frozen=True)
class RoomRecipient:
    """A room of staff. Stored as "room 5"."""

    room_id: int

    def __str__(self) -> str:
        return f"room {self.room_id}"


@dataclass(frozen=True)
class EndpointRecipient:
    """A webhook endpoint, for what is about one thing. Stored as "webhook 3 booking 7".

    So the events of a booking are sent one after the other, and wait for no other booking's.
    """

    endpoint_id: int
    about: str

    def __str__(self) -> str:
        return f"webhook {self.endpoint_id} {self.about}"


Recipient = (
    ContactRecipient
    | AttendeeRecipient
    | BookingRecipient
    | ProofRecipient
    | RoomRecipient
    | EndpointRecipient
)
"""Messages to the same recipient are sent one after the other."""
