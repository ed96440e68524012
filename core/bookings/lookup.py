"""Look-up of a booking by its code and phone number, which prove whose it is."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bookings.reference import fold_code
from core.catalogue.registry import Registry
from core.db.advisory_locks import lock
from core.db.models import Booking, BookingState, FailedAttempt
from core.errors import BookingRefused, RefusalKind
from core.i18n import _n

MAX_ATTEMPTS = 5
"""The failed attempts within LOCKED_FOR that lock their source."""

LOCKED_FOR = timedelta(hours=1)


def find_booking(
    session: Session,
    registry: Registry,
    code: str,
    phone: str,
    sources: Iterable[str],
    now: datetime,
) -> Booking | None:
    """Return the upcoming booking of a code and phone number; None counts as a failed attempt.

    `sources` are the contact and the network that ask. MAX_ATTEMPTS failed attempts lock these,
    never the booking, for its owner must not suffer from others' guesses. Raises BookingRefused:
    locked.
    """
    sources = list(sources)
    for source in sources:  # or each of several concurrent requests would have an attempt
        lock(session, source)
    check_unlocked(session, sources, now)
    booking = session.scalar(
        select(Booking).where(
            Booking.code == fold_code(code),
            Booking.phone_hash == registry.keyed_hash(phone),
            Booking.state == BookingState.CONFIRMED,
            Booking.ends_at > now,
        )
    )
    if booking is None:
        session.add_all(FailedAttempt(source=source, at=now) for source in sources)
        session.flush()
        check_unlocked(session, sources, now)
    return booking


def check_unlocked(session: Session, sources: Iterable[str], now: datetime) -> None:
    """Raise BookingRefused (locked) while one of the sources has too many failed attempts."""
    for source in sources:
        latest = session.scalars(
            select(FailedAttempt.at)
            .where(FailedAttempt.source == source, FailedAttempt.at > now - 2 * LOCKED_FOR)
            .order_by(FailedAttempt.at.desc())
            .limit(MAX_ATTEMPTS)
        ).all()
        if len(latest) < MAX_ATTEMPTS or latest[0] <= now - LOCKED_FOR:
            continue
        # LOCKED_FOR counts from the last attempt of MAX_ATTEMPTS that were made within LOCKED_FOR.
        if latest[0] - latest[-1] < LOCKED_FOR:
            left = latest[0] + LOCKED_FOR - now
            raise BookingRefused(
                RefusalKind.LOCKED,
                _n(
                    "There were too many wrong tries. Please try again in {count} minute, "
                    "or contact the office.",
                    "There were too many wrong tries. Please try again in {count} minutes, "
                    "or contact the office.",
                    -(-left // timedelta(minutes=1)),
                ),
            )
