"""Actions of staff that change no booking: say that they saw it, see whom to call."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.bookings.attendance import check_recent
from core.bookings.by_staff import check_awaited, check_right
from core.bookings.true_state import changed, day_and_time, zone_of
from core.catalogue.registry import Registry
from core.db.models import Booking, History, StaffAction, StaffMember
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import _
from core.messaging.keys import Cause
from core.staff.alerts import ALERTED, enqueue_edits
from core.staff.record import record
from core.staff.rights import Action

PHONE_FIELD = "phone"


class Seen(NamedTuple):
    """The member who saw an alert first, and the time."""

    name: str
    at: datetime


def seen_by(session: Session, booking: Booking) -> Seen | None:
    """Return who saw a booking as it is; None where nobody has said so since it was changed."""
    last = _last_alerted(session, booking)
    if last is None:
        return None
    # Of those recorded before the change was, the time says it.
    by_time = and_(StaffAction.change_id.is_(None), StaffAction.at >= last.at)
    found = session.execute(
        select(StaffMember.name.label("name"), StaffAction.at)
        .join(StaffMember, StaffAction.member_id == StaffMember.id)
        .where(
            StaffAction.booking_id == booking.id,
            StaffAction.action == Action.SEEN,
            or_(StaffAction.change_id == last.id, by_time),
        )
        .order_by(StaffAction.id)
        .limit(1)
    ).first()
    return Seen(found.name, found.at) if found else None


def _last_alerted(session: Session, booking: Booking) -> History | None:
    """Return the last change to a booking that rooms are alerted to; None where there is none."""
    return session.scalar(
        select(History)
        .where(History.booking_id == booking.id, History.action.in_(ALERTED))
        .order_by(History.id.desc())
        .limit(1)
    )


def mark_seen(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    now: datetime,
    *,
    shown: datetime | None = None,
) -> None:
    """Record that a member saw a booking as it is, until it is over; have its alerts show it.

    Raises StaffRefused: not_allowed, not_found, changed (also where another has seen it).
    """
    check_right(registry, staff, Action.SEEN, booking)
    session.refresh(booking, with_for_update=True)  # of two who tap at once, one is the first
    check_awaited(session, registry, booking, now, shown)
    if seen := seen_by(session, booking):
        when = day_and_time(seen.at, zone_of(registry, booking))
        raise changed(_("It was seen already ({who}, {when}).", who=seen.name, when=when))
    home = booking.municipality_id
    last = _last_alerted(session, booking)
    change_id = last.id if last else None
    record(
        session,
        staff,
        Action.SEEN,
        now,
        municipality_id=home,
        booking_id=booking.id,
        change_id=change_id,
    )
    session.flush()
    enqueue_edits(session, registry, booking, Cause.seen(change_id), now)


def show_number(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    now: datetime,
    *,
    is_recorded: bool = False,
) -> str:
    """Return the telephone number of a booking that isn't long over, to call it.

    Also of a cancelled one. It is recorded, unless it is already. Raises StaffRefused: not_allowed,
    not_found, changed (there is none).
    """
    check_right(registry, staff, Action.NUMBER, booking)
    check_recent(registry, booking, now)
    number = booking.details.get(PHONE_FIELD)
    if not number:
        raise StaffRefused(
            StaffRefusalKind.CHANGED, _("There is no telephone number in this appointment.")
        )
    if not is_recorded:
        home = booking.municipality_id
        record(session, staff, Action.NUMBER, now, municipality_id=home, booking_id=booking.id)
    return str(number)
