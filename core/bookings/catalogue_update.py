"""Loading a catalogue, and removing one.

Bookings for which the new catalogue has no desk go to another one, or another time is offered for
them, once the operator has seen which they are. Where their service itself is gone from the branch,
nothing could be offered, and the catalogue isn't loaded.
The bookings of a sample are for trying out: they are in nobody's way, and are cancelled.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.actor import OPERATOR
from core.bookings.by_staff import acting
from core.bookings.closures.displaced import Plan, carry_out, expire_holds, plan
from core.bookings.expiry import expire_held
from core.bookings.history import record_change
from core.bookings.offers.served import can_be_kept
from core.bookings.reference import format_code
from core.catalogue.model import Municipality
from core.catalogue.registry import LOAD_LOCK, LoadedMunicipality, Registry, read_municipality
from core.catalogue.schedule_exceptions import digest_of
from core.db.advisory_locks import lock
from core.db.models import (
    Booking,
    BookingState,
    Desk,
    HistoryAction,
    MunicipalityRow,
)
from core.errors import ConfigurationError
from core.messaging.reminders import cancel_reminders
from core.staff.closure_alerts import enqueue_loaded
from core.staff.record import record
from core.staff.rights import Action
from core.staff.webhook_events import enqueue_booking_events


class BookingsInWay(ConfigurationError):
    """The refusal of a catalogue that bookings stand in the way of, and what would become of them.

    `begun` is the number of those that are under way, and stay as they are.
    """

    def __init__(self, municipality_id: str, planned: Plan, begun: int, text: str) -> None:
        super().__init__(text)
        self.municipality_id = municipality_id
        self.plan = planned
        self.begun = begun


def load_catalogue(
    session: Session,
    body: Municipality,
    now: datetime,
    *,
    is_sample: bool = False,
    displacing: Registry | None = None,
) -> Literal["added", "updated", "unchanged"]:
    """Add or update a municipality; return what was done. One that was removed is added again.

    Where future bookings would have no desk, but did before, raises BookingsInWay, changing
    nothing; with `displacing`, the refreshed registry, they go to another desk or a time is
    offered. Raises ConfigurationError where one's service, branch or channel would be gone. Where
    it was a sample's, it is cancelled instead.
    """
    lock(session, LOAD_LOCK)
    document = body.model_dump_json(by_alias=True, exclude_defaults=True)
    digest = digest_of(session, body.id, document)
    row = session.get(MunicipalityRow, body.id)
    if row and (row.document, row.is_sample, row.removed_at) == (document, is_sample, None):
        return "unchanged"
    if row is None:
        row = MunicipalityRow(
            id=body.id, document=document, digest=digest, loaded_at=now, is_sample=is_sample
        )
        session.add(row)
        session.flush()
        _add_desks(session, body)
        return "added"
    old = read_municipality(session, body.id)
    with session.begin_nested():
        _add_desks(session, body)
        outcome: Literal["added", "updated"] = "added" if row.removed_at else "updated"
        was_sample = row.is_sample
        row.document, row.digest, row.loaded_at = document, digest, now
        row.is_sample, row.removed_at = is_sample, None
        session.flush()
        new = read_municipality(session, body.id)
        orphans = _orphans(session, new, now)
        if was_sample:
            _cancel(session, new, orphans, now)
        confirmed = _confirmed(orphans)
        _refuse(body.id, [each for each in confirmed if not _can_be_offered(new.body, each)])
        displaced = [each for each in confirmed if can_be_kept(old, each)]
        planned = plan(session, new, [each for each in displaced if each.starts_at > now], now)
        if displaced and displacing is None:
            raise _in_way(body.id, planned, displaced)
        held = [each for each in orphans if each.state == BookingState.HELD]
        expire_holds(session, new, held, now)
        if displacing is not None:
            carry_out(session, displacing, new, planned, now, OPERATOR)
            if displaced:
                record(session, OPERATOR, Action.LOAD, now, municipality_id=body.id)
            if planned.moves or planned.offers:
                enqueue_loaded(session, displacing, body.id, now)
    return outcome


def remove_municipalities(session: Session, ids: Collection[str], now: datetime) -> None:
    """Offer municipalities no more; their past bookings stay, and what was counted of them.

    Raises ConfigurationError, after which all must be rolled back, while one of them has future
    bookings, where one isn't loaded, or where they are all that are. Future holds expire, and a
    sample's bookings are cancelled.
    """
    lock(session, LOAD_LOCK)
    offered = set(session.scalars(_OFFERED))
    if unknown := [each for each in ids if each not in offered]:
        loaded = ", ".join(sorted(offered)) or "none"
        raise ConfigurationError(
            f"{', '.join(unknown)}: no municipality of that id is loaded; loaded: {loaded}."
        )
    if offered <= set(ids):
        which = "it is the only one" if len(offered) == 1 else "no other one is loaded"
        raise ConfigurationError(
            f"{', '.join(ids)}: not removed, for {which}. Load another one first."
        )
    for each in ids:
        _remove(session, each, now)


def count_awaited(session: Session, municipality_id: str, now: datetime) -> int:
    """Return the number of a municipality's appointments that aren't over."""
    return len(_confirmed(session.scalars(_future_bookings(municipality_id, now))))


def _remove(session: Session, municipality_id: str, now: datetime) -> None:
    row = session.get_one(MunicipalityRow, municipality_id)
    future = session.scalars(_future_bookings(municipality_id, now)).all()
    loaded = read_municipality(session, municipality_id)
    if row.is_sample:
        _cancel(session, loaded, future, now)
    if confirmed := _confirmed(future):
        zone = ZoneInfo(loaded.body.timezone)
        named = ", ".join(
            f"{format_code(booking.code or '')} ({booking.starts_at.astimezone(zone):{_SHOWN}})"
            for booking in confirmed
        )
        raise ConfigurationError(
            f"{municipality_id}: not removed, nothing was changed. It has future bookings: "
            f"{named}. Move or cancel them first."
        )
    expire_held(session, future, now)
    row.removed_at = now


_OFFERED = select(MunicipalityRow.id).where(MunicipalityRow.removed_at.is_(None))

_SHOWN = "%Y-%m-%d %H:%M"


def _future_bookings(municipality_id: str, now: datetime) -> Select[Booking]:
    """Return the query of the holds and appointments that somebody still waits for."""
    awaited = Booking.state.in_((BookingState.HELD, BookingState.CONFIRMED))
    return (
        select(Booking)
        .where(Booking.municipality_id == municipality_id, Booking.ends_at > now, awaited)
        .order_by(Booking.starts_at, Booking.id)
    )


def _confirmed(bookings: Iterable[Booking]) -> list[Booking]:
    return [booking for booking in bookings if booking.state == BookingState.CONFIRMED]


def _cancel(
    session: Session, loaded: LoadedMunicipality, bookings: Iterable[Booking], now: datetime
) -> None:
    """Cancel those that are confirmed, as the operator; only programs are told."""
    changes = []
    for booking in _confirmed(bookings):
        booking.state = BookingState.CANCELLED
        actor = acting(OPERATOR, booking)
        changes.append(
            (booking, record_change(session, booking, HistoryAction.CANCELLED, now, actor))
        )
        cancel_reminders(session, booking)
    enqueue_booking_events(session, loaded, changes, now)


def _add_desks(session: Session, body: Municipality) -> None:
    """Add rows for the desks that have none."""
    known = set(
        session.execute(select(Desk.branch, Desk.name).where(Desk.municipality_id == body.id))
    )
    wanted = {(branch.id, desk.id) for branch in body.branches for desk in branch.desks}
    session.add_all(
        Desk(municipality_id=body.id, branch=branch, name=desk)
        for branch, desk in sorted(wanted - known)
    )


def _orphans(session: Session, new: LoadedMunicipality, now: datetime) -> list[Booking]:
    """Return the future holds and appointments that would have no desk."""
    future = session.scalars(_future_bookings(new.body.id, now))
    return [booking for booking in future if not can_be_kept(new, booking)]


def _refuse(municipality_id: str, bookings: Iterable[Booking]) -> None:
    """Raise ConfigurationError where there are any of those bookings."""
    if codes := _codes(bookings):
        raise ConfigurationError(
            f"{municipality_id}: not loaded, nothing was changed. The service of these future "
            f"bookings would be gone from its branch or channel: {codes}. Move or cancel them "
            "first."
        )


def _in_way(municipality_id: str, planned: Plan, bookings: Sequence[Booking]) -> BookingsInWay:
    begun = len(bookings) - len(planned.moves) - len(planned.offers)
    text = (
        f"{municipality_id}: not loaded, nothing was changed. These future bookings would have no "
        f"desk or opening: {_codes(bookings)}."
    )
    return BookingsInWay(municipality_id, planned, begun, text)


def _codes(bookings: Iterable[Booking]) -> str:
    return ", ".join(format_code(code) for code in sorted(each.code or "" for each in bookings))


def _can_be_offered(body: Municipality, booking: Booking) -> bool:
    """Return whether a booking's branch still serves its service over its channel."""
    service = body.services.get(booking.service)
    return (
        service is not None
        and booking.channel in service.channels
        and any(
            branch.id == booking.branch for branch in body.branches_of(service.id, booking.channel)
        )
    )
