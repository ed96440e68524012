"""The agenda: the bookings of a day, and one booking with its history, for staff."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.availability.schedule import day_bounds
from core.availability.slots import MAX_DURATION
from core.bookings.by_staff import find
from core.catalogue.registry import LoadedMunicipality, Registry
from core.db.models import Booking, BookingState, Desk, History, StaffMember
from core.staff.record import record
from core.staff.rights import Action, Scope, check_municipality, no_municipality

LISTED = (
    BookingState.CONFIRMED,
    BookingState.COMPLETED,
    BookingState.NO_SHOW,
    BookingState.CANCELLED,
)
"""The states of the bookings that staff see: holds, and what never was confirmed, they don't."""


class AgendaEntry(NamedTuple):
    """A booking as a day's list shows it; `desk` as BRANCH/DESK, of the attendee the initials.

    A tuple, for a day may have thousands.
    """

    booking_id: int
    code: str
    starts_at: datetime
    ends_at: datetime
    service: str
    channel: str
    desk: str
    state: str
    arrived_at: datetime | None
    initials: str


@dataclass(frozen=True)
class Change:
    """A change in a booking's history: by a citizen, a member (named), or neither."""

    at: datetime
    action: str
    fields: Sequence[str]
    platform: str | None
    by_citizen: bool
    member: str | None


@dataclass(frozen=True)
class BookingDetails:
    """A booking with everything that the office knows of it; `desk` as BRANCH/DESK."""

    booking: Booking
    loaded: LoadedMunicipality
    desk: str
    history: Sequence[Change]


def list_day(
    session: Session,
    registry: Registry,
    staff: Staff,
    municipality_id: str,
    day: date,
    now: datetime,
) -> Sequence[AgendaEntry]:
    """Return the bookings that begin on a day, by time and desk: those that a member serves.

    It is recorded. Raises StaffRefused: not_allowed, not_found.
    """
    scope = check_municipality(staff, Action.LIST, municipality_id)
    try:
        loaded = registry[municipality_id]
    except KeyError:
        raise no_municipality() from None
    body = loaded.body
    since, until = day_bounds(day, ZoneInfo(body.timezone))
    query = (
        select(
            Booking.id,
            Booking.code,
            Booking.starts_at,
            Booking.ends_at,
            Booking.service,
            Booking.channel,
            Booking.desk_id,
            Booking.state,
            Booking.arrived_at,
            Booking.details.label("details"),
        )
        .where(
            Booking.municipality_id == municipality_id,
            Booking.starts_at >= since,
            Booking.starts_at < until,
            # As the index has it: nothing is longer than a day.
            Booking.ends_at > since,
            Booking.ends_at < until + MAX_DURATION,
            Booking.state.in_(LISTED),
        )
        .order_by(Booking.starts_at, Booking.desk_id, Booking.id)
    )
    if scope is Scope.AREA:
        groups = (group for group in body.groups if group.id in staff.groups)
        services = [service.id for group in groups for service in group.services]
        query = query.where(or_(Booking.service.in_(services), Booking.desk_id.in_(staff.desks)))
    # On the connection, for the session would process each of thousands of rows once more.
    rows = session.connection().execute(query).all()
    record(session, staff, Action.LIST, now, municipality_id=municipality_id)
    desks = {row_id: f"{at}/{desk}" for (at, desk), row_id in loaded.desk_ids.items()}
    entries = []
    for number, code, start, end, service, channel, desk, state, arrived, details in rows:
        who = initials(details.get("name", ""))
        entry = (number, code or "", start, end, service, channel, desks[desk], state, arrived, who)
        entries.append(AgendaEntry(*entry))
    return entries


def show(
    session: Session, registry: Registry, staff: Staff, which: str | int, now: datetime
) -> BookingDetails:
    """Return the booking of a code or an id, with its details and history. It is recorded.

    Raises StaffRefused: not_allowed, not_found.
    """
    booking = find(session, registry, staff, Action.SHOW, which)
    desk = session.get_one(Desk, booking.desk_id)
    changes = session.execute(
        select(History, StaffMember.name.label("name"))
        .outerjoin(StaffMember, History.member_id == StaffMember.id)
        .where(History.booking_id == booking.id)
        .order_by(History.id)
    )
    history = [
        Change(
            change.at,
            change.action,
            change.fields,
            change.platform,
            change.citizen_id is not None,
            member,
        )
        for change, member in changes
    ]
    home = booking.municipality_id
    record(session, staff, Action.SHOW, now, municipality_id=home, booking_id=booking.id)
    return BookingDetails(booking, registry[home], f"{desk.branch}/{desk.name}", history)


def initials(name: str) -> str:
    """Return the initials of a name, without accents, such as Μ.Π.; "" where there is none."""
    return "".join(f"{unicodedata.normalize('NFD', word)[0].upper()}." for word in name.split())
