"""Refusals of days and hours that can't be closed or opened, or that are so already."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.availability.schedule import is_unclear
from core.bookings.true_state import changed, day_and_time
from core.catalogue.model import MAX_HORIZON_DAYS
from core.catalogue.schedule_exceptions import special_hours
from core.catalogue.times import MIDNIGHT
from core.db.models import ExceptionKind, ScheduleException
from core.errors import ClosedThen, StaffRefusalKind, StaffRefused
from core.i18n import FormattedDate, TextTemplate, _

DAY = "d/M/y"


def check_times(row: ScheduleException, zone: ZoneInfo, now: datetime) -> None:
    """Raise StaffRefused (invalid) where the days and hours can't be so."""
    if row.last < row.first:
        raise _invalid(_("The last day is before the first."))
    if row.kind == ExceptionKind.OPENING and row.start is None:
        raise _invalid(_("Please give the hours as well, such as 17:00-19:00."))
    hours = special_hours(row)
    if hours.end <= hours.start:
        raise _invalid(_("The end is not after the beginning: {hours}.", hours=_hours(row)))
    today = now.astimezone(zone).date()
    latest = today + timedelta(days=MAX_HORIZON_DAYS)
    if row.last > latest:  # first, for after the last day of the calendar there is no time
        raise _invalid(_("Please give days up to {last}.", last=FormattedDate(latest, DAY)))
    if end_of(row, zone) <= now:
        raise _invalid(_("That is over: it is {now} now.", now=day_and_time(now, zone)))
    if row.start is None:
        return
    first = max(row.first, today)
    for day in (first + timedelta(days=n) for n in range((row.last - first).days + 1)):
        if any(is_unclear(day, at, zone) for at in (hours.start, hours.end)):
            raise _invalid(
                _(
                    "On {day} the clock is changed, and {hours} isn't clear. Please begin and end "
                    "outside of the hour that is skipped or comes twice.",
                    day=FormattedDate(day, DAY),
                    hours=_hours(row),
                )
            )


def check_others(session: Session, row: ScheduleException) -> None:
    """Raise StaffRefused (changed) where what is asked for is so already, or would do nothing.

    An extra opening within a closure of staff would do nothing: ClosedThen.
    """
    hours = special_hours(row)
    others = session.scalars(
        select(ScheduleException)
        .where(
            ScheduleException.municipality_id == row.municipality_id,
            ScheduleException.withdrawn_at.is_(None),
            ScheduleException.first <= row.first,
            ScheduleException.last >= row.last,
        )
        .order_by(ScheduleException.id)
    ).all()
    for other in others:
        covers = special_hours(other)
        if (
            other.branch not in (None, row.branch)
            or other.desk_id not in (None, row.desk_id)
            or not covers.start <= hours.start <= hours.end <= covers.end
        ):
            continue
        number = str(other.id)
        if other.kind == ExceptionKind.CLOSURE and row.kind == ExceptionKind.OPENING:
            text = _("It is closed then (closure {number}).", number=number)
            raise ClosedThen(other.id, text)
        if other.kind == row.kind:
            text = (
                _("It is closed then already (closure {number}).", number=number)
                if row.kind == ExceptionKind.CLOSURE
                else _("It is open then already (extra opening {number}).", number=number)
            )
            raise changed(text)


_ENDED = {
    ExceptionKind.CLOSURE: _("The closure {number} was ended already, on {when}."),
    ExceptionKind.OPENING: _("The extra opening {number} was ended already, on {when}."),
}

_OVER = {
    ExceptionKind.CLOSURE: _("The closure {number} is over."),
    ExceptionKind.OPENING: _("The extra opening {number} is over."),
}


def check_withdrawable(row: ScheduleException, zone: ZoneInfo, now: datetime) -> None:
    """Raise StaffRefused (changed) where a closure or an extra opening can't be ended."""
    kind, number = ExceptionKind(row.kind), str(row.id)
    if row.withdrawn_at is not None:
        when = day_and_time(row.withdrawn_at, zone)
        raise changed(TextTemplate(_ENDED[kind].message, args={"number": number, "when": when}))
    if end_of(row, zone) <= now:
        raise changed(TextTemplate(_OVER[kind].message, args={"number": number}))


def end_of(row: ScheduleException, zone: ZoneInfo) -> datetime:
    """Return when an exception is over."""
    end = special_hours(row).end
    if end == MIDNIGHT:
        return datetime.combine(row.last + timedelta(days=1), time(), zone)
    return datetime.combine(row.last, end, zone)


def _hours(row: ScheduleException) -> str:
    return f"{row.start}-{row.end}"


def _invalid(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.INVALID, text)
