"""Limits: the bookings of a citizen or phone number; the holds, confirmations of an address."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, delete, func, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.catalogue.model import Branch, Municipality
from core.catalogue.service_offer import ServiceOffer
from core.db.advisory_locks import lock
from core.db.models import HELD, LIVE, Booking, BookingState, Confirmation
from core.db.statements import run
from core.errors import BookingRefused, RefusalKind
from core.i18n import Text, TextTemplate, _, _n

_COMING = select(
    Booking.id,
    Booking.state,
    Booking.municipality_id,
    Booking.service,
    Booking.details.label("details"),
).where(
    Booking.ends_at > bindparam("now"),
    LIVE,
    Booking.offered_for_id.is_(None),  # what the office holds for them
)
_OF_CITIZEN = _COMING.where(Booking.citizen_id == bindparam("owner"))
_OF_PROVEN_PHONE = _COMING.where(
    Booking.phone_hash == bindparam("owner"), Booking.phone_proven.is_(True)
)

_Rows = Sequence[Row[tuple[int, str, str, str, dict[str, str]]]]

CONFIRMATIONS_COUNT_FOR = timedelta(days=1)


def check_citizen(
    session: Session,
    body: Municipality,
    service: str,
    now: datetime,
    citizen_id: int,
    attendee: str | None = None,
) -> Sequence[int]:
    """Return the ids of a citizen's holds, of whatever service.

    Raises BookingRefused (too_many_bookings) where the citizen has this service's maximum. A
    citizen may book for a family: it is higher than that of an attendee, which is checked too once
    their name is known.
    """
    rows = run(session, _OF_CITIZEN, {"owner": citizen_id, "now": now}).all()
    counts = _count_by_attendee(rows, body, service)
    if (total := counts.total()) >= body.rules.most_bookings_of_citizen:
        raise BookingRefused(RefusalKind.TOO_MANY_BOOKINGS, _too_many(total))
    if attendee is not None:
        _refuse_more(body, counts[words_of_name(attendee)])
    return [row.id for row in rows if row.state == BookingState.HELD]


def check_attendee(
    session: Session,
    body: Municipality,
    service: str,
    now: datetime,
    citizen_id: int,
    attendee: str,
) -> None:
    """Raise BookingRefused (too_many_bookings) where a citizen has booked enough for an attendee.

    `attendee` is their name.
    """
    rows = run(session, _OF_CITIZEN, {"owner": citizen_id, "now": now}).all()
    counts = _count_by_attendee(rows, body, service)
    _refuse_more(body, counts[words_of_name(attendee)])


def _refuse_more(body: Municipality, count: int) -> None:
    """Raise BookingRefused where an attendee has so many."""
    if count >= body.rules.open_bookings:
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


@dataclass(frozen=True)
class LimitReached:
    """The maximum of an attendee, or of a citizen if `for_all`, in words for the citizen."""

    text: TextTemplate
    for_all: bool


def limit_reached(
    session: Session, body: Municipality, service: str, now: datetime, citizen_id: int
) -> LimitReached | None:
    """Return the limit of a service that a citizen has reached, before an attendee is known."""
    rows = run(session, _OF_CITIZEN, {"owner": citizen_id, "now": now}).all()
    counts = _count_by_attendee(rows, body, service)
    total = counts.total()
    for_all = total >= body.rules.most_bookings_of_citizen
    if for_all or max(counts.values(), default=0) >= body.rules.open_bookings:
        return LimitReached(_too_many(total), for_all)
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
    rows = run(session, _OF_PROVEN_PHONE, {"owner": phone_hash, "now": now}).all()
    counts = _count_by_attendee(rows, body, service)
    if counts[words_of_name(attendee)] >= body.rules.open_bookings:
        raise BookingRefused(
            RefusalKind.TOO_MANY_BOOKINGS,
            _(
                "I can't book another appointment for this service with this telephone number. "
                "Please give another number, or contact the office."
            ),
        )


def _count_by_attendee(rows: _Rows, body: Municipality, service: str) -> Counter[tuple[str, ...]]:
    """Return how many confirmed bookings of a service there are for each attendee."""
    # Filtered in Python: in SQL, SQLite might choose the index by municipality and scan it all.
    return Counter(
        words_of_name(row.details.get("name", ""))
        for row in rows
        if (row.state, row.municipality_id, row.service)
        == (BookingState.CONFIRMED, body.id, service)
    )


def words_of_name(name: str) -> tuple[str, ...]:
    """Return a name's words, sorted, without accents and capitals: the same for the same person."""
    plain = unicodedata.normalize("NFD", name.casefold())
    letters = "".join(sign for sign in plain if sign.isalpha() or sign.isspace())
    return tuple(sorted(letters.split()))


def _too_many(count: int) -> TextTemplate:
    return _n(
        "You already have {count} appointment for this service. You can move or cancel it.",
        "You already have {count} appointments for this service. You can move or cancel them.",
        count,
    )


_HOLDS_OF_ADDRESS = select(func.count()).where(
    Booking.network == bindparam("network"),
    HELD,
    Booking.held_until > bindparam("now"),
    Booking.municipality_id == bindparam("municipality_id"),
    Booking.id != bindparam("old"),
)
_CONFIRMATIONS_OF_ADDRESS = select(func.count()).where(
    Confirmation.network == bindparam("network"),
    Confirmation.at > bindparam("since"),
    Confirmation.municipality_id == bindparam("municipality_id"),
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
    given = {
        "network": network,
        "now": now,
        "municipality_id": body.id,
        "old": old.id if old else 0,
    }
    if run(session, _HOLDS_OF_ADDRESS, given).scalar_one() >= body.rules.holds_per_address:
        raise BookingRefused(
            RefusalKind.TOO_MANY_HOLDS,
            _(
                "Too many times are being kept from your network just now. "
                "Please try again in a few minutes, or {call_the_office}.",
                call_the_office=call_the_office(offer.municipality, offer.branch),
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
    given = {
        "network": actor.network,
        "since": now - CONFIRMATIONS_COUNT_FOR,
        "municipality_id": body.id,
    }
    if (
        run(session, _CONFIRMATIONS_OF_ADDRESS, given).scalar_one()
        >= body.rules.confirmations_per_address
    ):
        raise BookingRefused(
            RefusalKind.TOO_MANY_CONFIRMATIONS,
            _(
                "From your network, no more appointments can be booked here today. "
                "For another one, please {call_the_office}.",
                call_the_office=call_the_office(offer.municipality, offer.branch),
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


def call_the_office(body: Municipality, branch: Branch | None) -> Text:
    """Return the advice to call the office, the end of a sentence, with its telephone number."""
    contacts = (branch and branch.contact, body.contact)
    phone = next((each.phone for each in contacts if each and each.phone), None)
    return _("call the office at {phone}", phone=phone) if phone else _("contact the office")
