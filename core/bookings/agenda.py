"""The agenda: the bookings of a day, for staff."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.availability.schedule import day_bounds
from core.availability.slots import MAX_DURATION
from core.bookings.allocation import still_serves
from core.bookings.lookup import find_by_name
from core.catalogue.registry import LoadedMunicipality, Registry
from core.catalogue.rules import AlertFact
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking, BookingState, StaffRoom
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
    desks, shows_name = desk_names(loaded), _shows_name(loaded)
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
        desk_names(loaded)[booking.desk_id],
        booking.desk_id,
        booking.state,
        booking.arrived_at,
        booking.version,
        initials(name),
        name if _shows_name(loaded) else "",
    )


def _shows_name(loaded: LoadedMunicipality) -> bool:
    return AlertFact.NAME in loaded.body.staff_chat.shows


def desk_names(loaded: LoadedMunicipality) -> Mapping[int, str]:
    """Return the desks as BRANCH/DESK, by row id."""
    return {row_id: f"{at}/{desk}" for (at, desk), row_id in loaded.desk_ids.items()}


def initials(name: str) -> str:
    """Return the initials of a name, without accents, such as Μ.Π.; "" where there is none."""
    return "".join(f"{unicodedata.normalize('NFD', word)[0].upper()}." for word in name.split())
