"""Offers of another time, to the citizens whose appointments can't take place as booked."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, and_
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, only

_OPEN = only("state IN ('pending','made')")
_PENDING = only("state = 'pending'")


class OfferState(StrEnum):
    """The state of an offer: pending → made → accepted / declined / expired.

    While it is pending or made, it may be withdrawn: the old time stands after all, or the booking
    was moved or cancelled another way. It may be replaced by another that is asked for: its time is
    lost, or the old one can't be kept for another reason. Where no time was free, it is
    `none_free`. One that led to nothing is withdrawn, too, when the old time stands after all.
    """

    PENDING = "pending"
    MADE = "made"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    NONE_FREE = "none_free"


class TimeOffer(Base):
    """Another time that is offered for a booking, and held for it meanwhile.

    The time is that of the hold `hold_id`, a booking whose `offered_for_id` is this one's. It is
    offered because of the schedule exception, of a changed catalogue, or because the member of
    staff asked for it (see `by_choice`). A booking has one open offer at most.
    """

    __tablename__ = "time_offers"
    __table_args__ = (
        Index("ix_time_offers_open", "booking_id", unique=True, **_OPEN),
        Index("ix_time_offers_pending", "id", **_PENDING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), index=True)
    exception_id: Mapped[int | None] = mapped_column(
        ForeignKey("schedule_exceptions.id"), index=True
    )
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    state: Mapped[str]
    """An OfferState."""
    asked_at: Mapped[datetime]
    """The time at which it was asked for; it is made some time after, in its turn."""
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @hybrid_property
    def by_choice(self) -> bool:
        """Return whether an employee asked for it while the old time could be kept."""
        return self.exception_id is None and self.member_id is not None

    @by_choice.inplace.expression
    @classmethod
    def _by_choice(cls) -> ColumnElement[bool]:
        return and_(cls.exception_id.is_(None), cls.member_id.is_not(None))
