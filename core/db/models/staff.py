"""Members of staff, what they may see, their rooms, codes, and the record of what they did."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.actor import Role
from core.db.models.base import Base
from core.db.personal import PersonalColumn, WithPublicId, personal, personal_column

ROLES = ",".join(repr(role.value) for role in Role)


class CodePurpose(StrEnum):
    """The purpose of a one-time code."""

    ROOM = "room"
    """It binds a chat to a municipality, a service group or a desk."""
    LINK = "link"
    """It links a member's own account."""


class StaffMember(WithPublicId, Base):
    """A member of staff. An operator serves the whole deployment, and has no municipality."""

    __tablename__ = "staff_members"
    __table_args__ = (
        CheckConstraint(
            f"role IN ({ROLES}) AND (role = 'operator') = (municipality_id IS NULL)", name="role"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[str | None] = mapped_column(ForeignKey("municipalities.id"))
    role: Mapped[str]
    """A Role."""
    _name: Mapped[Any] = personal_column("name")
    name = personal[str]("_name")
    added_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class StaffArea(Base):
    """A service group or a desk whose bookings an employee serves."""

    __tablename__ = "staff_areas"
    __table_args__ = (
        CheckConstraint("(service_group IS NULL) <> (desk_id IS NULL)", name="one_of_both"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    service_group: Mapped[str | None]
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desks.id"))


class StaffContact(Base):
    """A member's own address at an account (its keyed hash), linked by a one-time code."""

    __tablename__ = "staff_contacts"
    __table_args__ = (UniqueConstraint("account", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    account: Mapped[str]
    address: Mapped[str]
    linked_at: Mapped[datetime]


class StaffRoom(Base):
    """A chat of staff, or a topic of one ("" where it has none), bound by a one-time code.

    It is for the bookings of a whole municipality, unless a service group or a desk is named.
    """

    __tablename__ = "staff_rooms"
    __table_args__ = (UniqueConstraint("account", "chat", "topic"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[str] = mapped_column(ForeignKey("municipalities.id"), index=True)
    service_group: Mapped[str | None]
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desks.id"))
    account: Mapped[str]
    chat: Mapped[str]
    topic: Mapped[str]
    bound_at: Mapped[datetime]
    unbound_at: Mapped[datetime | None]
    paced_until: Mapped[datetime | None]
    """The time up to which its messages are spread, by the pace that a group allows."""
    strangers_answered_at: Mapped[datetime | None]
    """When somebody unknown was last answered in it."""


class StaffCode(Base):
    """A one-time code (its keyed hash), and what it is for."""

    __tablename__ = "staff_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    """A CodePurpose."""
    municipality_id: Mapped[str | None] = mapped_column(ForeignKey("municipalities.id"))
    service_group: Mapped[str | None]
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desks.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    """Whose account it links."""
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StaffAction(WithPublicId, Base):
    """Something that staff did: who, when, what, over which platform, with which booking.

    `member_id` is None for the operator on the command line. `of_member_id` and `room_id` are
    those that it was done to.
    """

    __tablename__ = "staff_actions"
    __table_args__ = (Index(None, "municipality_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    platform: Mapped[str]
    action: Mapped[str]
    """A staff Action."""
    municipality_id: Mapped[str | None] = mapped_column(ForeignKey("municipalities.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), index=True)
    of_member_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("staff_rooms.id"))
    change_id: Mapped[int | None]
    """The last change in the booking's history that was seen.

    Where hours were closed or opened, the number of the ScheduleException.
    """
    key_id: Mapped[int | None]
    """The API key by which it was done."""
    _reason: Mapped[Any | None] = mapped_column("reason", PersonalColumn("reason"))
    reason = personal[str | None]("_reason")
    """Of a cancellation or a closure, as the citizens are told."""


class StaffInbound(WithPublicId, Base):
    """A message or tap of staff, and the answer, which is given again when it comes again."""

    __tablename__ = "staff_inbounds"
    __table_args__ = (UniqueConstraint("account", "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    message_id: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)
    _answer: Mapped[Any | None] = mapped_column("answer", PersonalColumn("answer"))
    answer = personal[dict[str, Any] | None]("_answer")


class StaffQuestion(WithPublicId, Base):
    """The question why a booking is to be cancelled, to the member who tapped, in a room.

    `shown` is the start that was shown to them. `reason` is their answer, until they confirm it.
    """

    __tablename__ = "staff_questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("staff_rooms.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), index=True)
    shown: Mapped[datetime]
    asked_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    _reason: Mapped[Any | None] = mapped_column("reason", PersonalColumn("reason"))
    reason = personal[str | None]("_reason")
