"""Proving that a booking is one's own: its code and its phone number."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.codes import fold_code
from core.errors import Refusal
from core.office import Office
from core.tables import Booking, WrongTry
from core.text import _

TRIES = 5
LOCKED_FOR = timedelta(hours=1)


def find_booking(
    session: Session, office: Office, code: str, phone: str, sources: Iterable[str], now: datetime
) -> Booking | None:
    """The upcoming booking of that code and phone number, or None, which counts as a wrong try.

    `sources` are the contact and the network address it is asked from. Five wrong tries lock
    them for an hour, never the booking: anybody may guess, and its owner must not suffer for it.
    Raises Refusal: locked.
    """
    sources = list(sources)
    check_unlocked(session, sources, now)
    booking = session.scalar(
        select(Booking).where(
            Booking.code == fold_code(code),
            Booking.phone_hash == office.keyed_hash(phone),
            Booking.state == "confirmed",
            Booking.ends_at > now,
        )
    )
    if booking is None:
        session.add_all(WrongTry(source=source, at=now) for source in sources)
    return booking


def check_unlocked(session: Session, sources: Iterable[str], now: datetime) -> None:
    """Raise Refusal locked while one of the sources has tried too often."""
    most = session.scalars(
        select(func.count())
        .where(WrongTry.source.in_(list(sources)), WrongTry.at > now - LOCKED_FOR)
        .group_by(WrongTry.source)
    ).all()
    if max(most, default=0) >= TRIES:
        raise Refusal(
            "locked",
            _(
                "There were too many wrong tries. Please try again in an hour, "
                "or contact the office."
            ),
        )
