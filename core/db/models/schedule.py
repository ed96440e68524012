"""Closures and extra openings that staff made, beside those of the catalogue."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base
from core.db.personal import PersonalColumn, WithPublicId, personal


class ExceptionKind(StrEnum):
    """The kind of a schedule exception."""

    CLOSURE = "closure"
    OPENING = "opening"


class ScheduleException(WithPublicId, Base):
    """A time at which a municipality, a branch or a desk is closed, or has an extra opening.

    It is of a desk where one is named, else of a branch where one is, else of the whole
    municipality. It lasts from the day `first` to the day `last`, all day or from `start` to `end`
    ("HH:MM", local; the end may be "24:00") of each. `member_id` is None for the operator on the
    command line. Loading a catalogue leaves it as it is.
    """

    __tablename__ = "schedule_exceptions"
    __table_args__ = (
        CheckConstraint("first <= last", name="days"),
        CheckConstraint("(start_time IS NULL) = (end_time IS NULL)", name="hours"),
        CheckConstraint("kind = 'closure' OR start_time IS NOT NULL", name="opening_hours"),
        CheckConstraint("desk_id IS NULL OR branch IS NOT NULL", name="desk_of_branch"),
        Index(None, "municipality_id", "last"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[str] = mapped_column(ForeignKey("municipalities.id"))
    branch: Mapped[str | None]
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desks.id"))
    kind: Mapped[str]
    """An ExceptionKind."""
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date)
    start: Mapped[str | None] = mapped_column("start_time")
    end: Mapped[str | None] = mapped_column("end_time")
    _reason: Mapped[Any | None] = mapped_column("reason", PersonalColumn("reason"))
    reason = personal[str | None]("_reason")
    """As the citizens are told; it may name somebody who is ill."""
    member_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
