"""Conversations, their prompts and messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base


class Conversation(Base):
    """A contact's conversation. `state` has the running dialog's answers until it ends.

    `forget_at` is when its answers and buttons are erased: some time after the last message.
    `ended_at` is when it was ended for good: nobody reaches it by its address any more.
    """

    __tablename__ = "conversations"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), unique=True)
    language: Mapped[str]
    timezone: Mapped[str]
    state: Mapped[dict[str, Any]]
    forget_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class PromptRow(Base):
    """A prompt and its choices, stored so that an older button can be explained."""

    __tablename__ = "prompts"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[str]
    offered: Mapped[list[Any]]
    asked_at: Mapped[datetime] = mapped_column(index=True)


class PendingInbound(Base):
    """A message that waits for earlier ones, by the platform's number."""

    __tablename__ = "waiting"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class InboundRow(Base):
    """An inbound message and the replies to it, which are repeated when it comes again.

    `said` is its text, or the label of the button that was tapped.
    """

    __tablename__ = "inbounds"
    # Pages ask for what is newer than an id: none may be used twice, even after a cleanup.
    __table_args__ = (UniqueConstraint("account", "message_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    message_id: Mapped[str]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    said: Mapped[str | None]
    replies: Mapped[list[Any]]
    received_at: Mapped[datetime] = mapped_column(index=True)
