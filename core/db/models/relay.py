"""The relay: what a citizen and the office write to one another."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, only
from core.db.personal import PersonalColumn, WithPublicId, personal

_OPEN = only("closed_at IS NULL")
_KEPT = only("text IS NOT NULL")


class RelayThread(Base):
    """A conversation of a citizen, at one contact, with the employees of a room.

    `booking_id` is the appointment in question, if there is one. `member_id` is who opened it for
    the office; None where the citizen did. A contact has one open
    thread at most.
    """

    __tablename__ = "relay_threads"
    __table_args__ = (
        Index("ix_relay_threads_open", "contact_id", unique=True, **_OPEN),
        Index("ix_relay_threads_due", "expires_at", **_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[str] = mapped_column(ForeignKey("municipalities.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("staff_rooms.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"))
    service: Mapped[str | None]
    """The service that was under way, or the booking's."""
    member_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """The time at which it is closed by itself; each message puts it off."""
    closed_at: Mapped[datetime | None]


class RelayMessage(WithPublicId, Base):
    """A text in a thread; NULL once erased. `member_id` is None where the citizen wrote it."""

    __tablename__ = "relay_messages"
    __table_args__ = (Index("ix_relay_messages_kept", "thread_id", **_KEPT),)

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("relay_threads.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    written_at: Mapped[datetime]
    _text: Mapped[Any | None] = mapped_column("text", PersonalColumn("text"))
    text = personal[str | None]("_text")
