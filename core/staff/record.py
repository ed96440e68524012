"""The record of what staff did: who, when, what, over which platform, with which booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from core.actor import Staff
from core.db.models import ApiKey, Booking, Desk, ScheduleException, StaffAction, StaffMember
from core.staff.rights import Action, Scope, check_municipality, scope_of

_OF_HOURS = (Action.CLOSE, Action.OPEN)


@dataclass(frozen=True)
class RecordEntry:
    """Something that staff did; the `member` who did it, and whom it was done to, by name.

    `member` is None for the operator on the command line, and for whoever had a one-time code.
    `key` is the name of the API key by which a program did it for the member. `exception` is the
    closure or extra opening that was made or ended, and `desk` the name of its desk, if it has one.
    """

    id: int
    at: datetime
    member_id: int | None
    member: str | None
    key: str | None
    platform: str
    action: Action
    municipality_id: str | None
    booking_id: int | None
    code: str | None
    of_member: str | None
    room_id: int | None
    reason: str | None
    exception: ScheduleException | None = None
    desk: str | None = None


def record(
    session: Session,
    staff: Staff,
    action: Action,
    now: datetime,
    *,
    municipality_id: str | None,
    booking_id: int | None = None,
    of_member_id: int | None = None,
    room_id: int | None = None,
    change_id: int | None = None,
    exception_id: int | None = None,
    reason: str | None = None,
) -> None:
    """Store what a member did.

    `reason` is a cancellation's or closure's, as citizens are told. `change_id` is the last change
    of a booking that they saw; `exception_id` the closure or opening that they made or ended.
    """
    session.add(
        StaffAction(
            at=now,
            member_id=staff.member_id,
            key_id=staff.key_id,
            platform=staff.platform,
            action=action,
            municipality_id=municipality_id,
            booking_id=booking_id,
            of_member_id=of_member_id,
            room_id=room_id,
            change_id=change_id if exception_id is None else exception_id,
            reason=reason,
        )
    )


def entries(
    session: Session,
    staff: Staff,
    *,
    municipality_id: str | None,
    booking_id: int | None = None,
    limit: int = 50,
    before: tuple[datetime, int] | None = None,
) -> Sequence[RecordEntry]:
    """Return what was done in a municipality, or with one of its bookings; the newest first.

    `before` is the time and id of an entry: those that follow it.

    Without a municipality, what was done in the whole deployment. Raises StaffRefused:
    not_allowed, not_found.
    """
    if municipality_id is not None or scope_of(staff, Action.LIST_RECORD) is not Scope.DEPLOYMENT:
        check_municipality(staff, Action.LIST_RECORD, municipality_id)
    whom = aliased(StaffMember)
    query = (
        select(
            StaffAction,
            StaffMember.name.label("who"),
            whom.name.label("whom"),
            ApiKey.name.label("key"),
            Booking.code,
            ScheduleException,
            Desk.name.label("desk"),
        )
        .outerjoin(StaffMember, StaffAction.member_id == StaffMember.id)
        .outerjoin(whom, StaffAction.of_member_id == whom.id)
        .outerjoin(ApiKey, StaffAction.key_id == ApiKey.id)
        .outerjoin(Booking, StaffAction.booking_id == Booking.id)
        .outerjoin(
            ScheduleException,
            and_(StaffAction.action.in_(_OF_HOURS), StaffAction.change_id == ScheduleException.id),
        )
        .outerjoin(Desk, ScheduleException.desk_id == Desk.id)
        .order_by(StaffAction.at.desc(), StaffAction.id.desc())
        .limit(limit)
    )
    if municipality_id is not None:
        query = query.where(StaffAction.municipality_id == municipality_id)
    if booking_id is not None:
        query = query.where(StaffAction.booking_id == booking_id)
    if before is not None:
        at_once = and_(StaffAction.at == before[0], StaffAction.id < before[1])
        query = query.where(or_(StaffAction.at < before[0], at_once))
    return [
        RecordEntry(
            row.id,
            row.at,
            row.member_id,
            member,
            key,
            row.platform,
            Action(row.action),
            row.municipality_id,
            row.booking_id,
            code,
            of_member,
            row.room_id,
            row.reason,
            exception,
            desk,
        )
        for row, member, of_member, key, code, exception, desk in session.execute(query)
    ]


def cancellation_reason(session: Session, booking_id: int) -> str | None:
    """Return the reason that staff gave when they cancelled a booking."""
    return session.scalar(
        select(StaffAction.reason.label("reason")).where(
            StaffAction.booking_id == booking_id, StaffAction.action == Action.CANCEL
        )
    )
