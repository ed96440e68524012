"""The outbox."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base


class Outgoing(Base):
    """A message owed to somebody. Holds ids only; it is put into words when it is sent."""

    __tablename__ = "outgoing"
    __table_args__ = (Index(None, "platform", "status", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    platform: Mapped[str]
    kind: Mapped[str]
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), index=True)
    due_at: Mapped[datetime]
    status: Mapped[str]
