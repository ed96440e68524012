"""What is remembered of a conversation."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base


class Conversation(Base):
    """A contact's talk with us. `state` holds the running dialog's answers until it ends.

    `forget_at` is when its answers and buttons are erased: some time after the last message.
    """

    __tablename__ = "conversations"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), unique=True)
    language: Mapped[str]
    timezone: Mapped[str]
    state: Mapped[dict[str, Any]]
    forget_at: Mapped[datetime | None] = mapped_column(index=True)


class PromptRow(Base):
    """What one asking offered, so that an older button can say what it was."""

    __tablename__ = "prompts"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[str]
    offered: Mapped[list[Any]]
    asked_at: Mapped[datetime] = mapped_column(index=True)


class PendingInbound(Base):
    """A message whose turn is to come, for others are in its way; by the platform's number."""

    __tablename__ = "waiting"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class InboundRow(Base):
    """A message that came in, and what was answered, to be repeated when it comes again.

    `said` is its text, or the label of the button that was tapped.
    """

    __tablename__ = "inbounds"
    # A page asks for what is newer than a number: none may be given twice, even after a sweep.
    __table_args__ = (UniqueConstraint("account", "message_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    message_id: Mapped[str]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    said: Mapped[str | None]
    replies: Mapped[list[Any]]
    received_at: Mapped[datetime] = mapped_column(index=True)
