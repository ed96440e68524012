"""Limits: the bookings of a citizen or phone number; the holds, confirmations of an address."""

import unicodedata
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, delete, func, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.catalogue.model import Municipality
from core.catalogue.service_offer import ServiceOffer
from core.db.advisory_locks import lock
from core.db.models import Booking, BookingState, Confirmation
from core.errors import BookingRefused, RefusalKind
from core.i18n import Text, _, _n

_CONFIRMED = Booking.ends_at > bindparam("now"), Booking.state == BookingState.CONFIRMED
_COUNTED = Booking.id, Booking.municipality_id, Booking.service, Booking.details
_OF_CITIZEN = select(*_COUNTED).where(*_CONFIRMED, Booking.citizen_id == bindparam("owner"))
_OF_PROVEN_PHONE = select(*_COUNTED).where(
    *_CONFIRMED, Booking.phone_hash == bindparam("owner"), Booking.phone_proven.is_(True)
)

CONFIRMATIONS_COUNT_FOR = timedelta(days=1)


def check_citizen(
    session: Session,
    body: Municipality,
    service: str,
    now: datetime,
    citizen_id: int,
    attendee: str | None,
    booking: Booking | None = None,
) -> None:
    """Raise BookingRefused (too_many_bookings) where a citizen has reached a service's limit.

    A citizen may book for a family: the limit is each attendee's, by name; with a higher one for
    all together. `attendee` is None while it isn't known who it will be: then only the latter
    counts. `booking` is one whose attendee is to change, and isn't counted.
    """
    counts = _count_by_attendee(session, _OF_CITIZEN, citizen_id, body, service, now, booking)
    if (total := counts.total()) >= body.rules.open_bookings_per_citizen:
        raise _too_many(total)
    if (
        attendee is not None
        and (count := counts[_words_of_name(attendee)]) >= body.rules.open_bookings
    ):
        raise BookingRefused(
            RefusalKind.TOO_MANY_BOOKINGS,
            _n(
                "There is already {count} appointment for this service in this name, which you "
                "can move or cancel. For somebody else, please give their name.",
                "There are already {count} appointments for this service in this name, which you "
                "can move or cancel. For somebody else, please give their name.",
                count,
            ),
        )


def refusal_of_any_attendee(
    session: Session, body: Municipality, service: str, now: datetime, citizen_id: int
) -> BookingRefused | None:
    """Return the refusal of another booking for one of those for whom the citizen has booked."""
    counts = _count_by_attendee(session, _OF_CITIZEN, citizen_id, body, service, now)
    total = counts.total()
    if (
        total >= body.rules.open_bookings_per_citizen
        or max(counts.values(), default=0) >= body.rules.open_bookings
    ):
        return _too_many(total)
    return None


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

    Anybody may give any number: only where the actor has proven to be its owner are the bookings
    counted that its owner made, in whatever conversation, for the same attendee. So nobody stops
    the owner, or learns what the owner booked.
    """
    if actor.proven_phone != phone_hash:
        return
    lock(session, f"phone {phone_hash}")
    counts = _count_by_attendee(session, _OF_PROVEN_PHONE, phone_hash, body, service, now)
    if counts[_words_of_name(attendee)] >= body.rules.open_bookings:
        raise BookingRefused(
            RefusalKind.TOO_MANY_BOOKINGS,
            _(
                "I can't book another appointment for this service with this telephone number. "
                "Please give another number, or contact the office."
            ),
        )


def _count_by_attendee(
    session: Session,
    query: Select[tuple[int, str, str, dict[str, str]]],
    owner: int | str,
    body: Municipality,
    service: str,
    now: datetime,
    booking: Booking | None = None,
) -> Counter[tuple[str, ...]]:
    """Return how many bookings of a service there are for each attendee, without `booking`."""
    # Filtered in Python: in SQL, SQLite might choose the index by municipality and scan it all.
    return Counter(
        _words_of_name(row.details.get("name", ""))
        for row in session.execute(query, {"owner": owner, "now": now})
        if (row.municipality_id, row.service) == (body.id, service)
        and (booking is None or row.id != booking.id)
    )


def _words_of_name(name: str) -> tuple[str, ...]:
    """Return a name without accents, capitals and its words' order, in which two may differ."""
    plain = unicodedata.normalize("NFD", name.casefold())
    letters = "".join(sign for sign in plain if sign.isalpha() or sign.isspace())
    return tuple(sorted(letters.split()))


def _too_many(count: int) -> BookingRefused:
    return BookingRefused(
        RefusalKind.TOO_MANY_BOOKINGS,
        _n(
            "You already have {count} appointment for this service. You can move or cancel it.",
            "You already have {count} appointments for this service. You can move or cancel them.",
            count,
        ),
    )


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
