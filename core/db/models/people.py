"""Citizens and their contacts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base


class Citizen(Base):
    """A person who chats or calls. `details` are offered again at the next booking."""

    __tablename__ = "citizens"

    id: Mapped[int] = mapped_column(primary_key=True)
    details: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Contact(Base):
    """A citizen's address, as seen by one account; for web chats, a keyed hash of the token."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("account", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    address: Mapped[str]
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizens.id"), index=True)
    proven_phone: Mapped[str | None]
    """The keyed hash of the phone number that it has proven to be its own."""


class FailedAttempt(Base):
    """A wrong code or phone number: a row for the contact, the network address and the number.

    Of address and number it has keyed hashes; the number's is another than that of bookings.
    """

    __tablename__ = "wrong_tries"
    __table_args__ = (Index(None, "source", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    at: Mapped[datetime]
