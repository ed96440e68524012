"""Limits: the bookings of a citizen or phone number; the holds, confirmations of an address."""

import unicodedata
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.catalogue.model import Municipality
from core.catalogue.service_offer import ServiceOffer
from core.db.advisory_locks import lock
from core.db.models import Booking, BookingState, Confirmation
from core.errors import BookingRefused, RefusalKind
from core.i18n import Text, _, _n

_CONFIRMED = Booking.ends_at > bindparam("now"), Booking.state == BookingState.CONFIRMED
_OF_CITIZEN = select(Booking.municipality_id, Booking.service).where(
    *_CONFIRMED, Booking.citizen_id == bindparam("owner")
)
_OF_PHONE = select(
    Booking.municipality_id,
    Booking.service,
    Booking.citizen_id,
    Booking.phone_proven,
    Booking.details,
).where(*_CONFIRMED, Booking.phone_hash == bindparam("owner"))

CONFIRMATIONS_COUNT_FOR = timedelta(days=1)


def check_citizen(session: Session, offer: ServiceOffer, now: datetime, citizen_id: int) -> None:
    """Raise BookingRefused (too_many_bookings) where a citizen has reached a service's limit."""
    body, service = offer.municipality, offer.service.id
    # Filtered in Python: in SQL, SQLite might choose the index by municipality and scan it all.
    rows = session.execute(_OF_CITIZEN, {"owner": citizen_id, "now": now})
    count = sum(row == (body.id, service) for row in rows)
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
    session: Session,
    body: Municipality,
    service: str,
    now: datetime,
    phone_hash: str,
    attendee: str,
    actor: Actor,
) -> None:
    """Raise BookingRefused (too_many_bookings) where a phone number has reached a service's limit.

    Anybody may give any number: only bookings of the actor's own are counted, and those of the
    number that was proven to be its owner's, where the actor has proven to be that. So nobody stops
    the owner, or learns what the owner booked. A family shares a number: `attendee` is the name of
    whoever will be served, and only bookings for the same are counted.
    """
    lock(session, f"phone {phone_hash}")
    is_owner = actor.proven_phone == phone_hash
    rows = session.execute(_OF_PHONE, {"owner": phone_hash, "now": now})
    count = sum(
        (row.municipality_id, row.service) == (body.id, service)
        and (row.citizen_id == actor.citizen_id or (is_owner and row.phone_proven))
        and _same_name(row.details.get("name", ""), attendee)
        for row in rows
    )
    if count >= body.rules.open_bookings:
        raise BookingRefused(
            RefusalKind.TOO_MANY_BOOKINGS,
            _(
                "I can't book another appointment for this service with this telephone number. "
                "Please give another number, or contact the office."
            ),
        )


def _same_name(one: str, other: str) -> bool:
    """Return whether two names differ at most in accents, capitals, spaces and the words' order."""
    return _words_of_name(one) == _words_of_name(other)


def _words_of_name(name: str) -> list[str]:
    plain = unicodedata.normalize("NFD", name.casefold())
    return sorted("".join(sign for sign in plain if sign.isalpha() or sign.isspace()).split())


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


def check_confirmations(session: Session, offer: ServiceOffer, now: datetime, actor: Actor) -> None:
    """Raise BookingRefused (too_many_confirmations) where an address has confirmed its maximum.

    Whoever has proven a phone number isn't refused.
    """
    if actor.network is None or actor.proven_phone is not None:
        return
    body = offer.municipality
    lock(session, f"{actor.network} {body.id}")
    confirmed = session.scalar(
        select(func.count()).where(
            Confirmation.network == actor.network,
            Confirmation.at > now - CONFIRMATIONS_COUNT_FOR,
            Confirmation.municipality_id == body.id,
        )
    )
    if (confirmed or 0) >= body.rules.confirmations_per_address:
        raise BookingRefused(
            RefusalKind.TOO_MANY_CONFIRMATIONS,
            _(
                "From your network, no more appointments can be booked here today. "
                "For another one, please {call_the_office}.",
                call_the_office=_call_the_office(offer),
            ),
        )


def count_confirmation(session: Session, offer: ServiceOffer, now: datetime, actor: Actor) -> None:
    """Record a confirmation that `check_confirmations` counts."""
    if actor.network is not None and actor.proven_phone is None:
        body = offer.municipality
        session.add(Confirmation(network=actor.network, municipality_id=body.id, at=now))


def forget_confirmations(session: Session, now: datetime) -> None:
    """Delete the confirmations that are no longer counted."""
    session.execute(delete(Confirmation).where(Confirmation.at <= now - CONFIRMATIONS_COUNT_FOR))


def _call_the_office(offer: ServiceOffer) -> Text:
    """Return the advice to call the office, the end of a sentence, with its telephone number."""
    contacts = (offer.branch.contact, offer.municipality.contact)
    phone = next((each.phone for each in contacts if each and each.phone), None)
    return _("call the office at {phone}", phone=phone) if phone else _("contact the office")
