"""Limits: the bookings of a citizen or phone number, and the holds of a network."""

from datetime import datetime

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from core.catalogue.model import Municipality, Rules
from core.catalogue.service_offer import ServiceOffer
from core.db.advisory_locks import lock
from core.db.models import Booking, BookingState
from core.errors import BookingRefused, RefusalKind
from core.i18n import _, _n

_CONFIRMED = select(Booking.municipality_id, Booking.service).where(
    Booking.ends_at > bindparam("now"), Booking.state == BookingState.CONFIRMED
)
_OF_CITIZEN = _CONFIRMED.where(Booking.citizen_id == bindparam("owner"))
_OF_PHONE = _CONFIRMED.where(Booking.phone_hash == bindparam("owner"))


def check_citizen(session: Session, offer: ServiceOffer, now: datetime, citizen_id: int) -> None:
    """Raise BookingRefused (too_many_bookings) where a citizen has reached a service's limit."""
    body, service = offer.municipality, offer.service.id
    count = _count_bookings(session, _OF_CITIZEN, citizen_id, body, service, now)
    if count >= body.rules.open_bookings:
        raise BookingRefused(
            RefusalKind.TOO_MANY_BOOKINGS,
            _n(
                "You already have {count} appointment for this service. You can move or cancel it.",
                "You already have {count} appointments for this service. "
                "You can move or cancel them.",
                count,
            ),
        )


def check_phone(
    session: Session, body: Municipality, service: str, now: datetime, phone_hash: str
) -> None:
    """Raise BookingRefused (too_many_bookings) where a phone number has reached a service's limit.

    The refusal says nothing of the bookings, for its reader may not be the number's owner.
    """
    lock(session, f"phone {phone_hash}")
    count = _count_bookings(session, _OF_PHONE, phone_hash, body, service, now)
    if count >= body.rules.open_bookings:
        raise BookingRefused(
            RefusalKind.TOO_MANY_BOOKINGS,
            _(
                "I can't book another appointment for this service with this telephone number. "
                "Please give another number, or contact the office."
            ),
        )


def _count_bookings(
    session: Session,
    bookings: Select[str, str],
    owner: int | str,
    body: Municipality,
    service: str,
    now: datetime,
) -> int:
    """Return how many confirmed bookings of a service aren't over."""
    # Filtered in Python: in SQL, SQLite might choose the index by municipality and scan it all.
    rows = session.execute(bookings, {"owner": owner, "now": now})
    return sum(row == (body.id, service) for row in rows)


def check_holds(
    session: Session, rules: Rules, now: datetime, network: str | None, old: Booking | None
) -> None:
    """Raise BookingRefused (too_many_holds) where a network's holds, but `old`, reach the limit."""
    if network is None:
        return
    lock(session, network)
    held = session.scalar(
        select(func.count()).where(
            Booking.network == network,
            Booking.state == BookingState.HELD,
            Booking.held_until > now,
            Booking.id != (old.id if old else 0),
        )
    )
    if (held or 0) >= rules.holds_per_address:
        raise BookingRefused(
            RefusalKind.TOO_MANY_HOLDS,
            _("Too many times are being kept from your network. Please try again later."),
        )
