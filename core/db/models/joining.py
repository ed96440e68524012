"""Requests to join two chats of one person."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base
from core.db.personal import PersonalColumn, WithPublicId, personal


class JoinRequest(WithPublicId, Base):
    """A request to join a chat, `contact_id`, with the one in which its link will be opened.

    A contact has one at most: it is deleted when the chats are joined, or it has ended otherwise.
    Of the token in the link and of the number there are hashes only.
    """

    __tablename__ = "join_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    """The SHA-256 of the token, in hexadecimal."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """The time until which the link can be opened."""
    municipality_id: Mapped[str | None]
    """The municipality whose own page or bot the first chat is."""
    _shown_name: Mapped[Any | None] = mapped_column("shown_name", PersonalColumn("shown_name"))
    shown_name = personal[str | None]("_shown_name")
    """The name that the first chat's platform shows of its owner, if it tells one."""
    joining_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    """The contact that has been shown the number; None until one has."""
    number_hash: Mapped[str | None]
    number_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    """The wrong numbers that were written in the first chat."""
