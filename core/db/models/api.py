"""The keys of programs that use the API."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
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
    """When it was used last, give or take a minute."""
