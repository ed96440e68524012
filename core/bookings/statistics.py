"""Counts of a municipality's bookings and messages, which show nobody's booking."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, distinct, func, select, type_coerce
from sqlalchemy.orm import Session

from core.actor import Staff
from core.availability.schedule import day_bounds
from core.availability.slots import MAX_DURATION
from core.bookings.agenda import LISTED
from core.bookings.drop_off import StepCount, count_steps
from core.catalogue.registry import Registry
from core.db.models import REMINDERS, Booking, BookingState, History, HistoryAction, OutboxRow
from core.staff.members import find_municipality
from core.staff.rights import Action, check_municipality

_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class BookingCount:
    """The number of bookings of a service over a channel, in a state."""

    service: str
    channel: str
    state: str
    count: int


@dataclass(frozen=True)
class HoldCount:
    """The number of times held on a platform, and of those that were confirmed."""

    platform: str
    held: int
    confirmed: int


@dataclass(frozen=True)
class MessageCount:
    """The number of messages about bookings, by platform, kind and status."""

    platform: str
    kind: str
    status: str
    count: int


@dataclass(frozen=True)
class Statistics:
    """Counts of the bookings that begin on some days, and of the messages about them.

    `lead_days` has how many were confirmed so many whole days before. `no_show_rate` is of those
    of which it is marked whether the citizen came; None where of none. `steps` are of the booking
    dialogs that ended on those days.
    """

    bookings: Sequence[BookingCount]
    no_show_rate: float | None
    lead_days: Mapping[int, int]
    holds: Sequence[HoldCount]
    messages: Sequence[MessageCount]
    steps: Sequence[StepCount]


def count_all(
    session: Session,
    registry: Registry,
    staff: Staff,
    municipality_id: str,
    *,
    first: date,
    last: date,
) -> Statistics:
    """Return the counts of some days. Raises StaffRefused: not_allowed, not_found."""
    check_municipality(staff, Action.STATISTICS, municipality_id)
    zone = ZoneInfo(find_municipality(registry, municipality_id).body.timezone)
    since, until = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    begin = _begin(municipality_id, since, until)
    counted = _bookings(session, begin)
    by_state = Counter[str]()
    for each in counted:
        by_state[each.state] += each.count
    missed, came = by_state[BookingState.NO_SHOW], by_state[BookingState.COMPLETED]
    return Statistics(
        counted,
        missed / (missed + came) if missed + came else None,
        _lead_days(session, begin),
        _holds(session, begin),
        _messages(session, begin),
        count_steps(session, municipality_id, since, until),
    )


def _begin(municipality_id: str, since: datetime, until: datetime) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for bookings that begin then."""
    return (
        Booking.municipality_id == municipality_id,
        Booking.starts_at >= since,
        Booking.starts_at < until,
        # As the index has it: nothing is longer than a day.
        Booking.ends_at > since,
        Booking.ends_at < until + MAX_DURATION,
    )


def _bookings(session: Session, begin: Sequence[ColumnElement[bool]]) -> Sequence[BookingCount]:
    by = (Booking.service, Booking.channel, Booking.state)
    query = select(*by, func.count()).where(*begin, Booking.state.in_(LISTED))
    return [BookingCount(*row) for row in session.execute(query.group_by(*by).order_by(*by))]


def _lead_days(session: Session, begin: Sequence[ColumnElement[bool]]) -> Mapping[int, int]:
    """Return how many bookings were confirmed so many whole days before they begin, as they are."""
    seconds: Any = type_coerce(Booking.starts_at, Integer) - type_coerce(History.at, Integer)
    query = (
        select((seconds // _DAY).label("days"), func.count())
        .join(History, History.booking_id == Booking.id)
        .where(*begin, Booking.state.in_(LISTED), History.action == HistoryAction.CONFIRMED)
        .group_by("days")
        .order_by("days")
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _holds(session: Session, begin: Sequence[ColumnElement[bool]]) -> Sequence[HoldCount]:
    confirmed = func.count(distinct(Booking.code))
    query = (
        select(History.platform, func.count(distinct(Booking.id)), confirmed)
        .join(History, History.booking_id == Booking.id)
        .where(*begin, History.action == HistoryAction.HELD, History.platform.is_not(None))
        .group_by(History.platform)
        .order_by(History.platform)
    )
    return [HoldCount(platform or "", *counts) for platform, *counts in session.execute(query)]


def _messages(session: Session, begin: Sequence[ColumnElement[bool]]) -> Sequence[MessageCount]:
    """Return the counts of messages, but for reminders whose platform isn't chosen yet."""
    by = (OutboxRow.platform, OutboxRow.kind, OutboxRow.status)
    query = (
        select(*by, func.count())
        .join(Booking, OutboxRow.booking_id == Booking.id)
        .where(*begin, OutboxRow.account != REMINDERS)
    )
    return [MessageCount(*row) for row in session.execute(query.group_by(*by).order_by(*by))]
