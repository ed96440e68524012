"""Conversations, their prompts and messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base
from core.db.personal import PersonalColumn, WithPublicId, personal, personal_column


class Conversation(WithPublicId, Base):
    """A contact's conversation. `state` has the running dialog's answers until it ends.

    `forget_at` is when its answers and buttons are erased: some time after the last message.
    `ended_at` is when it was ended for good: nobody reaches it by its address any more.
    """

    __tablename__ = "conversations"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), unique=True)
    language: Mapped[str]
    timezone: Mapped[str]
    _state: Mapped[Any] = personal_column("state")
    state = personal[dict[str, Any]]("_state")
    forget_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class PromptRow(WithPublicId, Base):
    """A prompt and its choices, stored so that an older button can be explained.

    `offered` is NULL once they are erased.
    """

    __tablename__ = "prompts"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[str]
    _offered: Mapped[Any | None] = mapped_column("offered", PersonalColumn("offered"))
    offered = personal[list[Any] | None]("_offered")
    asked_at: Mapped[datetime] = mapped_column(index=True)


class PendingInbound(Base):
    """A message that waits for earlier ones, by the platform's number."""

    __tablename__ = "waiting"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class InboundRow(WithPublicId, Base):
    """An inbound message and the replies to it, which are repeated when it comes again.

    `said` is its text, or the label of the button that was tapped. `replies` is NULL where there
    are none, or none any more.
    """

    __tablename__ = "inbounds"
    # Pages ask for what is newer than an id: none may be used twice, even after a cleanup.
    __table_args__ = (UniqueConstraint("account", "message_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    message_id: Mapped[str]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    _said: Mapped[Any | None] = mapped_column("said", PersonalColumn("said"))
    said = personal[str | None]("_said")
    _replies: Mapped[Any | None] = mapped_column("replies", PersonalColumn("replies"))
    replies = personal[list[Any] | None]("_replies")
    received_at: Mapped[datetime] = mapped_column(index=True)
