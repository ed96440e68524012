"""One booking with its history, for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.bookings.agenda import desk_names
from core.bookings.by_staff import find
from core.catalogue.registry import LoadedMunicipality, Registry
from core.db.models import Booking, History, HistoryAction, StaffMember
from core.db.statements import run
from core.staff.record import record
from core.staff.rights import Action


class At(NamedTuple):
    """Where and when a booking was at some time; `desk` as BRANCH/DESK."""

    desk: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Change:
    """A change in a booking's history: by a citizen, a member (named), or neither.

    `before` is where a move came from, `after` where the booking was after any change; None where
    that wasn't kept, as of holds.
    """

    at: datetime
    action: str
    fields: Sequence[str]
    platform: str | None
    by_citizen: bool
    member: str | None
    before: At | None
    after: At | None


@dataclass(frozen=True)
class BookingDetails:
    """A booking with everything that the office knows of it; `desk` as BRANCH/DESK."""

    booking: Booking
    loaded: LoadedMunicipality
    desk: str
    note: str | None
    history: Sequence[Change]


def show(
    session: Session, registry: Registry, staff: Staff, which: str | int, now: datetime
) -> BookingDetails:
    """Return the booking of a code or an id, with its details and history. It is recorded.

    Raises StaffRefused: not_allowed, not_found.
    """
    booking = find(session, registry, staff, Action.SHOW, which)
    home = booking.municipality_id
    record(session, staff, Action.SHOW, now, municipality_id=home, booking_id=booking.id)
    return details_of(session, registry, booking)


_CHANGES = (
    select(
        Booking.note.label("note"),
        History.at,
        History.action,
        History.fields,
        History.platform,
        History.citizen_id,
        StaffMember.name.label("member"),
        History.desk_before,
        History.starts_before,
        History.ends_before,
    )
    .select_from(Booking)
    .outerjoin(History, History.booking_id == Booking.id)
    .outerjoin(StaffMember, History.member_id == StaffMember.id)
    .where(Booking.id == bindparam("booking_id"))
    .order_by(History.id)
)


def details_of(session: Session, registry: Registry, booking: Booking) -> BookingDetails:
    """Return a booking that may be shown, with its history."""
    changes = run(session, _CHANGES, {"booking_id": booking.id}).all()
    loaded = registry[booking.municipality_id]
    desks, history = desk_names(loaded), list[Change]()
    now = At(desks[booking.desk_id], booking.starts_at, booking.ends_at)
    after: At | None = now
    for change in reversed(changes):  # each began where the one before it ended
        if change.at is None:
            continue
        place = (change.starts_before, change.ends_before)
        before = At(desks[change.desk_before], *place) if change.desk_before else None
        by_citizen = change.citizen_id is not None
        what = (change.at, change.action, change.fields, change.platform, by_citizen, change.member)
        history.append(Change(*what, before, after))
        if change.action in (HistoryAction.MOVED, HistoryAction.DESK_CHANGED):
            after = before
        elif change.action == HistoryAction.CONFIRMED:
            after = None  # a hold may have been of other times
    return BookingDetails(booking, loaded, now.desk, changes[0].note, history[::-1])


def details_of_new(
    registry: Registry, booking: Booking, staff: Staff, member: str, now: datetime
) -> BookingDetails:
    """Return what `details_of` does of a booking that staff (by name, `member`) have just made.

    It was held and confirmed at once, so nothing needs to be read.
    """
    loaded, at = registry[booking.municipality_id], now.replace(microsecond=0)
    place = At(desk_names(loaded)[booking.desk_id], booking.starts_at, booking.ends_at)
    history = [
        Change(at, action, (), staff.platform, False, member, None, after)
        for action, after in ((HistoryAction.HELD, None), (HistoryAction.CONFIRMED, place))
    ]
    return BookingDetails(booking, loaded, place.desk, None, history)
