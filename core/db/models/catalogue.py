"""Municipalities and desks, as loaded from the catalogues, and the secret."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base


class MunicipalityRow(Base):
    """One municipality's catalogue, whole, as validated JSON.

    `digest` tells when it changed, or closures and openings that staff made. One that
    was removed is offered no more; its row stays, because past bookings refer to it.
    """

    __tablename__ = "municipalities"

    id: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str]
    loaded_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    is_sample: Mapped[bool] = mapped_column(server_default=false())


class Desk(Base):
    """One employee or counter. It has a row because the overlap guard needs its id."""

    __tablename__ = "desks"
    __table_args__ = (UniqueConstraint("municipality_id", "branch", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[str] = mapped_column(ForeignKey("municipalities.id"))
    branch: Mapped[str]
    name: Mapped[str]


class StoredSecret(Base):
    """A value that all processes share: PostgreSQL's key of the hashes, the key's fingerprint."""

    __tablename__ = "kept"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
