"""The agenda: the bookings of a day, and one booking with its history, for staff."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.availability.schedule import day_bounds
from core.availability.slots import MAX_DURATION
from core.bookings.allocation import still_serves
from core.bookings.by_staff import find
from core.bookings.lookup import find_by_name
from core.catalogue.registry import LoadedMunicipality, Registry
from core.catalogue.rules import AlertFact
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking, BookingState, History, HistoryAction, StaffMember, StaffRoom
from core.db.statements import run
from core.messaging.reminders import reminded
from core.staff.record import record
from core.staff.rights import Action, Scope, check_municipality, no_municipality

LISTED = (
    BookingState.CONFIRMED,
    BookingState.COMPLETED,
    BookingState.NO_SHOW,
    BookingState.CANCELLED,
)
"""The states of the bookings that staff see: holds, and what never was confirmed, they don't."""

LISTED_AHEAD = timedelta(days=7)
"""The time ahead in which bookings are listed as the next."""


_SHOWN: tuple[Any, ...] = (
    Booking.id,
    Booking.code,
    Booking.starts_at,
    Booking.ends_at,
    Booking.service,
    Booking.channel,
    Booking.desk_id,
    Booking.state,
    Booking.arrived_at,
    Booking.version,
    Booking.details.label("details"),
)
"""The columns that lists show of a booking; of the details, the name or its initials."""


class ListPlace(NamedTuple):
    """The place of a booking in a list that is read in pages."""

    starts_at: datetime
    booking_id: int


class AgendaEntry(NamedTuple):
    """A booking as lists and alerts show it; `desk` as BRANCH/DESK, of the attendee the initials.

    And the name, where the municipality has it shown in chats; else that is "".

    A tuple, for a day may have thousands.
    """

    booking_id: int
    code: str
    starts_at: datetime
    ends_at: datetime
    service: str
    channel: str
    desk: str
    desk_id: int
    state: str
    arrived_at: datetime | None
    version: int
    initials: str
    name: str
    is_unanswered: bool = False
    """True where a reminder asked whether the citizen will come, and wasn't answered yet."""
    is_closed: bool = False
    """True where it is confirmed, though staff have closed its desk then."""


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
    loaded, served = listed(session, registry, staff, Action.LIST, municipality_id, now)
    return _with_closed(loaded, _entries(session, loaded, _on_day(loaded, served, day)))


def list_room_day(
    session: Session, loaded: LoadedMunicipality, room: StaffRoom, day: date, *, has_links: bool
) -> Sequence[AgendaEntry]:
    """Return the bookings of a room that begin on a day, except those that were cancelled.

    With those that haven't answered a reminder that asked; e-mails do where they have links.
    """
    query = _on_day(loaded, _all(loaded), day)
    if room.service_group is not None:
        query = query.where(_of(loaded, [room.service_group]))
    if room.desk_id is not None:
        query = query.where(Booking.desk_id == room.desk_id)
    query = query.where(Booking.state != BookingState.CANCELLED)
    # Ids alone, without an order: a subquery.
    ids = query.with_only_columns(Booking.id).order_by(None).where(Booking.coming_at.is_(None))
    asked = reminded(session, ids, has_links=has_links)
    return [
        entry._replace(is_unanswered=entry.booking_id in asked)
        for entry in _with_closed(loaded, _entries(session, loaded, query))
    ]


def list_next(
    session: Session,
    registry: Registry,
    staff: Staff,
    municipality_id: str,
    now: datetime,
) -> Sequence[AgendaEntry]:
    """Return the confirmed bookings that begin within LISTED_AHEAD, as `list_day` does.

    It is recorded. Raises StaffRefused: not_allowed, not_found.
    """
    loaded, served = listed(session, registry, staff, Action.LIST, municipality_id, now)
    until = now + LISTED_AHEAD
    return _entries(
        session,
        loaded,
        served.where(
            Booking.starts_at >= now,
            Booking.starts_at < until,
            Booking.ends_at > now,
            Booking.ends_at < until + MAX_DURATION,
            Booking.state == BookingState.CONFIRMED,
        ),
    )


def list_page(
    session: Session,
    registry: Registry,
    staff: Staff,
    municipality_id: str,
    now: datetime,
    *,
    first: date,
    last: date,
    most: int,
    desk_id: int | None = None,
    states: Collection[BookingState] = LISTED,
    after: ListPlace | None = None,
) -> Sequence[AgendaEntry]:
    """Return the bookings that begin on some days, by time, those that a member serves.

    At most so many, those after a place in that order, which stays when others are made. It is
    recorded. Raises StaffRefused: not_allowed, not_found.
    """
    loaded, served = listed(session, registry, staff, Action.LIST, municipality_id, now)
    query = _on_days(loaded, served, first, last).where(Booking.state.in_(states))
    if desk_id is not None:
        query = query.where(Booking.desk_id == desk_id)
    if after is not None:
        at_once = and_(Booking.starts_at == after.starts_at, Booking.id > after.booking_id)
        query = query.where(or_(Booking.starts_at > after.starts_at, at_once))
    query = query.order_by(None).order_by(Booking.starts_at, Booking.id).limit(most)
    return _entries(session, loaded, query)


def find_named(
    session: Session,
    registry: Registry,
    staff: Staff,
    municipality_id: str,
    name: str,
    now: datetime,
) -> Sequence[AgendaEntry]:
    """Return the bookings of a name that a member serves, as `find_by_name` finds them.

    It is recorded. Raises StaffRefused: not_allowed, not_found.
    """
    loaded, served = listed(session, registry, staff, Action.FIND, municipality_id, now)
    found = [each.id for each in find_by_name(session, municipality_id, name, now)]
    query = served.where(Booking.id.in_(found), Booking.state.in_(LISTED))
    return _entries(session, loaded, query)


def listed(
    session: Session,
    registry: Registry,
    staff: Staff,
    action: Action,
    municipality_id: str,
    now: datetime,
) -> tuple[LoadedMunicipality, Select[Any]]:
    """Return a municipality, and the query of its bookings that a member serves.

    It is recorded. Raises StaffRefused: not_allowed, not_found.
    """
    scope = check_municipality(staff, action, municipality_id)
    try:
        loaded = registry[municipality_id]
    except KeyError:
        raise no_municipality() from None
    record(session, staff, action, now, municipality_id=municipality_id)
    query = _all(loaded)
    if scope is Scope.AREA:
        query = query.where(or_(_of(loaded, staff.groups), Booking.desk_id.in_(staff.desks)))
    return loaded, query


def _all(loaded: LoadedMunicipality) -> Select[Any]:
    """Return the query of what lists show of a municipality's bookings."""
    return (
        select(*_SHOWN)
        .where(Booking.municipality_id == loaded.body.id)
        .order_by(Booking.starts_at, Booking.desk_id, Booking.id)
    )


def _of(loaded: LoadedMunicipality, groups: Collection[str]) -> ColumnElement[bool]:
    """Return the condition for bookings of services in these groups."""
    among = (group for group in loaded.body.groups if group.id in groups)
    return Booking.service.in_([service.id for group in among for service in group.services])


def _on_day(loaded: LoadedMunicipality, query: Select[Any], day: date) -> Select[Any]:
    """Return the query of the listed bookings that begin on a day."""
    return _on_days(loaded, query, day, day)


def _on_days(
    loaded: LoadedMunicipality, query: Select[Any], first: date, last: date
) -> Select[Any]:
    zone = ZoneInfo(loaded.body.timezone)
    since, until = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    return query.where(
        Booking.starts_at >= since,
        Booking.starts_at < until,
        # As the index has it: nothing is longer than a day.
        Booking.ends_at > since,
        Booking.ends_at < until + MAX_DURATION,
        Booking.state.in_(LISTED),
    )


def _entries(
    session: Session, loaded: LoadedMunicipality, query: Select[Any]
) -> Sequence[AgendaEntry]:
    # On the connection, for the session would process each of thousands of rows once more.
    rows = session.connection().execute(query).all()
    desks, shows_name = _desks(loaded), _shows_name(loaded)
    entries = []
    for number, code, start, end, service, channel, desk, state, arrived, version, details in rows:
        name = details.get("name", "")
        what = (number, code or "", start, end, service, channel, desks[desk], desk, state, arrived)
        entries.append(AgendaEntry(*what, version, initials(name), name if shows_name else ""))
    return entries


def _with_closed(
    loaded: LoadedMunicipality, entries: Sequence[AgendaEntry]
) -> Sequence[AgendaEntry]:
    """Return bookings of a day with those marked that lie in closed hours."""
    if not loaded.exceptions:
        return entries
    offers: dict[tuple[str, str, str], ServiceOffer] = {}
    marked = []
    for entry in entries:
        branch = entry.desk.partition("/")[0]
        if entry.state == BookingState.CONFIRMED and loaded.has(entry.service, branch):
            which = (entry.service, branch, entry.channel)
            offer = offers.get(which) or offers.setdefault(which, loaded.offer(*which))
            entry = entry._replace(is_closed=not still_serves(offer, entry))  # noqa: PLW2901
        marked.append(entry)
    return marked


def entry_of(loaded: LoadedMunicipality, booking: Booking) -> AgendaEntry:
    """Return a booking as lists and alerts show it."""
    name = booking.details.get("name", "")
    return AgendaEntry(
        booking.id,
        booking.code or "",
        booking.starts_at,
        booking.ends_at,
        booking.service,
        booking.channel,
        _desks(loaded)[booking.desk_id],
        booking.desk_id,
        booking.state,
        booking.arrived_at,
        booking.version,
        initials(name),
        name if _shows_name(loaded) else "",
    )


def _shows_name(loaded: LoadedMunicipality) -> bool:
    return AlertFact.NAME in loaded.body.staff_chat.shows


def _desks(loaded: LoadedMunicipality) -> Mapping[int, str]:
    """Return the desks as BRANCH/DESK, by row id."""
    return {row_id: f"{at}/{desk}" for (at, desk), row_id in loaded.desk_ids.items()}


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
    desks, history = _desks(loaded), list[Change]()
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


def initials(name: str) -> str:
    """Return the initials of a name, without accents, such as Μ.Π.; "" where there is none."""
    return "".join(f"{unicodedata.normalize('NFD', word)[0].upper()}." for word in name.split())
