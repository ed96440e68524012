"""The history of bookings: who changed what, when."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.offers.ends import ENDING, withdraw_offer
from core.db.events import record_event
from core.db.models import Booking, History, HistoryAction
from core.db.read_ahead import forget, keep, kept
from core.db.statements import run
from core.staff.record import record
from core.staff.rights import Action

STAFF_ACTIONS = {
    HistoryAction.CONFIRMED: Action.BOOK,
    HistoryAction.MOVED: Action.MOVE,
    HistoryAction.EDITED: Action.EDIT,
    HistoryAction.CANCELLED: Action.CANCEL,
    HistoryAction.ARRIVED: Action.ARRIVED,
    HistoryAction.COMPLETED: Action.CAME,
    HistoryAction.NO_SHOW: Action.NO_SHOW,
    HistoryAction.UNDONE: Action.UNDO,
}
"""The action of staff that a change is. That a time was held is no action of theirs."""


CALENDAR_CHANGES = frozenset(
    {
        HistoryAction.CONFIRMED,
        HistoryAction.MOVED,
        HistoryAction.CANCELLED,
        HistoryAction.CONSENT_WITHDRAWN,
    }
)
"""The changes of a booking's time, place or state, after which its calendar entry is another.

A higher SEQUENCE may ask who had accepted once more (RFC 5546, 2.1.4), so nothing else raises it.
"""


class Place(NamedTuple):
    """The desk and the time of a booking."""

    desk_id: int
    starts_at: datetime
    ends_at: datetime


def record_change(
    session: Session,
    booking: Booking,
    action: HistoryAction,
    now: datetime,
    actor: Actor,
    fields: Iterable[str] = (),
    reason: str | None = None,
    before: Place | None = None,
) -> History:
    """Store a change in a booking's history; `fields` are the names of what was changed.

    `before` is where a moved booking was. Where staff made the change, it is recorded with what
    they did, and the `reason` that they gave. After a change in ENDING, no other time is offered
    for the booking any more.
    """
    session.flush()
    staff = actor.staff
    change = History(
        booking_id=booking.id,
        at=now,
        action=action,
        fields=list(fields),
        citizen_id=None if staff else actor.citizen_id,
        member_id=staff and staff.member_id,
        platform=actor.platform,
        desk_before=before and before.desk_id,
        starts_before=before and before.starts_at,
        ends_before=before and before.ends_at,
    )
    session.add(change)
    forget(session, _KEPT, booking.id)
    if staff and action in STAFF_ACTIONS:
        record(
            session,
            staff,
            STAFF_ACTIONS[action],
            now,
            municipality_id=booking.municipality_id,
            booking_id=booking.id,
            reason=reason,
        )
    session.flush()
    if action in ENDING:
        withdraw_offer(session, booking.id, now)
    record_event(session, "booking", action)
    return change


_SEQUENCES = (
    select(History.booking_id, func.count())
    .where(
        History.booking_id.in_(bindparam("bookings", expanding=True)),
        History.action.in_(CALENDAR_CHANGES),
    )
    .group_by(History.booking_id)
)
_KEPT = "calendar sequences"


def calendar_sequence(session: Session, booking: Booking) -> int:
    """Return the SEQUENCE of a booking's calendar entry: how often it was made another."""
    known: int | None = kept(session, _KEPT, booking.id)
    return _sequences(session, [booking.id])[booking.id] if known is None else known


def read_sequences(session: Session, bookings: Collection[int]) -> None:
    """Read the `calendar_sequence` of some bookings at once."""
    keep(session, _KEPT, _sequences(session, bookings))


def _sequences(session: Session, bookings: Collection[int]) -> Mapping[int, int]:
    found = dict.fromkeys(bookings, 0)
    for booking_id, number in run(session, _SEQUENCES, {"bookings": list(bookings)}):
        found[booking_id] = number
    return found
