"""Limits: the bookings of a citizen or phone number, and the holds of an address."""

from datetime import datetime

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from core.catalogue.model import Municipality
from core.catalogue.service_offer import ServiceOffer
from core.db.advisory_locks import lock
from core.db.models import Booking, BookingState
from core.errors import BookingRefused, RefusalKind
from core.i18n import Text, _, _n

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
    session: Session, offer: ServiceOffer, now: datetime, network: str | None, old: Booking | None
) -> None:
    """Raise BookingRefused (too_many_holds) where an address's holds, but `old`, reach the limit.

    `network` is the keyed hash of the address; None where it is unknown or exempt. The limit is of
    a municipality, and high, for many share an address: each conversation has one hold only.
    """
    if network is None:
        return
    body = offer.municipality
    lock(session, f"{network} {body.id}")
    held = session.scalar(
        select(func.count()).where(
            Booking.network == network,
            Booking.state == BookingState.HELD,
            Booking.held_until > now,
            Booking.municipality_id == body.id,
            Booking.id != (old.id if old else 0),
        )
    )
    if (held or 0) >= body.rules.holds_per_address:
        raise BookingRefused(
            RefusalKind.TOO_MANY_HOLDS,
            _(
                "Too many times are being kept from your network just now. "
                "Please try again in a few minutes, or {call_the_office}.",
                call_the_office=_call_the_office(offer),
            ),
        )


def _call_the_office(offer: ServiceOffer) -> Text:
    """Return the advice to call the office, the end of a sentence, with its telephone number."""
    contacts = (offer.branch.contact, offer.municipality.contact)
    phone = next((each.phone for each in contacts if each and each.phone), None)
    return _("call the office at {phone}", phone=phone) if phone else _("contact the office")
