"""Attendance, as staff mark it: arrived, came, didn't come; and taken back on the same day.

A desk stays taken until the end of the appointment, whatever is marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.bookings.by_staff import acting, check_right
from core.bookings.history import record_change
from core.bookings.true_state import (
    ARRIVED,
    changed,
    check_confirmed,
    day_and_time,
    say,
    zone_of,
)
from core.catalogue.registry import Registry
from core.db.models import Booking, BookingState, History, HistoryAction
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import _
from core.staff.alerts import enqueue_alerts
from core.staff.rights import Action

MARKED_WITHIN = timedelta(days=7)
"""The time after its start in which it is marked whether the citizen came, and they are called."""


@dataclass(frozen=True)
class Outcome:
    """The state and the change of a booking whose citizen came, or didn't."""

    state: BookingState
    change: HistoryAction


OUTCOMES: Mapping[Action, Outcome] = {
    Action.CAME: Outcome(BookingState.COMPLETED, HistoryAction.COMPLETED),
    Action.NO_SHOW: Outcome(BookingState.NO_SHOW, HistoryAction.NO_SHOW),
}


def mark_arrived(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    now: datetime,
    *,
    shown: datetime | None = None,
) -> None:
    """Mark that the citizen is here, on the day of the appointment.

    Raises StaffRefused: not_allowed, not_found, changed.
    """
    check_right(registry, staff, Action.ARRIVED, booking)
    check_confirmed(session, registry, booking, shown)
    if booking.arrived_at is not None:
        raise changed(say(session, registry, booking, ARRIVED))
    if not _same_day(registry, booking, booking.starts_at, now):
        raise changed(
            _(
                "This appointment is on another day: {start}.",
                start=day_and_time(booking.starts_at, zone_of(registry, booking)),
            )
        )
    booking.arrived_at = now
    _record(session, registry, staff, booking, HistoryAction.ARRIVED, now, "arrived_at")


def mark_outcome(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    action: Action,
    now: datetime,
    *,
    shown: datetime | None = None,
) -> None:
    """Mark that the citizen came, or didn't: from the start on, for a week.

    `action` is one of OUTCOMES. Raises StaffRefused: not_allowed, not_found, changed, too_early,
    too_late.
    """
    check_right(registry, staff, action, booking)
    check_confirmed(session, registry, booking, shown)
    if now < booking.starts_at:
        start = day_and_time(booking.starts_at, zone_of(registry, booking))
        raise StaffRefused(
            StaffRefusalKind.TOO_EARLY,
            _("That can be marked once the appointment begins: {start}.", start=start),
        )
    check_recent(registry, booking, now)
    outcome = OUTCOMES[action]
    booking.state = outcome.state
    _record(session, registry, staff, booking, outcome.change, now, "state")


def check_recent(registry: Registry, booking: Booking, now: datetime) -> None:
    """Raise StaffRefused (too_late) where a booking is over since longer than MARKED_WITHIN."""
    if now > booking.starts_at + MARKED_WITHIN:
        start = day_and_time(booking.starts_at, zone_of(registry, booking))
        raise StaffRefused(
            StaffRefusalKind.TOO_LATE, _("This appointment is long over: {start}.", start=start)
        )


def last_mark(booking: Booking) -> Action | None:
    """Return what is marked of a booking and would be undone first; None where nothing is."""
    marked = (action for action, each in OUTCOMES.items() if each.state == booking.state)
    arrived = booking.state == BookingState.CONFIRMED and booking.arrived_at is not None
    return next(marked, Action.ARRIVED if arrived else None)


def undoable(
    session: Session, registry: Registry, booking: Booking, now: datetime
) -> Action | None:
    """Return what was marked last, if that was today, so that it can be undone."""
    action = last_mark(booking)
    if action is None:
        return None
    change = OUTCOMES[action].change if action in OUTCOMES else HistoryAction.ARRIVED
    marked_at = session.scalar(
        select(func.max(History.at)).where(
            History.booking_id == booking.id, History.action == change
        )
    )
    if marked_at is None or not _same_day(registry, booking, marked_at, now):
        return None
    return action


def undo(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    action: Action,
    now: datetime,
) -> None:
    """Take back what was marked last, on the day on which it was marked; both stay recorded.

    `action` is what was marked: CAME, NO_SHOW or ARRIVED. Raises StaffRefused: not_allowed,
    not_found, changed, too_late.
    """
    check_right(registry, staff, Action.UNDO, booking)
    if last_mark(booking) is not action:
        check_confirmed(session, registry, booking)
        raise changed(_("It is undone already."))
    if undoable(session, registry, booking, now) is None:
        raise StaffRefused(
            StaffRefusalKind.TOO_LATE,
            _("That can be undone only on the day on which it was marked."),
        )
    if action is Action.ARRIVED:
        booking.arrived_at = None
    else:
        booking.state = BookingState.CONFIRMED
    field = "arrived_at" if action is Action.ARRIVED else "state"
    _record(session, registry, staff, booking, HistoryAction.UNDONE, now, field)


def _record(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    action: HistoryAction,
    now: datetime,
    field: str,
) -> None:
    """Record a mark, and have the rooms' alerts show it."""
    change = record_change(session, booking, action, now, acting(staff, booking), [field])
    enqueue_alerts(session, registry, booking, change, now)


def _same_day(registry: Registry, booking: Booking, one: datetime, other: datetime) -> bool:
    zone = zone_of(registry, booking)
    return one.astimezone(zone).date() == other.astimezone(zone).date()
