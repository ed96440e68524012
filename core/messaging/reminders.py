"""Reminders of appointments, whose way is chosen when they are due.

A reminder is stored without a way, for the account REMINDERS, and gets one when it is due. A page
has a row of its own besides, which waits for whoever looks: it never counts as reached.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, String, case, cast, select, update
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import UNSENT, Booking, BookingState, OutboxRow, OutboxStatus
from core.messaging.keys import BookingRecipient, Cause, MessageKind
from core.messaging.outbox import (
    SENT_STATUSES,
    UNSENT_STATUSES,
    OutboxMessage,
    enqueue,
    platform_of,
)
from core.messaging.reminder_times import due_times
from core.messaging.routes import WAITING, Route, attendee_routes, citizen_routes, notification

REMINDERS = "reminder"
"""The account of the reminders whose way isn't chosen yet."""


def reminder_messages(
    registry: Registry, booking: Booking, now: datetime, routes: Sequence[Route]
) -> Sequence[OutboxMessage]:
    """Return the reminders of a booking that was confirmed or moved, also for pages among `routes`.

    One that isn't to be sent is cancelled, but stored, so that it can be seen why.
    """
    body = registry[booking.municipality_id].body
    due = due_times(body.rules.reminder_hours, ZoneInfo(body.timezone), booking.starts_at, now)
    ways = [route for route in routes if waits(route)]
    if any(platform_of(each) not in WAITING for each in registry.accounts):
        ways.append(Route(REMINDERS, BookingRecipient(booking.id)))
    return [
        replace(
            notification(
                booking, way, Cause.reminder(booking.id, hours), MessageKind.REMINDER, each.at
            ),
            expires_at=booking.starts_at,
            status=OutboxStatus.CANCELLED if each.is_dropped else OutboxStatus.PENDING,
        )
        for hours, each in due.items()
        for way in ways
    ]


def waits(route: Route) -> bool:
    """Return whether what goes this way waits until somebody looks."""
    return platform_of(route.account) in WAITING


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


def reminded(session: Session, booking_ids: Select[int]) -> set[int]:
    """Return which of some bookings have had a reminder of the time that they have now.

    They are given as the query of their ids.
    """
    sent = (
        select(Booking.id)
        .join(OutboxRow, OutboxRow.booking_id == Booking.id)
        .where(
            Booking.id.in_(booking_ids),
            OutboxRow.kind == MessageKind.REMINDER,
            OutboxRow.status.in_(SENT_STATUSES),
            OutboxRow.expires_at == Booking.starts_at,
        )
    )
    return set(session.scalars(sent))


_DUE = (
    select(OutboxRow)
    .where(UNSENT, OutboxRow.account == REMINDERS)
    .order_by(OutboxRow.try_at, OutboxRow.id)
    .with_for_update(skip_locked=True)
)


def choose_ways(session: Session, registry: Registry, now: datetime, limit: int) -> int:
    """Choose the ways of up to `limit` reminders that are due; return how many there were.

    That is the platform on which the citizen booked, else another of theirs, else an address of the
    attendee; a page only where there is nothing else.
    """
    rows = session.scalars(_DUE.where(OutboxRow.try_at <= now).limit(limit)).all()
    if rows:
        registry.refresh(session)
    for row in rows:
        _choose_way(session, registry, row, now)
    session.flush()
    return len(rows)


def _choose_way(session: Session, registry: Registry, row: OutboxRow, now: datetime) -> None:
    booking = session.get_one(Booking, row.booking_id)
    if row.expires_at is not None and row.expires_at <= now:
        row.status = OutboxStatus.EXPIRED
        return
    routes = [*citizen_routes(session, registry, booking), *attendee_routes(registry, booking)]
    sending = [route for route in routes if not waits(route)]
    if booking.state != BookingState.CONFIRMED or not routes:
        row.status = OutboxStatus.CANCELLED
        return
    cause = Cause.parse(row.dedupe_key, row.recipient)
    if sending:
        way = sending[0]
        row.account, row.platform = way.account, platform_of(way.account)
        row.recipient, row.contact_id = str(way.recipient), way.contact_id
        row.dedupe_key = cause.dedupe_key(way.recipient)
        return
    row.status = OutboxStatus.CANCELLED
    page = notification(booking, routes[0], cause, MessageKind.REMINDER, row.due_at)
    # Unless it was written there when the appointment was booked.
    enqueue(session, registry.accounts, [replace(page, expires_at=row.expires_at)], now)
