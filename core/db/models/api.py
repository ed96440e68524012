"""The keys of programs that use the API, and what they asked for once."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base
from core.db.personal import WithPublicId, personal, personal_column


class ApiKey(WithPublicId, Base):
    """A key of the API (its keyed hash), which acts for a member of staff."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    _name: Mapped[Any] = personal_column("name")
    name = personal[str]("_name")
    prefix: Mapped[str]
    """Its first characters, which tell it from others."""
    key_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    """Each a KeyScope."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """The time of its last use, give or take a minute."""


class ApiRequest(Base):
    """A request that was carried out, by the name that the program gave it (keyed hashes).

    The answer isn't stored: it is made anew from what was made or changed, `subject_id`.
    """

    __tablename__ = "api_requests"
    __table_args__ = (UniqueConstraint("key_id", "name_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id"))
    name_hash: Mapped[str]
    request_hash: Mapped[str]
    """Of the method, the path and the body."""
    subject_id: Mapped[int]
    """A booking's id, or a closure's."""
    at: Mapped[datetime] = mapped_column(index=True)
