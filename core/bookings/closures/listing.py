"""Closures and extra openings: listed, as they were asked for, and what became of bookings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.actor import Staff
from core.availability.schedule import overlaps
from core.bookings.agenda import AgendaEntry, entry_of
from core.bookings.closures.checks import end_of
from core.bookings.closures.displaced import Plan
from core.bookings.closures.request import ExceptionRequest
from core.bookings.offers.making import TOO_SOON
from core.catalogue.registry import LoadedMunicipality, Registry
from core.catalogue.schedule_exceptions import desks_of, special_hours
from core.db.models import (
    Booking,
    ExceptionKind,
    History,
    HistoryAction,
    OfferState,
    ScheduleException,
    StaffMember,
    TimeOffer,
)
from core.staff.members import find_municipality
from core.staff.rights import Action, check_municipality


@dataclass(frozen=True)
class Outcome:
    """The numbers of bookings that went to each desk (row ids), and that are offered a time.

    Those for which one was offered before already, for what else is in their way, count as well.
    `soon` of these begin too soon for an offer. `again` is how many others are offered another
    time because the one that was held for them is lost.
    """

    moved: Mapping[int, int]
    offered: int
    soon: int = 0
    again: int = 0


@dataclass(frozen=True)
class Listed:
    """A closure or an extra opening as it is listed; `desk` as BRANCH/DESK.

    `made_by` is None for the operator on the command line.
    """

    id: int
    asked: ExceptionRequest
    made_by: str | None
    made_at: datetime


def list_exceptions(
    session: Session, registry: Registry, staff: Staff, municipality_id: str, now: datetime
) -> Sequence[Listed]:
    """Return the closures and extra openings that aren't over, by their first day.

    Raises StaffRefused: not_allowed, not_found.
    """
    check_municipality(staff, Action.LIST_CLOSURES, municipality_id)
    loaded = find_municipality(registry, municipality_id)
    zone = ZoneInfo(loaded.body.timezone)
    rows = session.execute(
        select(ScheduleException, StaffMember.name.label("name"))
        .outerjoin(StaffMember, ScheduleException.member_id == StaffMember.id)
        .where(
            ScheduleException.municipality_id == municipality_id,
            ScheduleException.last >= now.astimezone(zone).date(),
            ScheduleException.withdrawn_at.is_(None),
        )
        .order_by(ScheduleException.first, ScheduleException.start, ScheduleException.id)
    )
    return [
        Listed(row.id, request_of(loaded, row), name, row.made_at)
        for row, name in rows
        if end_of(row, zone) > now
    ]


def on_day(
    session: Session, loaded: LoadedMunicipality, day: date, desk_id: int | None
) -> Sequence[tuple[int, ExceptionRequest]]:
    """Return the closures and extra openings of a day, with their ids; about a desk, if given."""
    rows = session.scalars(
        select(ScheduleException)
        .where(
            ScheduleException.municipality_id == loaded.body.id,
            ScheduleException.first <= day,
            ScheduleException.last >= day,
            ScheduleException.withdrawn_at.is_(None),
        )
        .order_by(ScheduleException.start, ScheduleException.id)
    )
    return [
        (row.id, request_of(loaded, row))
        for row in rows
        if desk_id is None or desk_id in desks_of(row, loaded.desk_ids)
    ]


def request_of(loaded: LoadedMunicipality, row: ScheduleException) -> ExceptionRequest:
    """Return what was asked for when an exception was made."""
    names = {row_id: f"{branch}/{desk}" for (branch, desk), row_id in loaded.desk_ids.items()}
    return ExceptionRequest(
        kind=ExceptionKind(row.kind),
        municipality_id=row.municipality_id,
        first=row.first,
        last=row.last,
        start=row.start,
        end=row.end,
        branch=row.branch if row.desk_id is None else None,
        desk=None if row.desk_id is None else names[row.desk_id],
        reason=row.reason,
    )


def outcome_of(
    session: Session, loaded: LoadedMunicipality, row: ScheduleException, at: datetime
) -> Outcome:
    """Return what became of the bookings in the way when it was made, or an opening ended."""
    made = session.execute(
        select(Booking.id, Booking.starts_at)
        .join(TimeOffer, TimeOffer.booking_id == Booking.id)
        .where(TimeOffer.exception_id == row.id, TimeOffer.asked_at == at)
    )
    offered = {each.id: each.starts_at for each in made}
    before = _offered_before(session, loaded, row, at)
    return _outcome(session, loaded, {**before, **offered}, at)


def outcome_of_load(session: Session, loaded: LoadedMunicipality, at: datetime) -> Outcome:
    """Return what became of the bookings in the way of a catalogue that was loaded at a time."""
    made = session.execute(
        select(Booking.id, Booking.starts_at)
        .join(TimeOffer, TimeOffer.booking_id == Booking.id)
        .where(
            Booking.municipality_id == loaded.body.id,
            Booking.ends_at > at,
            TimeOffer.exception_id.is_(None),
            TimeOffer.member_id.is_(None),
            TimeOffer.asked_at == at,
        )
    )
    return _outcome(session, loaded, {each.id: each.starts_at for each in made}, at)


def _outcome(
    session: Session,
    loaded: LoadedMunicipality,
    offered: Mapping[int, datetime],
    at: datetime,
) -> Outcome:
    """Return what became of bookings at a time; of those `offered` a time, the starts are given."""
    moved = session.execute(
        select(Booking.desk_id, func.count())
        .join(History, History.booking_id == Booking.id)
        .where(
            Booking.municipality_id == loaded.body.id,
            Booking.ends_at > at,  # as of all that were in its way; the past is long
            History.action == HistoryAction.DESK_CHANGED,
            History.at == at,
        )
        .group_by(Booking.desk_id)
    ).all()
    soon = sum(start < at + TOO_SOON for start in offered.values())
    again = session.scalars(
        select(Booking.id)
        .join(TimeOffer, TimeOffer.booking_id == Booking.id)
        .where(
            Booking.municipality_id == loaded.body.id,
            Booking.ends_at > at,
            TimeOffer.state == OfferState.REPLACED,
            TimeOffer.ended_at == at,
        )
    )
    lost = len({*again} - offered.keys())
    return Outcome({row[0]: row[1] for row in moved}, len(offered), soon, lost)


def has_offers(session: Session, loaded: LoadedMunicipality, row: ScheduleException) -> bool:
    """Return whether another time was offered to anybody for a closure, when it was made or since.

    Its offers may be of another closure by now, in which their bookings lie as well.
    """
    own = select(TimeOffer.id).where(TimeOffer.exception_id == row.id).limit(1)
    if session.scalar(own) is not None:
        return True
    return outcome_of(session, loaded, row, row.made_at).offered > 0


def _offered_before(
    session: Session, loaded: LoadedMunicipality, row: ScheduleException, at: datetime
) -> Mapping[int, datetime]:
    """Return the starts of bookings in its way that had an open offer because of something else."""
    moved = and_(
        History.booking_id == Booking.id, History.at > at, History.starts_before.is_not(None)
    )
    found = session.execute(
        select(
            Booking.id,
            func.coalesce(History.desk_before, Booking.desk_id),
            func.coalesce(History.starts_before, Booking.starts_at),
            func.coalesce(History.ends_before, Booking.ends_at),
        )
        .join(TimeOffer, TimeOffer.booking_id == Booking.id)
        .outerjoin(History, moved)
        .where(
            Booking.municipality_id == row.municipality_id,
            Booking.ends_at > at,
            # One that was asked for before is its own once the other closure has ended.
            or_(TimeOffer.exception_id.is_distinct_from(row.id), TimeOffer.asked_at != at),
            ~TimeOffer.by_choice,
            TimeOffer.asked_at <= at,
            or_(TimeOffer.ended_at.is_(None), TimeOffer.ended_at > at),
        )
        .order_by(History.id.desc())
    )
    # Of several moves since, the first says where it was then.
    places = {each: (desk_id, start, end) for each, desk_id, start, end in found}
    desks, hours = desks_of(row, loaded.desk_ids), special_hours(row)
    zone = ZoneInfo(loaded.body.timezone)
    return {
        each: start
        for each, (desk_id, start, end) in places.items()
        if start > at and desk_id in desks and overlaps(hours, start, end, zone)
    }


def outcome_of_plan(planned: Plan, now: datetime) -> Outcome:
    """Return what would become of the bookings in the way."""
    return Outcome(
        Counter(desk_id for _booking, desk_id in planned.moves),
        len(planned.offers),
        len(planned.too_soon(now)),
        len(planned.lost),
    )


def in_way_of_plan(
    loaded: LoadedMunicipality, planned: Plan, limit: int
) -> Sequence[tuple[AgendaEntry, str | None]]:
    """Return the first bookings in the way, each with the desk to which it would go.

    As BRANCH/DESK; None where another time would be offered.
    """
    names = {row_id: f"{branch}/{desk}" for (branch, desk), row_id in loaded.desk_ids.items()}
    found: list[tuple[Booking, str | None]] = [(booking, None) for booking in planned.offers]
    found += [(booking, names[desk_id]) for booking, desk_id in planned.moves]
    found.sort(key=lambda each: (each[0].starts_at, each[0].id))
    return [(entry_of(loaded, booking), desk) for booking, desk in found[:limit]]
