"""Holds: a time is reserved while its citizen answers the remaining questions."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from core.actor import Actor
from core.bookings.allocation import take_desk
from core.bookings.history import record_change
from core.bookings.limits import check_citizen, check_confirmations, check_holds
from core.bookings.staff_rights import offer_for
from core.catalogue.registry import Registry
from core.catalogue.rules import Rules
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking, BookingState, HistoryAction
from core.errors import RetryTransaction

_BOOKINGS = Booking.__table__


def hold(
    session: Session,
    offer: ServiceOffer,
    starts_at: datetime,
    now: datetime,
    actor: Actor,
    old: Booking | None = None,
) -> Booking:
    """Hold a time for the actor, on the least busy desk that is free then.

    `old` is the actor's previous hold: its row gets the new time, or stays unchanged where this is
    refused. Where it is live and has the same time, its maximum duration isn't begun anew. The
    citizen's other holds are released: nobody holds two times.
    Raises BookingRefused: taken, too_many_bookings, too_many_holds, too_many_confirmations.
    Raises StaffRefused: not_allowed, not_found.
    """
    offer = offer_for(offer, actor)
    starts_at = starts_at.astimezone(UTC)  # local times are compared and added by the wall clock
    rules = offer.municipality.rules
    holds = check_citizen(session, offer.municipality, offer.service.id, now, actor.citizen_id)
    check_holds(session, offer, now, actor.network, old)
    check_confirmations(session, offer, now, actor)
    booking = old if old and old.state == BookingState.HELD else Booking(details={})
    same = booking is old and is_live(booking, now) and booking.starts_at == starts_at
    held_at = booking.held_at if same else now
    until = _end_of_hold(rules, held_at, now)

    def take(desk_id: int) -> None:
        booking.municipality_id = offer.municipality.id
        booking.branch, booking.service = offer.branch.id, offer.service.id
        booking.channel, booking.desk_id = offer.channel, desk_id
        booking.starts_at = starts_at
        booking.ends_at = starts_at + timedelta(minutes=offer.service.duration)
        booking.state = BookingState.HELD
        booking.held_at, booking.held_until = held_at, until
        booking.citizen_id, booking.contact_id = actor.citizen_id, actor.contact_id
        booking.network = actor.network
        booking.language, booking.timezone = actor.language, actor.timezone
        session.add(booking)

    take_desk(session, offer, starts_at, now, take, old)
    for other in holds:
        if other != booking.id:
            release(session, session.get_one(Booking, other), now, actor)
    record_change(session, booking, HistoryAction.HELD, now, actor)
    return booking


def is_live(booking: Booking, now: datetime) -> bool:
    """Return whether a booking is a hold that hasn't lapsed."""
    return booking.state == BookingState.HELD and booking.held_until > now


def _end_of_hold(rules: Rules, held_at: datetime, now: datetime) -> datetime:
    """Return until when a hold that began at `held_at` lasts, with activity now."""
    latest = held_at + timedelta(minutes=rules.hold_max_minutes)
    return min(now + timedelta(minutes=rules.hold_minutes), latest)


def extend(booking: Booking, rules: Rules, now: datetime) -> bool:
    """Extend a hold, because its citizen is active; return False where it has lapsed."""
    if not is_live(booking, now):
        return False
    booking.held_until = max(booking.held_until, _end_of_hold(rules, booking.held_at, now))
    return True


_GET_HOLD = select(
    _BOOKINGS.c.municipality_id,
    _BOOKINGS.c.state,
    _BOOKINGS.c.held_at,
    _BOOKINGS.c.held_until,
    _BOOKINGS.c.version,
).where(_BOOKINGS.c.id == bindparam("booking_id"))
_EXTEND = (
    update(_BOOKINGS)
    .where(_BOOKINGS.c.id == bindparam("booking_id"), _BOOKINGS.c.version == bindparam("known"))
    .values(held_until=bindparam("until"), version=_BOOKINGS.c.version + 1)
)


def extend_by_id(session: Session, registry: Registry, booking_id: int, now: datetime) -> bool:
    """Extend a hold as `extend` does, without an ORM object, which would slow down every turn.

    Raises RetryTransaction where another transaction has changed it meanwhile.
    """
    if identity_key(Booking, booking_id) in session.identity_map:
        booking = session.get_one(Booking, booking_id)
        return extend(booking, registry[booking.municipality_id].body.rules, now)
    connection = session.connection()
    row = connection.execute(_GET_HOLD, {"booking_id": booking_id}).first()
    if row is None or row.state != BookingState.HELD or row.held_until <= now:
        return False
    rules = registry[row.municipality_id].body.rules
    until = _end_of_hold(rules, row.held_at, now)
    if until > row.held_until:
        values = {"booking_id": booking_id, "known": row.version, "until": until}
        if connection.execute(_EXTEND, values).rowcount != 1:
            raise RetryTransaction
    return True


def release(session: Session, booking: Booking, now: datetime, actor: Actor) -> None:
    """Release a hold, so that its time is free at once; leave any other booking as it is."""
    if booking.state == BookingState.HELD:
        booking.state = BookingState.EXPIRED
        record_change(session, booking, HistoryAction.RELEASED, now, actor)
