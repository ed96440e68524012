"""The preferences of citizens, and the reminders by e-mail that somebody has ended."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base


class PreferencesRow(Base):
    """A citizen's preferences, which hold for all municipalities; NULL where they have none.

    `quiet_from` and `quiet_until` are minutes after midnight, by the clock of `timezone`.
    """

    __tablename__ = "preferences"

    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizens.id"), primary_key=True)
    platform: Mapped[str | None]
    language: Mapped[str | None]
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    timezone: Mapped[str | None]
    no_texts: Mapped[bool | None]
    """True where they want no text messages (SMS), whatever a municipality's rule is."""


class ReminderLink(Base):
    """A link in the reminders of a booking by e-mail, which ends those to the same address.

    The address is a keyed hash, as the booking has it. Of the token there is a hash only, as of a
    `BookingLink`. A link that was used has `stopped_at`, and is kept.
    """

    __tablename__ = "reminder_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), index=True)
    email_hash: Mapped[str] = mapped_column(index=True)
    nonce: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    """The SHA-256 of the token, in hexadecimal."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    stopped_at: Mapped[datetime | None]
