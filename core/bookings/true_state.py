"""The present state of a booking, in words for staff who saw it otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session, aliased

from core.catalogue.registry import Registry
from core.db.models import Booking, BookingState, History, HistoryAction, StaffMember
from core.db.statements import run
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import FormattedDate, Text, TextTemplate, _

DAY_AND_TIME = "d/M/y HH:mm"


@dataclass(frozen=True)
class Ended:
    """The changes by which a booking came to its state, and how that is said."""

    by: frozenset[HistoryAction]
    text: TextTemplate


ENDED: Mapping[str, Ended] = {
    BookingState.CANCELLED: Ended(
        frozenset({HistoryAction.CANCELLED, HistoryAction.CONSENT_WITHDRAWN}),
        _("This appointment was cancelled ({who}, {when})."),
    ),
    BookingState.COMPLETED: Ended(
        frozenset({HistoryAction.COMPLETED}),
        _("It is marked already that the citizen came ({who}, {when})."),
    ),
    BookingState.NO_SHOW: Ended(
        frozenset({HistoryAction.NO_SHOW}),
        _("It is marked already that the citizen didn't come ({who}, {when})."),
    ),
}
ARRIVED = Ended(
    frozenset({HistoryAction.ARRIVED}),
    _("It is marked already that the citizen is here ({who}, {when})."),
)
MOVED = Ended(
    frozenset({HistoryAction.MOVED}),
    _("This appointment was moved to {start} ({who}, {when})."),
)


class ShownChange(NamedTuple):
    """A change to a booking, and who made it, as staff are shown it.

    `starts_before` and `starts_after` are of a move; None where it isn't known whence it was.
    """

    action: HistoryAction
    at: datetime
    fields: Sequence[str]
    who: Text
    by_citizen: bool
    starts_before: datetime | None
    starts_after: datetime | None


def changed(text: TextTemplate) -> StaffRefused:
    """Return the refusal of what can't be done with a booking as it is."""
    return StaffRefused(StaffRefusalKind.CHANGED, text)


def check_confirmed(
    session: Session, registry: Registry, booking: Booking, shown: datetime | None = None
) -> None:
    """Raise StaffRefused (changed), which tells the true state, unless a booking is confirmed.

    So, too, unless it begins at the time that was `shown`, if that is given.
    """
    if ended := ENDED.get(booking.state):
        raise changed(say(session, registry, booking, ended))
    if shown is not None and booking.starts_at != shown:
        raise changed(say(session, registry, booking, MOVED))


def say(session: Session, registry: Registry, booking: Booking, ended: Ended) -> TextTemplate:
    """Return how a booking is, by whom and since when."""
    last = last_change(session, booking, History.action.in_(ended.by))
    zone = zone_of(registry, booking)
    args: dict[str, Text] = {
        "who": last.who,
        "when": day_and_time(last.at, zone),
        "start": day_and_time(booking.starts_at, zone),
    }
    return TextTemplate(ended.text.message, args=args)


_LATER = aliased(History)
_MOVED_ON = (
    select(_LATER.starts_before)
    .where(
        _LATER.booking_id == History.booking_id,
        _LATER.id > History.id,
        _LATER.starts_before.is_not(None),
    )
    .order_by(_LATER.id)
    .limit(1)
)
_LAST_CHANGE = (
    select(
        History.action,
        History.at,
        History.fields,
        History.citizen_id,
        History.starts_before,
        _MOVED_ON.scalar_subquery().label("moved_on"),
        StaffMember.name.label("name"),
    )
    .outerjoin(StaffMember, History.member_id == StaffMember.id)
    .where(History.booking_id == bindparam("booking"))
    .order_by(History.id.desc())
    .limit(1)
)
"""The last change of a booking, built once: 20 lines of an alert need as many."""


def last_change(session: Session, booking: Booking, of: ColumnElement[bool]) -> ShownChange:
    """Return the last of those changes to a booking, of which there must be one."""
    last = run(session, _LAST_CHANGE.where(of), {"booking": booking.id}).one()
    by_citizen = last.citizen_id is not None
    who: Text = last.name or (_("the citizen") if by_citizen else _("the operator"))
    return ShownChange(
        HistoryAction(last.action),
        last.at,
        last.fields,
        who,
        by_citizen,
        last.starts_before,
        last.starts_before and (last.moved_on or booking.starts_at),
    )


def zone_of(registry: Registry, booking: Booking) -> ZoneInfo:
    """Return the time zone of a booking's municipality."""
    return ZoneInfo(registry[booking.municipality_id].body.timezone)


def day_and_time(at: datetime, zone: ZoneInfo) -> FormattedDate:
    """Return a time as staff are told it."""
    return FormattedDate(at.astimezone(zone), DAY_AND_TIME)
