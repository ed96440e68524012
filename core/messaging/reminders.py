"""Reminders of appointments, whose way is chosen when they are due.

A reminder is stored without a way, for the account REMINDERS, and gets one when it is due. A page
has a row of its own besides, which waits for whoever looks: it never counts as reached.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, String, case, cast, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.events import record_event
from core.db.models import UNSENT, Booking, BookingState, OutboxRow, OutboxStatus
from core.messaging.keys import BookingRecipient, Cause, MessageKind
from core.messaging.outbox import (
    SENT_STATUSES,
    UNSENT_STATUSES,
    OutboxMessage,
    enqueue,
    platform_of,
    retry_at,
)
from core.messaging.preferences import delete_preferences, preferences_of
from core.messaging.reminder_times import (
    LEAST_APART,
    QUIET_FROM,
    QUIET_UNTIL,
    DueTime,
    QuietHours,
    due_times,
    spread,
)
from core.messaging.routes import EMAIL, WAITING, Route, all_routes, notification, waits

REMINDERS = "reminder"
"""The account of the reminders whose way isn't chosen yet."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)

PENDING, CANCELLED = OutboxStatus.PENDING, OutboxStatus.CANCELLED

PATIENCE = timedelta(minutes=30)
"""The longest time for which a reminder is tried one way; there is time left for another."""


def reminder_messages(
    registry: Registry,
    booking: Booking,
    now: datetime,
    routes: Sequence[Route],
    quiet: QuietHours | None = None,
) -> Sequence[OutboxMessage]:
    """Return the reminders of a booking that was confirmed or moved, also for pages among `routes`.

    One that isn't to be sent is cancelled, but stored, so that it can be seen why. `quiet` are the
    citizen's quiet hours; None: the municipality's.
    """
    due = _due_times(registry, booking, now, quiet)
    ways = [route for route in routes if waits(route)]
    if any(platform_of(each) not in WAITING for each in registry.accounts):
        ways.append(Route(REMINDERS, BookingRecipient(booking.id)))
    return [
        replace(
            notification(
                booking, way, Cause.reminder(booking.id, hours), MessageKind.REMINDER, each.at
            ),
            expires_at=booking.starts_at,
            status=CANCELLED if each.is_dropped else PENDING,
        )
        for hours, each in due.items()
        for way in ways
    ]


def _due_times(
    registry: Registry,
    booking: Booking,
    now: datetime,
    quiet: QuietHours | None,
    said_at: datetime | None = None,
) -> Mapping[int, DueTime]:
    """Return when each reminder of a booking is due, by the rules of its municipality."""
    body = registry[booking.municipality_id].body
    return due_times(
        body.rules.reminder_hours,
        ZoneInfo(body.timezone),
        booking.starts_at,
        now,
        earlier=spread(booking.id, body.rules.reminder_spread_minutes),
        quiet=quiet,
        said_at=said_at,
    )


def cancel_reminders(session: Session, booking: Booking) -> None:
    """Cancel the reminders of a booking that haven't been sent, and free the keys of all.

    It may be moved, and reminded of again.
    """
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.booking_id == booking.id, OutboxRow.kind == MessageKind.REMINDER)
        .values(
            status=case(
                (OutboxRow.status.in_(UNSENT_STATUSES), OutboxStatus.CANCELLED),
                else_=OutboxRow.status,
            ),
            claimed_by=None,
            dedupe_key=OutboxRow.dedupe_key + " " + cast(OutboxRow.id, String),
        )
    )


def schedule_anew(
    session: Session, registry: Registry, citizen_id: int, now: datetime
) -> Sequence[Booking]:
    """Schedule anew the reminders that a citizen wasn't sent yet, by other quiet hours.

    Return the bookings of which a reminder was to come, and none is any more.
    """
    quiet = preferences_of(session, citizen_id).quiet
    coming = select(Booking).where(
        Booking.citizen_id == citizen_id,
        Booking.state == BookingState.CONFIRMED,
        Booking.starts_at > now,
    )
    lost = []
    for booking in session.scalars(coming.order_by(Booking.starts_at)).all():
        pending = _schedule_booking_anew(session, registry, booking, now, quiet)
        if pending is False:
            lost.append(booking)
    return lost


def forget_preferences(
    session: Session, registry: Registry, citizen_id: int, now: datetime
) -> None:
    """Delete a citizen's preferences; the municipality's quiet hours hold from then on."""
    if delete_preferences(session, citizen_id):
        schedule_anew(session, registry, citizen_id, now)


def _schedule_booking_anew(
    session: Session,
    registry: Registry,
    booking: Booking,
    now: datetime,
    quiet: QuietHours | None,
) -> bool | None:
    """Schedule a booking's reminders anew; return whether one is to come, None if none was before.

    What was sent, or whose way is chosen, is left as it is.
    """
    rows = session.scalars(
        select(OutboxRow)
        .where(
            OutboxRow.booking_id == booking.id,
            OutboxRow.kind == MessageKind.REMINDER,
            OutboxRow.expires_at == booking.starts_at,
        )
        .order_by(OutboxRow.id)
        .with_for_update()
    ).all()
    said = (row.due_at for row in rows if row.status in SENT_STATUSES)
    due = _due_times(registry, booking, now, quiet, max(said, default=LONG_AGO))
    times = {Cause.reminder(booking.id, each).text: time for each, time in due.items()}
    had = has = False
    for row in rows:
        is_chosen = row.account != REMINDERS and row.platform not in WAITING
        time = times.get(Cause.parse(row.dedupe_key, row.recipient).text)
        if is_chosen or time is None or row.status not in (PENDING, CANCELLED):
            continue
        had |= row.status == PENDING and row.due_at > now
        has |= not time.is_dropped
        row.due_at = row.try_at = time.at
        row.status = CANCELLED if time.is_dropped else PENDING
    return has if had else None


def reminded(session: Session, booking_ids: Select[int], *, has_links: bool = True) -> set[int]:
    """Return which of some bookings have had a reminder, of the time they have now, that asks.

    They are given as the query of their ids. A chat asks whether they will come, and so does an
    e-mail where it `has_links` to the appointment's page; a text message doesn't.
    """
    by_chat, by_email = OutboxRow.contact_id.is_not(None), OutboxRow.platform == EMAIL
    sent = (
        select(Booking.id)
        .join(OutboxRow, OutboxRow.booking_id == Booking.id)
        .where(
            Booking.id.in_(booking_ids),
            OutboxRow.kind == MessageKind.REMINDER,
            OutboxRow.status.in_(SENT_STATUSES),
            OutboxRow.expires_at == Booking.starts_at,
            by_chat | by_email if has_links else by_chat,
        )
    )
    return set(session.scalars(sent))


def is_obsolete(session: Session, row: OutboxRow, booking: Booking, now: datetime) -> bool:
    """Return whether a reminder is of a former time, or a later one is due too.

    Or will be within LEAST_APART, where this one is as late. One of a former time was enqueued
    while the booking was moved, or failed and is tried again by the technician.
    """
    if row.expires_at is None or row.expires_at != booking.starts_at:
        return True
    hours = Cause.parse(row.dedupe_key, row.recipient).as_reminder()
    is_late = now - (row.expires_at - timedelta(hours=hours)) >= LEAST_APART
    others = session.execute(
        select(OutboxRow.dedupe_key, OutboxRow.recipient).where(
            OutboxRow.booking_id == row.booking_id,
            OutboxRow.kind == MessageKind.REMINDER,
            OutboxRow.expires_at == row.expires_at,
            OutboxRow.status != OutboxStatus.CANCELLED,
            OutboxRow.due_at <= (now + LEAST_APART if is_late else now),
        )
    )
    return any(Cause.parse(*each).as_reminder() < hours for each in others)


def quiet_hours(session: Session, registry: Registry, booking: Booking) -> QuietHours:
    """Return the hours in which nobody is reminded of a booking: the citizen's, or the usual."""
    zone = ZoneInfo(registry[booking.municipality_id].body.timezone)
    usual = QuietHours(QUIET_FROM, QUIET_UNTIL, zone)
    return preferences_of(session, booking.citizen_id).quiet or usual


def wait_if_quiet(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> bool:
    """Have a reminder that would be sent in quiet hours wait for their end; return whether it does.

    One whose appointment begins by then is cancelled.
    """
    if row.kind != MessageKind.REMINDER or row.platform in WAITING:
        return False
    booking = session.get_one(Booking, row.booking_id)
    end = quiet_hours(session, registry, booking).end_of(now)
    if end is None:
        return False
    row.claimed_by = None
    if end >= booking.starts_at:
        row.status = OutboxStatus.CANCELLED
        return True
    # As if it were due then: nothing waits for it, and it doesn't count as late.
    row.status, row.due_at, row.try_at, row.attempts = OutboxStatus.PENDING, end, end, 0
    return True


_DUE = (
    select(OutboxRow)
    .where(UNSENT, OutboxRow.account == REMINDERS)
    .order_by(OutboxRow.try_at, OutboxRow.id)
    .with_for_update(skip_locked=True)
)


def choose_ways(
    session: Session,
    registry: Registry,
    now: datetime,
    limit: int,
    report: Callable[[OutboxRow, Exception], None],
) -> int:
    """Choose the ways of up to `limit` reminders that are due; return how many there were.

    That is the platform that the citizen has chosen, else the one on which they booked, else
    another of theirs, else an address of the attendee; e-mail first where they booked on a page,
    which waits, and gets it only where there is nothing else. One whose way can't be chosen, which
    is reported, is tried again later and delays no other.
    """
    rows = session.scalars(_DUE.where(OutboxRow.try_at <= now).limit(limit)).all()
    if rows:
        registry.refresh(session)
    for row in rows:
        if row.attempts == 0:
            row.due_at = now  # each way is tried as long as another, however late it is
        try:
            with session.begin_nested():
                _choose_way(session, registry, row, now)
        except DBAPIError:
            raise
        except Exception as error:
            report(row, error)
            _retry_or_fail(session, row, now, type(error).__name__)
    session.flush()
    return len(rows)


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


def take_key(session: Session, key: str, starts_at: datetime | None) -> bool:
    """Return whether no reminder of an appointment at that time has a dedupe key.

    Where one of another time has it, which was enqueued while the appointment was moved, the key is
    freed.
    """
    holder = session.scalar(select(OutboxRow).where(OutboxRow.dedupe_key == key))
    if holder is not None and holder.expires_at == starts_at:
        return False
    if holder is not None:
        holder.dedupe_key = f"{key} {holder.id}"
        session.flush()
    return True


def _choose_way(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> None:
    if row.expires_at is not None and row.expires_at <= now:
        row.status = OutboxStatus.EXPIRED
        return
    booking = session.get_one(Booking, row.booking_id)
    routes = all_routes(session, registry, booking, MessageKind.REMINDER)
    sending = [route for route in routes if not waits(route)]
    is_off = booking.state != BookingState.CONFIRMED
    if is_off or not routes or is_obsolete(session, row, booking, now):
        row.status = OutboxStatus.CANCELLED
        return
    if sending and wait_if_quiet(session, registry, row, now):
        return
    cause = Cause.parse(row.dedupe_key, row.recipient)
    way = (sending or routes)[0]
    key = cause.dedupe_key(way.recipient)
    is_free = take_key(session, key, row.expires_at)
    if sending and is_free:
        row.account, row.platform = way.account, platform_of(way.account)
        row.recipient, row.contact_id, row.dedupe_key = str(way.recipient), way.contact_id, key
        return
    row.status = OutboxStatus.CANCELLED
    if is_free:  # else it was written on the page when the appointment was booked
        page = notification(booking, way, cause, MessageKind.REMINDER, row.due_at)
        enqueue(session, registry.accounts, [replace(page, expires_at=row.expires_at)], now)
