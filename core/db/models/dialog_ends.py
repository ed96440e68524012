"""The ends of booking dialogs, for statistics."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base


class DialogEnd(Base):
    """A booking dialog that ended, of nobody: how far it came, and whether something was booked.

    `at` is to the hour, and `step` the one that was asked last. `answered` are the names of the
    steps that were answered, with spaces between them; never the answers.
    """

    __tablename__ = "dialog_ends"
    __table_args__ = (Index(None, "municipality_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[str] = mapped_column(ForeignKey("municipalities.id"))
    at: Mapped[datetime]
    platform: Mapped[str]
    step: Mapped[str]
    answered: Mapped[str]
    booked: Mapped[bool]
