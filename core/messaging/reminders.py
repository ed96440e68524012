"""Reminders of appointments: when they are due, and which are to come.

A reminder is stored without a way, for the account REMINDERS, and gets one when it is due
(`reminder_ways`). A page has a row of its own besides, which waits for whoever looks: it never
counts as reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, String, bindparam, case, cast, func, select, update
from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.db.models import (
    REMINDERS,
    Booking,
    BookingState,
    History,
    HistoryAction,
    OutboxRow,
    OutboxStatus,
)
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import (
    SENT_STATUSES,
    UNSENT_STATUSES,
    OutboxMessage,
    platform_of,
)
from core.messaging.preferences import (
    NONE,
    Preferences,
    delete_preferences,
    preferences_of,
)
from core.messaging.recipients import BookingRecipient
from core.messaging.reminder_times import (
    DueTime,
    QuietHours,
    due_times,
    spread,
)
from core.messaging.routes import EMAIL, SMS, WAITING, Route, always_texted, notification, waits

LONG_AGO = datetime.min.replace(tzinfo=UTC)

PENDING, CANCELLED = OutboxStatus.PENDING, OutboxStatus.CANCELLED


def reminder_messages(
    registry: Registry,
    booking: Booking,
    now: datetime,
    routes: Sequence[Route],
    preferences: Preferences = NONE,
) -> Sequence[OutboxMessage]:
    """Return the reminders of a booking that was confirmed or moved, also for pages among `routes`.

    One that isn't to be sent is cancelled, but stored, so that it can be seen why. `preferences`
    are the citizen's.
    """
    due = _due_times(registry, booking, now, preferences.quiet)
    ways = [route for route in routes if waits(route)]
    if any(platform_of(each) not in WAITING for each in registry.accounts):
        ways.append(Route(REMINDERS, BookingRecipient(booking.id)))
        ways += always_texted(registry, booking, preferences)
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


_LAST_TIME = select(func.max(History.at)).where(
    History.booking_id == bindparam("booking_id"),
    History.action.in_((HistoryAction.CONFIRMED, HistoryAction.MOVED)),
)
"""When a booking's time was told last, beside its reminders."""


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

    What was sent, or whose way is chosen, is left as it is. A text that is to come, where the
    municipality always sends one, has its way from the beginning.
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
    said = [row.due_at for row in rows if row.status in SENT_STATUSES]
    said.append(session.scalar(_LAST_TIME, {"booking_id": booking.id}) or LONG_AGO)
    due = _due_times(registry, booking, now, quiet, max(said))
    times = {Cause.reminder(booking.id, each).text: time for each, time in due.items()}
    had = has = False
    for row in rows:
        is_unsent = row.attempts == 0 and (row.status == CANCELLED or row.due_at > now)
        is_own = row.platform == SMS and is_unsent
        is_chosen = row.account != REMINDERS and row.platform not in WAITING and not is_own
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
