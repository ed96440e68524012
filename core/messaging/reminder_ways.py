"""The ways of reminders, which are chosen when they are due."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.events import record_event
from core.db.models import WITHOUT_WAY, Booking, BookingState, OutboxRow, OutboxStatus
from core.db.read_ahead import keep, kept
from core.db.statements import run
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue, platform_of, retry_at
from core.messaging.preferences import preferences_of
from core.messaging.reminder_times import LEAST_APART, QUIET_FROM, QUIET_UNTIL, QuietHours
from core.messaging.routes import VOICE, WAITING, all_routes_of, notification, waits
from core.messaging.text_budget import affordable

CANCELLED = OutboxStatus.CANCELLED

PATIENCE = timedelta(minutes=30)
"""The longest time for which a reminder is tried one way; there is time left for another."""


_BOOKINGS = select(Booking).where(Booking.id.in_(bindparam("ids", expanding=True)))
_DUE = (
    select(OutboxRow)
    .where(WITHOUT_WAY)
    .order_by(OutboxRow.try_at, OutboxRow.id)
    .with_for_update(skip_locked=True)
)


def is_due(session: Session, now: datetime) -> bool:
    """Return whether the way of a reminder is to be chosen; it blocks no writer."""
    due = select(OutboxRow.id).where(WITHOUT_WAY, OutboxRow.try_at <= now)
    return session.scalar(due.order_by(OutboxRow.try_at).limit(1)) is not None


def choose_ways(
    session: Session,
    registry: Registry,
    now: datetime,
    limit: int,
    report: Callable[[OutboxRow, Exception], None],
) -> Sequence[OutboxRow]:
    """Choose the ways of up to `limit` reminders that are due; return these reminders.

    That is the platform that the citizen has chosen, else the one on which they booked, else
    another of theirs, else an address of the attendee; e-mail first where they booked on a page,
    which waits, and gets it only where there is nothing else. One whose way can't be chosen, which
    is reported, is tried again later and delays no other.
    """
    if limit == 0:
        return ()
    rows = session.scalars(_DUE.where(OutboxRow.try_at <= now).limit(limit)).all()
    if not rows:
        return ()
    for row in rows:
        if row.attempts == 0:
            row.due_at = now  # each way is tried as long as another, however late it is
    _choose_or_retry(session, registry, rows, now, report)
    return rows


def _choose_or_retry(
    session: Session,
    registry: Registry,
    rows: Sequence[OutboxRow],
    now: datetime,
    report: Callable[[OutboxRow, Exception], None],
) -> None:
    """Choose the ways of some reminders at once, or one by one where one prevents it."""
    try:
        with session.begin_nested():
            _choose(session, registry, rows, now)
    except DBAPIError:
        raise
    except Exception as error:
        for row in rows:
            if len(rows) > 1:
                _choose_or_retry(session, registry, [row], now, report)
            else:
                report(row, error)
                _retry_or_fail(session, row, now, type(error).__name__)


def _choose(session: Session, registry: Registry, rows: Sequence[OutboxRow], now: datetime) -> None:
    """Choose the ways of some reminders; all that is needed for it is read at once."""
    bookings = read_bookings(session, rows)
    by_id = {booking.id: booking for booking in bookings}
    due = _due_of(session, bookings, now)
    every = all_routes_of(session, registry, bookings, MessageKind.REMINDER)
    routes = affordable(session, registry, bookings, every, now)
    chosen = []
    for row in rows:
        if row.expires_at is not None and row.expires_at <= now:
            row.status = OutboxStatus.EXPIRED
            continue
        booking = by_id[row.booking_id or 0]
        # A text past the budget, if nothing else is left: it is given up, and staff are to call.
        ways = routes[booking.id] or every[booking.id]
        is_off = booking.state != BookingState.CONFIRMED
        if is_off or not ways or _is_obsolete(row, booking, due[booking.id], now):
            row.status = CANCELLED
            continue
        way = next((each for each in ways if not waits(each)), ways[0])
        if waits(way) or not wait_if_quiet(session, registry, row, now):
            cause = Cause.parse(row.dedupe_key, row.recipient)
            chosen.append((row, booking, way, cause, cause.dedupe_key(way.recipient)))
    holders = _holders(session, [key for *_, key in chosen])
    for row, booking, way, cause, key in chosen:
        is_free = _take_key(session, key, row.expires_at, holders)
        if is_free and not waits(way):
            row.account, row.platform = way.account, platform_of(way.account)
            row.recipient, row.contact_id, row.dedupe_key = str(way.recipient), way.contact_id, key
            continue
        row.status = CANCELLED
        if is_free:  # else it was written on the page when the appointment was booked
            page = notification(booking, way, cause, MessageKind.REMINDER, row.due_at)
            enqueue(session, registry.accounts, [replace(page, expires_at=row.expires_at)], now)


def read_bookings(session: Session, rows: Collection[OutboxRow]) -> Sequence[Booking]:
    """Return the bookings of rows; those that this transaction hasn't yet are read at once."""
    # Kept, for a session forgets what nothing else refers to.
    known: dict[int, Booking] = session.info.setdefault("bookings", {})
    ids = {row.booking_id for row in rows if row.booking_id is not None}
    if missing := ids - known.keys():
        found = session.scalars(_BOOKINGS, {"ids": list(missing)})
        known |= {booking.id: booking for booking in found}
    return [known[each] for each in ids if each in known]


def is_obsolete(session: Session, row: OutboxRow, booking: Booking, now: datetime) -> bool:
    """Return whether a reminder is of a former time, or a later one is due too.

    Or will be within LEAST_APART, where this one is as late. One of a former time was enqueued
    while the booking was moved, or failed and is tried again by the technician.
    """
    due = kept(session, _KEPT, booking.id) or _due_of(session, [booking], now)[booking.id]
    return _is_obsolete(row, booking, due, now)


def read_due(session: Session, bookings: Collection[Booking], now: datetime) -> None:
    """Read at once which reminders of some bookings are due, for `is_obsolete`.

    Where several of a booking are, that is read anew for each, for the others may have ended.
    """
    found = _due_of(session, bookings, now)
    keep(session, _KEPT, {key: due for key, due in found.items() if len(due) == 1})


_KEPT = "reminders that are due"
_BY_THEN = select(
    OutboxRow.booking_id,
    OutboxRow.dedupe_key,
    OutboxRow.recipient,
    OutboxRow.expires_at,
    OutboxRow.due_at,
).where(
    OutboxRow.booking_id.in_(bindparam("bookings", expanding=True)),
    OutboxRow.kind == MessageKind.REMINDER,
    OutboxRow.status != CANCELLED,
    OutboxRow.due_at <= bindparam("by"),
)


@dataclass(frozen=True)
class _Due:
    """A reminder that is due, or will be soon: how many hours before what start, and when."""

    hours: int
    starts_at: datetime | None
    at: datetime


def _due_of(
    session: Session, bookings: Collection[Booking], now: datetime
) -> Mapping[int | None, Sequence[_Due]]:
    """Return the reminders of some bookings that are due by LEAST_APART from now, by their ids."""
    given = {"bookings": [each.id for each in bookings], "by": now + LEAST_APART}
    found = run(session, _BY_THEN, given)
    due = defaultdict[int | None, list[_Due]](list)
    for booking_id, key, recipient, starts_at, at in found:
        due[booking_id].append(_Due(Cause.parse(key, recipient).as_reminder(), starts_at, at))
    return due


def _is_obsolete(row: OutboxRow, booking: Booking, due: Sequence[_Due], now: datetime) -> bool:
    if row.expires_at is None or row.expires_at != booking.starts_at:
        return True
    hours = Cause.parse(row.dedupe_key, row.recipient).as_reminder()
    is_late = now - (row.expires_at - timedelta(hours=hours)) >= LEAST_APART
    by = now + LEAST_APART if is_late else now
    return any(
        other.hours < hours and other.starts_at == row.expires_at and other.at <= by
        for other in due
    )


def quiet_hours(session: Session, registry: Registry, booking: Booking) -> QuietHours:
    """Return the hours in which nobody is reminded of a booking: the citizen's, or the usual."""
    zone = ZoneInfo(registry[booking.municipality_id].body.timezone)
    usual = QuietHours(QUIET_FROM, QUIET_UNTIL, zone)
    return preferences_of(session, booking.citizen_id).quiet or usual


def wait_if_quiet(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> bool:
    """Have a reminder that would be sent in quiet hours wait for their end; return whether it does.

    So does whatever is told by a call. One whose appointment begins by then is cancelled; what else
    a call was to tell doesn't wait then, and is told another way.
    """
    if row.kind != MessageKind.REMINDER and row.platform != VOICE:
        return False
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    if booking is None or row.platform in WAITING:
        return False
    end = quiet_hours(session, registry, booking).end_of(now)
    if end is None or (end >= booking.starts_at and row.kind != MessageKind.REMINDER):
        return False
    row.claimed_by = None
    if end >= booking.starts_at:
        row.status = OutboxStatus.CANCELLED
        return True
    # As if it were due then: nothing waits for it, and it doesn't count as late.
    row.status, row.due_at, row.try_at = OutboxStatus.PENDING, end, end
    if row.platform != VOICE:  # whose calls are counted by them
        row.attempts = 0
    return True


def take_key(session: Session, key: str, starts_at: datetime | None) -> bool:
    """Return whether no reminder of an appointment at that time has a dedupe key.

    Where one of another time has it, which was enqueued while the appointment was moved, the key is
    freed.
    """
    return _take_key(session, key, starts_at, _holders(session, [key]))


_HOLDERS = select(OutboxRow).where(OutboxRow.dedupe_key.in_(bindparam("keys", expanding=True)))


def _holders(session: Session, keys: Collection[str]) -> Mapping[str, OutboxRow]:
    found = session.scalars(_HOLDERS, {"keys": list(keys)})
    return {row.dedupe_key: row for row in found}


def _take_key(
    session: Session, key: str, starts_at: datetime | None, holders: Mapping[str, OutboxRow]
) -> bool:
    holder = holders.get(key)
    if holder is not None and holder.expires_at == starts_at:
        return False
    if holder is not None:
        holder.dedupe_key = f"{key} {holder.id}"
        session.flush()
    return True


def patience(row: OutboxRow) -> timedelta:
    """Return how long after it was due a reminder is tried one way."""
    left = (row.expires_at or row.due_at) - row.due_at
    return min(PATIENCE, left / 4)


def _retry_or_fail(session: Session, row: OutboxRow, now: datetime, why: str) -> None:
    row.attempts += 1
    row.try_at, row.last_error = retry_at(row.attempts, now), why
    if row.try_at > row.due_at + patience(row):
        row.status = OutboxStatus.FAILED
        record_event(session, "delivery", row.platform, row.status)
