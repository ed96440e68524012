"""Bookings and their history."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base
from core.db.personal import PersonalColumn, WithPublicId, personal, personal_column

LIVE = text("bookings.state IN ('held','confirmed','completed','no_show')")
"""The condition for the states in which a booking occupies its desk, until it ends.

It has literals, not parameters, for it must equal the condition of the partial index.
"""


HELD = text("bookings.state = 'held'")
"""The condition for holds, lapsed or not; literal, as LIVE is."""


class BookingState(StrEnum):
    """The state of a booking: held → confirmed → completed / no_show / cancelled; held → expired.

    An expired hold is confirmed all the same where its time is still free. Staff may undo
    completed and no_show, which makes it confirmed again.
    """

    HELD = "held"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class HistoryAction(StrEnum):
    """A change to a booking, by which the metrics count bookings."""

    HELD = "held"
    RELEASED = "released"
    EXPIRED = "expired"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    DESK_CHANGED = "desk_changed"
    """To another desk of the branch, at the same time."""
    EDITED = "edited"
    CANCELLED = "cancelled"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    UNDONE = "undone"
    """The last of the three before it was taken back."""


class Booking(WithPublicId, Base):
    """An appointment, one row from its hold to its end."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at AND ends_at - starts_at <= 86400", name="length"),
        CheckConstraint(
            f"state IN ({','.join(repr(state.value) for state in BookingState)})", name="state"
        ),
        # ends_at and the rest are in it so that the schedule reads the index only.
        Index(
            "ix_bookings_live",
            "desk_id",
            "starts_at",
            "ends_at",
            "state",
            "held_until",
            sqlite_where=text("state IN ('held','confirmed','completed','no_show')"),
            postgresql_where=text("state IN ('held','confirmed','completed','no_show')"),
        ),
        Index(
            "ix_bookings_held",
            "held_until",
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
        Index("ix_bookings_citizen_id_ends_at", "citizen_id", "ends_at"),
        Index("ix_bookings_phone_hash_ends_at", "phone_hash", "ends_at"),
        Index("ix_bookings_email_hash_ends_at", "email_hash", "ends_at"),
        Index("ix_bookings_municipality_id_ends_at", "municipality_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Incremented by each change, so that two transactions can't overwrite each other's.
    version: Mapped[int] = mapped_column(server_default="1")
    code: Mapped[str | None] = mapped_column(unique=True)
    municipality_id: Mapped[str] = mapped_column(ForeignKey("municipalities.id"))
    branch: Mapped[str]
    service: Mapped[str]
    channel: Mapped[str]
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str]
    """A BookingState."""
    arrived_at: Mapped[datetime | None]
    """When staff saw that the attendee had come."""
    coming_at: Mapped[datetime | None]
    """The moment at which the citizen said that they would come at its present time."""
    ready: Mapped[list[Any] | None]
    """The documents that the citizen has ready, by their Greek names in the catalogue."""
    held_at: Mapped[datetime]
    held_until: Mapped[datetime]
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizens.id"))
    contact_id: Mapped[int | None]
    """The contact at which it was held; None where staff did, or before any chats were joined, when
    a citizen had one contact only."""
    offered_for_id: Mapped[int | None]
    """The booking in whose place this hold is offered to its citizen; see `TimeOffer`."""
    network: Mapped[str | None]
    _details: Mapped[Any] = personal_column("details")
    details = personal[dict[str, Any]]("_details")
    _note: Mapped[Any | None] = mapped_column("note", PersonalColumn("note"), deferred=True)
    note = personal[str | None]("_note")
    """A note of staff for colleagues; read only where it is shown."""
    phone_hash: Mapped[str | None]
    phone_proven: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether who booked had proven that the number is theirs."""
    email_hash: Mapped[str | None]
    email_changed_at: Mapped[datetime | None]
    """The time of the last change of its e-mail address, which revokes links to the former one."""
    language: Mapped[str]
    timezone: Mapped[str]
    consent_version: Mapped[str | None]
    consented_at: Mapped[datetime | None]
    consent_withdrawn_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 as SQLAlchemy has it


class Confirmation(Base):
    """A confirmation from a network address (a keyed hash), kept for as long as it is counted."""

    __tablename__ = "confirmations"
    __table_args__ = (Index("ix_confirmations_network_at", "network", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str]
    municipality_id: Mapped[str]
    at: Mapped[datetime]


class History(Base):
    """A change to a booking: who made it, when and where; `fields` are names, never values.

    `citizen_id` is the citizen who made it, `member_id` the member of staff. Neither has made what
    the clock did, or the operator on the command line.
    """

    __tablename__ = "history"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), index=True)
    at: Mapped[datetime]
    action: Mapped[str]
    """A HistoryAction."""
    fields: Mapped[list[Any]]
    citizen_id: Mapped[int | None]
    member_id: Mapped[int | None]
    platform: Mapped[str | None]
    desk_before: Mapped[int | None]
    """The desk before a move, as `starts_before` and `ends_before` are the time."""
    starts_before: Mapped[datetime | None]
    ends_before: Mapped[datetime | None]
