"""Closures and extra openings of staff: previewed, made, withdrawn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.availability.schedule import overlaps
from core.bookings.by_staff import check_reason
from core.bookings.closures import displaced
from core.bookings.closures.checks import (
    check_others,
    check_times,
    check_withdrawable,
)
from core.bookings.closures.displaced import Plan
from core.bookings.closures.request import ExceptionRequest
from core.bookings.offers.served import can_be_kept
from core.bookings.offers.service import ASKED
from core.bookings.offers.withdrawal import bookings_offered
from core.catalogue.registry import LOAD_LOCK, LoadedMunicipality, Registry
from core.catalogue.schedule_exceptions import (
    by_desk,
    desks_of,
    merge,
    special_hours,
    update_digest,
)
from core.db.advisory_locks import lock
from core.db.events import record_event
from core.db.models import (
    Booking,
    BookingState,
    ExceptionKind,
    ScheduleException,
)
from core.i18n import _
from core.staff.closure_alerts import enqueue_closure
from core.staff.members import find_desk, find_municipality
from core.staff.record import record
from core.staff.rights import Action, check_desk, check_municipality, not_found

ACTIONS = {ExceptionKind.CLOSURE: Action.CLOSE, ExceptionKind.OPENING: Action.OPEN}


@dataclass(frozen=True)
class Made:
    """A closure or an extra opening that was made, and what became of the bookings in its way."""

    id: int
    plan: Plan


@dataclass(frozen=True)
class Ended:
    """A closure or an extra opening that has ended.

    `withdrawn` is how many offers of another time are withdrawn, in portions after it, for their
    appointments can be kept; others stay, or another time is offered instead.
    """

    withdrawn: int
    plan: Plan


def preview(
    session: Session, registry: Registry, staff: Staff, asked: ExceptionRequest, now: datetime
) -> Plan:
    """Return what would become of the bookings in the way. Raises StaffRefused as `make` does."""
    loaded, row = _checked(session, registry, staff, asked, now)
    return _plan(session, loaded, row, now)


def make(
    session: Session, registry: Registry, staff: Staff, asked: ExceptionRequest, now: datetime
) -> Made:
    """Make a closure or an extra opening; bookings in the way go elsewhere, or are offered a time.

    Raises StaffRefused: not_allowed; not_found, also where it isn't theirs; invalid; changed, where
    it is so already.
    """
    lock(session, LOAD_LOCK)
    registry.refresh(session)
    loaded, row = _checked(session, registry, staff, asked, now)
    planned = _plan(session, loaded, row, now)
    session.add(row)
    session.flush()
    update_digest(session, loaded.body.id)
    displaced.carry_out(session, registry, loaded, planned, now, staff, row.id)
    action = ACTIONS[asked.kind]
    record(
        session,
        staff,
        action,
        now,
        municipality_id=loaded.body.id,
        exception_id=row.id,
        reason=asked.reason,
    )
    enqueue_closure(session, registry, row, now)
    session.flush()
    return Made(row.id, planned)


def preview_end(
    session: Session,
    registry: Registry,
    staff: Staff,
    municipality_id: str,
    exception_id: int,
    now: datetime,
) -> Plan:
    """Return what would become of the bookings in an extra opening that ends; none of a closure's.

    Raises StaffRefused as `withdraw` does.
    """
    loaded, row = _endable(
        session, registry, staff, municipality_id, exception_id, now, lock_it=False
    )
    return _plan_end(session, loaded, row, now)


def withdraw(
    session: Session,
    registry: Registry,
    staff: Staff,
    municipality_id: str,
    exception_id: int,
    now: datetime,
) -> Ended:
    """End a closure or an extra opening.

    A closure's bookings stand as they were; for those in another closure, the offer stays,
    or a time is offered again. An opening's are in the way, as a closure's are. Raises
    StaffRefused: not_allowed, not_found; changed, where it is over or withdrawn.
    """
    lock(session, LOAD_LOCK)
    registry.refresh(session)
    loaded, row = _endable(session, registry, staff, municipality_id, exception_id, now)
    planned = _plan_end(session, loaded, row, now)
    row.withdrawn_at = now
    session.flush()
    update_digest(session, municipality_id)
    displaced.carry_out(session, registry, loaded, planned, now, staff, row.id)
    is_closure = row.kind == ExceptionKind.CLOSURE
    in_way = [booking.id for booking in _in_way(session, loaded, row, now)] if is_closure else ()
    offered = bookings_offered(session, row.id, in_way, now) if is_closure else ()
    if offered:
        record_event(session, ASKED)
    new = _without(session, loaded, row) if offered else loaded
    count = sum(can_be_kept(new, booking) for booking in offered)
    record(session, staff, Action.OPEN, now, municipality_id=municipality_id, exception_id=row.id)
    enqueue_closure(session, registry, row, now, ended=True)
    session.flush()
    return Ended(count, planned)


def _endable(
    session: Session,
    registry: Registry,
    staff: Staff,
    municipality_id: str,
    exception_id: int,
    now: datetime,
    *,
    lock_it: bool = True,
) -> tuple[LoadedMunicipality, ScheduleException]:
    """Return the municipality, and what can be ended, locked if asked for. Raises StaffRefused."""
    loaded = find_municipality(registry, municipality_id)
    check_municipality(staff, Action.OPEN, municipality_id)
    row = session.get(ScheduleException, exception_id, with_for_update=lock_it or None)
    if row is None or row.municipality_id != municipality_id:
        raise not_found(_("There is no closure or opening {number}.", number=str(exception_id)))
    check_desk(staff, Action.OPEN, municipality_id, row.desk_id)
    check_withdrawable(row, ZoneInfo(loaded.body.timezone), now)
    return loaded, row


def _plan_end(
    session: Session, loaded: LoadedMunicipality, row: ScheduleException, now: datetime
) -> Plan:
    """Return what becomes of the bookings for which desks are open only by an extra opening."""
    if row.kind == ExceptionKind.CLOSURE:
        return Plan()
    new = _without(session, loaded, row)
    in_way = [
        booking for booking in _in_way(session, loaded, row, now) if not can_be_kept(new, booking)
    ]
    return displaced.plan(session, new, in_way, now)


def _without(
    session: Session, loaded: LoadedMunicipality, row: ScheduleException
) -> LoadedMunicipality:
    """Return a municipality on the days of a closure or an opening, as it is without that."""
    others = session.scalars(
        select(ScheduleException).where(
            ScheduleException.municipality_id == loaded.body.id,
            ScheduleException.withdrawn_at.is_(None),
            ScheduleException.last >= row.first,
            ScheduleException.first <= row.last,
            ScheduleException.id != row.id,
        )
    ).all()
    return replace(loaded, exceptions=by_desk(others, loaded.desk_ids))


def _checked(
    session: Session, registry: Registry, staff: Staff, asked: ExceptionRequest, now: datetime
) -> tuple[LoadedMunicipality, ScheduleException]:
    """Return the municipality, and the row to be stored. Raises StaffRefused."""
    check_municipality(staff, ACTIONS[asked.kind], asked.municipality_id)
    loaded = find_municipality(registry, asked.municipality_id)
    branches = [branch.id for branch in loaded.body.branches]
    if asked.branch is not None and asked.branch not in branches:
        raise not_found(
            _(
                "There is no branch {given}. There are: {known}.",
                given=asked.branch,
                known=", ".join(branches),
            )
        )
    desk_id = find_desk(loaded, asked.desk) if asked.desk else None
    check_desk(staff, ACTIONS[asked.kind], asked.municipality_id, desk_id)
    reason = check_reason(asked.reason) if asked.reason else None
    row = ScheduleException(
        municipality_id=asked.municipality_id,
        branch=asked.desk.partition("/")[0] if asked.desk else asked.branch,
        desk_id=desk_id,
        kind=asked.kind,
        first=asked.first,
        last=asked.last,
        start=asked.start,
        end=asked.end,
        reason=reason,
        member_id=staff.member_id,
        made_at=now,
    )
    check_times(row, ZoneInfo(loaded.body.timezone), now)
    check_others(session, row)
    return loaded, row


def _plan(
    session: Session, loaded: LoadedMunicipality, row: ScheduleException, now: datetime
) -> Plan:
    if row.kind == ExceptionKind.OPENING:
        return Plan()
    exceptions = merge(loaded.exceptions, by_desk([row], loaded.desk_ids))
    new = replace(loaded, exceptions=exceptions)
    return displaced.plan(session, new, [*_in_way(session, loaded, row, now)], now)


def _in_way(
    session: Session, loaded: LoadedMunicipality, row: ScheduleException, now: datetime
) -> Iterator[Booking]:
    """Yield the bookings to come that lie in the hours of a closure or an extra opening."""
    zone = ZoneInfo(loaded.body.timezone)
    first = max(row.first, now.astimezone(zone).date())
    since = datetime.combine(first, time(), zone) - timedelta(days=1)
    bookings = session.scalars(
        select(Booking)
        .where(
            Booking.desk_id.in_(desks_of(row, loaded.desk_ids)),
            Booking.state.in_((BookingState.HELD, BookingState.CONFIRMED)),
            Booking.starts_at > max(since, now),
            Booking.starts_at < datetime.combine(row.last, time(), zone) + timedelta(days=1),
        )
        .order_by(Booking.starts_at, Booking.id)
    ).all()
    hours = special_hours(row)
    for booking in bookings:
        if overlaps(hours, booking.starts_at, booking.ends_at, zone):
            yield booking
