"""Proving that a booking is one's own: its code and its phone number."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bookings.reference import fold_code
from core.catalogue.registry import Registry
from core.db.advisory_locks import lock
from core.db.models import Booking, FailedAttempt
from core.errors import BookingRefused, RefusalKind
from core.i18n import _n

TRIES = 5
LOCKED_FOR = timedelta(hours=1)


def find_booking(
    session: Session,
    registry: Registry,
    code: str,
    phone: str,
    sources: Iterable[str],
    now: datetime,
) -> Booking | None:
    """Return the upcoming booking of a code and a phone number; None counts as a wrong try.

    `sources` are the contact and the network address it is asked from. Five wrong tries lock
    them for an hour, never the booking: anybody may guess, and its owner must not suffer for it.
    Raises BookingRefused: locked.
    """
    sources = list(sources)
    for source in sources:  # or as many as come at once would have a try each
        lock(session, source)
    check_unlocked(session, sources, now)
    booking = session.scalar(
        select(Booking).where(
            Booking.code == fold_code(code),
            Booking.phone_hash == registry.keyed_hash(phone),
            Booking.state == "confirmed",
            Booking.ends_at > now,
        )
    )
    if booking is None:
        session.add_all(FailedAttempt(source=source, at=now) for source in sources)
        session.flush()
        check_unlocked(session, sources, now)
    return booking


def check_unlocked(session: Session, sources: Iterable[str], now: datetime) -> None:
    """Raise BookingRefused locked while one of the sources has tried too often."""
    for source in sources:
        latest = session.scalars(
            select(FailedAttempt.at)
            .where(FailedAttempt.source == source, FailedAttempt.at > now - 2 * LOCKED_FOR)
            .order_by(FailedAttempt.at.desc())
            .limit(TRIES)
        ).all()
        if len(latest) < TRIES or latest[0] <= now - LOCKED_FOR:
            continue
        # The hour counts from the last of five tries that were made within one.
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
