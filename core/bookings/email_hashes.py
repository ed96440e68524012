"""The keyed hashes of e-mail addresses, for bookings from before there were any."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.bookings.lost_codes import email_hash
from core.catalogue.registry import Registry
from core.db.models import Booking, BookingState
from core.db.statements import run

_WITHOUT = (
    select(Booking.id, Booking.version)
    .where(
        Booking.id > bindparam("after"),
        Booking.email_hash.is_(None),
        Booking.state == BookingState.CONFIRMED,
        Booking.ends_at > bindparam("now"),
    )
    .order_by(Booking.id)
)
_DETAILS = select(Booking.details).where(Booking.id == bindparam("which"))
_BOOKINGS = Booking.__table__
_STORE = (
    update(_BOOKINGS)
    .where(_BOOKINGS.c.id == bindparam("which"), _BOOKINGS.c.version == bindparam("read"))
    .values(email_hash=bindparam("hashed"))
)


class Portion(NamedTuple):
    """The hashes for some bookings, and the id of the last that was looked at."""

    hashes: Sequence[dict[str, object]]
    last: int


def hash_portion(
    session: Session, registry: Registry, now: datetime, after: int, limit: int
) -> Portion | None:
    """Return the hashes for the next bookings to come without one; None where there are no more.

    Those after the id `after` are looked at, `limit` at most. Without a hash are those, too, that
    have no address, and one whose details can't be read.
    """
    found = session.execute(_WITHOUT.limit(limit), {"after": after, "now": now}).all()
    hashes: list[dict[str, object]] = []
    for which, version in found:
        if hashed := email_hash(registry, _address(session, which)):
            hashes.append({"which": which, "read": version, "hashed": hashed})
    return Portion(hashes, found[-1].id) if found else None


def _address(session: Session, booking_id: int) -> str | None:
    """Return the e-mail address of a booking; None for none, or where it can't be read."""
    try:
        details = session.scalar(_DETAILS, {"which": booking_id}) or {}
    except DBAPIError:
        raise
    except Exception:  # a broken one keeps no other from being found
        return None
    return details.get("email")


def store_hashes(session: Session, portion: Portion) -> None:
    """Store the hashes of a portion, but of a booking that was changed since it was read."""
    run(session, _STORE, portion.hashes)
