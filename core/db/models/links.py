"""Links to bookings, and requests for the code of one."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base


class BookingLink(Base):
    """A link to one booking, which its messages carry. Of its token there is a hash only.

    The token is derived from the `nonce` and the secret, so that each e-mail of the booking has the
    same, and each text message another. `ends_at` is the booking's end when the link was sent last,
    by which clean-up finds it. `email_changed_at` is the booking's when the link was made: since
    another change of its address, a link in e-mails is revoked.
    """

    __tablename__ = "booking_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), index=True)
    nonce: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    """The SHA-256 of the token, in hexadecimal."""
    ends_at: Mapped[datetime] = mapped_column(index=True)
    email_changed_at: Mapped[datetime | None]
    phone_hash: Mapped[str | None]
    """Of a link in text messages, the booking's `phone_hash` when it was made: with another number,
    the link is revoked."""


class CodeRequest(Base):
    """Somebody's request for the code of a booking, until it is looked up.

    `hashed` is the keyed hash of the telephone number or of the e-mail address that they gave.
    """

    __tablename__ = "code_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    hashed: Mapped[str]
    asked_at: Mapped[datetime]
