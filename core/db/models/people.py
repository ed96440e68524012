"""Citizens and their contacts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base
from core.db.personal import LookupHash, WithPublicId, personal, personal_column


class Citizen(WithPublicId, Base):
    """A person who chats or calls. `details` are offered again at the next booking."""

    __tablename__ = "citizens"

    id: Mapped[int] = mapped_column(primary_key=True)
    _details: Mapped[Any] = personal_column("details")
    details = personal[dict[str, Any]]("_details")
    created_at: Mapped[datetime]


class Contact(WithPublicId, Base):
    """A citizen's address, as seen by one account; for web chats, a keyed hash of the token.

    It is looked up by `address_hash`, which is written and compared as `address_key`.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        # Named as when the column was the address itself.
        UniqueConstraint("account", "address_hash", name="uq_contacts_account_address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    address_hash: Mapped[str] = mapped_column(LookupHash)
    _address: Mapped[Any] = personal_column("address")
    address = personal[str]("_address")
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizens.id"), index=True)
    proven_phone: Mapped[str | None]
    """The keyed hash of the phone number that it has proven to be its own."""
    created_at: Mapped[datetime] = mapped_column(server_default="0")
    """The time of its first message, whichever chats it is joined with; of one that was stored
    before revision 0031, its citizen's."""

    def __init__(self, *, account: str, address: str, citizen_id: int) -> None:
        super().__init__(account=account, citizen_id=citizen_id)
        self.move_to(address)

    def move_to(self, address: str) -> None:
        """Set the address."""
        self.address = address
        self.address_hash = address_key(self.account, address)


def address_key(account: str, address: str) -> str:
    """Return what the look-up of a contact is the keyed hash of.

    With the account, so that nobody sees that two accounts have the same contact.
    """
    return f"{account} {address}"


class PhoneProof(WithPublicId, Base):
    """A number to which digits were sent; written in a contact's chat, they prove it to be theirs.

    The digits are derived from `public_id` and the secret. A contact has one at most.
    """

    __tablename__ = "phone_proofs"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), unique=True)
    municipality_id: Mapped[str]
    """The municipality that pays for the text."""
    _phone: Mapped[Any] = personal_column("phone")
    phone = personal[str]("_phone")
    asked_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    """The wrong digits that were written."""


class FailedAttempt(Base):
    """A wrong code or phone number: a row for the contact, the network address and the number.

    Of address and number it has keyed hashes; the number's is another than that of bookings.
    """

    __tablename__ = "wrong_tries"
    __table_args__ = (Index(None, "source", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    at: Mapped[datetime]
