"""Hold, confirm, move, cancel, edit, expire. No desk ever serves two citizens at once."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from core.actor import Actor
from core.bookings.allocation import slot_taken_error, still_serves, take_desk
from core.bookings.limits import check_citizen, check_holds, check_phone
from core.bookings.reference import new_code
from core.catalogue.model import Consent, Rules
from core.catalogue.registry import Registry
from core.catalogue.service_offer import ServiceOffer
from core.db.events import record_event
from core.db.models import Booking, Citizen, History
from core.errors import BookingRefused, RefusalKind, RetryTransaction
from core.i18n import _, _n
from core.messaging.conversations import erase_messages
from core.messaging.keys import MessageKind
from core.messaging.notifications import enqueue_notifications
from core.messaging.outbox import cancel_pending

_BOOKINGS: Table = Booking.__table__  # type: ignore[assignment]


def hold(
    session: Session,
    offer: ServiceOffer,
    starts_at: datetime,
    now: datetime,
    actor: Actor,
    old: Booking | None = None,
) -> Booking:
    """Keep a time for the actor, on the least busy desk that has it free.

    `old` is the actor's hold before this one: its row gets the new time, or stays as it was.
    The same time kept for something else is no new hold: it ends no later than it would have.
    Raises BookingRefused: taken, too_many_bookings, too_many_holds.
    """
    starts_at = starts_at.astimezone(UTC)  # local times compare and add by the wall clock
    rules = offer.municipality.rules
    check_citizen(session, offer, now, actor.citizen_id)
    check_holds(session, rules, now, actor.network, old)
    booking = old if old and old.state == "held" else Booking(details={})
    same = booking is old and is_live(booking, now) and booking.starts_at == starts_at
    held_at = booking.held_at if same else now
    until = _held_until(rules, held_at, now)

    def take(desk_id: int) -> None:
        booking.municipality_id = offer.municipality.id
        booking.branch, booking.service = offer.branch.id, offer.service.id
        booking.channel, booking.desk_id = offer.channel, desk_id
        booking.starts_at = starts_at
        booking.ends_at = starts_at + timedelta(minutes=offer.service.duration)
        booking.state, booking.held_at, booking.held_until = "held", held_at, until
        booking.citizen_id, booking.network = actor.citizen_id, actor.network
        booking.language, booking.timezone = actor.language, actor.timezone
        session.add(booking)

    take_desk(session, offer, starts_at, now, take, old)
    _record(session, booking, "held", now, actor)
    return booking


def is_live(booking: Booking, now: datetime) -> bool:
    """Return whether it is a hold that hasn't run out."""
    return booking.state == "held" and booking.held_until > now


def _held_until(rules: Rules, held_at: datetime, now: datetime) -> datetime:
    most = held_at + timedelta(minutes=rules.hold_max_minutes)
    return min(now + timedelta(minutes=rules.hold_minutes), most)


def extend(booking: Booking, rules: Rules, now: datetime) -> bool:
    """Keep a live hold longer because its citizen is active; False when it has run out."""
    if not is_live(booking, now):
        return False
    booking.held_until = max(booking.held_until, _held_until(rules, booking.held_at, now))
    return True


_HOLD = select(
    _BOOKINGS.c.municipality_id,
    _BOOKINGS.c.state,
    _BOOKINGS.c.held_at,
    _BOOKINGS.c.held_until,
    _BOOKINGS.c.version,
).where(_BOOKINGS.c.id == bindparam("number"))
_EXTEND = (
    update(_BOOKINGS)
    .where(_BOOKINGS.c.id == bindparam("number"), _BOOKINGS.c.version == bindparam("known"))
    .values(held_until=bindparam("until"), version=_BOOKINGS.c.version + 1)
)


def extend_by_number(session: Session, registry: Registry, number: int, now: datetime) -> bool:
    """Do the same for a hold that isn't loaded: every turn does, and loading costs more.

    Raises RetryTransaction where another changed it meanwhile.
    """
    if identity_key(Booking, number) in session.identity_map:
        booking = session.get_one(Booking, number)
        return extend(booking, registry[booking.municipality_id].body.rules, now)
    connection = session.connection()
    row = connection.execute(_HOLD, {"number": number}).first()
    if row is None or row.state != "held" or row.held_until <= now:
        return False
    rules = registry[row.municipality_id].body.rules
    until = _held_until(rules, row.held_at, now)
    if until > row.held_until:
        values = {"number": number, "known": row.version, "until": until}
        if connection.execute(_EXTEND, values).rowcount != 1:
            raise RetryTransaction
    return True


def release(session: Session, booking: Booking, now: datetime, actor: Actor) -> None:
    """Give up a hold that isn't wanted any more."""
    if booking.state == "held":
        booking.state = "expired"
        _record(session, booking, "released", now, actor)


def confirm(
    session: Session,
    registry: Registry,
    offer: ServiceOffer,
    booking: Booking,
    now: datetime,
    actor: Actor,
    *,
    details: Mapping[str, str],
    consent: Consent | None,
    choose: Callable[[Sequence[str]], str] = secrets.choice,
) -> None:
    """Turn a hold into a booking with a code; a lapsed one too, while its time is still free.

    Raises BookingRefused: taken, too_many_bookings.
    """
    if booking.state not in ("held", "expired") or booking.starts_at <= now:
        raise slot_taken_error()
    phone_hash = registry.keyed_hash(details["phone"]) if details.get("phone") else None
    check_citizen(session, offer, now, actor.citizen_id)
    if phone_hash:
        check_phone(session, offer.municipality, offer.service.id, now, phone_hash)

    def take(desk_id: int) -> None:
        # The code first, for looking it up writes what has changed: all of it is one UPDATE.
        booking.code = _unused_code(session, choose)
        booking.desk_id = desk_id
        booking.state = "confirmed"
        booking.details = dict(details)
        booking.phone_hash = phone_hash
        booking.language, booking.timezone = actor.language, actor.timezone
        if consent:
            booking.consent_version = str(consent.reference)
            booking.consented_at = now

    if is_live(booking, now) and still_serves(offer, booking):
        take(booking.desk_id)
    else:
        take_desk(session, offer, booking.starts_at, now, take, booking)
    done = _record(session, booking, "confirmed", now, actor)
    enqueue_notifications(session, registry, booking, done, now, actor)


def move(
    session: Session,
    registry: Registry,
    offer: ServiceOffer,
    booking: Booking,
    starts_at: datetime,
    now: datetime,
    actor: Actor,
) -> None:
    """Give a booking another time, as one UPDATE of its row; refused, the old time stands.

    Raises BookingRefused: taken, too_late, not_confirmed.
    """
    check_changeable(booking, offer.municipality.rules, now)
    starts_at = starts_at.astimezone(UTC)

    def take(desk_id: int) -> None:
        booking.desk_id = desk_id
        booking.starts_at = starts_at
        booking.ends_at = starts_at + timedelta(minutes=offer.service.duration)

    take_desk(session, offer, starts_at, now, take, booking)
    done = _record(session, booking, "moved", now, actor, ["starts_at"])
    enqueue_notifications(session, registry, booking, done, now, actor)


def cancel(
    session: Session,
    registry: Registry,
    rules: Rules,
    booking: Booking,
    now: datetime,
    actor: Actor,
) -> None:
    """End a booking. Raises BookingRefused: too_late, not_confirmed."""
    check_changeable(booking, rules, now)
    booking.state = "cancelled"
    done = _record(session, booking, "cancelled", now, actor)
    enqueue_notifications(session, registry, booking, done, now, actor)


def edit(
    session: Session,
    registry: Registry,
    booking: Booking,
    changes: Mapping[str, str],
    now: datetime,
    actor: Actor,
) -> None:
    """Change details of a booking. Raises BookingRefused: not_confirmed, too_many_bookings."""
    check_open(booking, now)
    phone = changes.get("phone", booking.details.get("phone"))
    phone_hash = registry.keyed_hash(phone) if phone else None
    if phone_hash and phone_hash != booking.phone_hash:
        body = registry[booking.municipality_id].body
        check_phone(session, body, booking.service, now, phone_hash)
    kept = {name: value for name, value in booking.details.items() if name not in changes}
    booking.details = kept | {name: value for name, value in changes.items() if value}
    booking.phone_hash = phone_hash
    done = _record(session, booking, "edited", now, actor, sorted(changes))
    enqueue_notifications(session, registry, booking, done, now, actor)


def withdraw_consent(session: Session, booking: Booking, now: datetime, actor: Actor) -> None:
    """Take consent back: without it the details can't be kept, nor so the booking.

    What the citizen is offered from before and what was said in their chats goes too, and in that
    of the actor, who may have proved another's booking to be theirs. No deadline stands in the way
    of it. Nobody is written about it: the address is gone.
    """
    check_open(booking, now)
    booking.consent_withdrawn_at = now
    booking.state = "cancelled"
    booking.details = {}
    booking.phone_hash = None
    session.get_one(Citizen, booking.citizen_id).details = {}
    for citizen_id in {booking.citizen_id, actor.citizen_id}:
        erase_messages(session, citizen_id)
    cancel_pending(session, booking.id, MessageKind.REMINDER)
    _record(session, booking, "consent_withdrawn", now, actor)


def upcoming(session: Session, citizen_id: int, now: datetime) -> Sequence[Booking]:
    """Return the citizen's confirmed bookings that aren't over, soonest first."""
    return session.scalars(
        select(Booking)
        .where(
            Booking.citizen_id == citizen_id, Booking.ends_at > now, Booking.state == "confirmed"
        )
        .order_by(Booking.starts_at)
    ).all()


def check_open(booking: Booking, now: datetime) -> None:
    """Raise BookingRefused not_confirmed unless it is confirmed and still to come."""
    if booking.state != "confirmed" or booking.starts_at <= now:
        raise BookingRefused(
            RefusalKind.NOT_CONFIRMED, _("This appointment is over or was cancelled.")
        )


def check_changeable(booking: Booking, rules: Rules, now: datetime) -> None:
    """Raise BookingRefused, also when the municipality's deadline for changes has passed."""
    check_open(booking, now)
    hours = rules.change_deadline_hours
    if booking.starts_at - now < timedelta(hours=hours):
        raise BookingRefused(
            RefusalKind.TOO_LATE,
            _n(
                "This appointment can be changed until {count} hour before it. "
                "Please contact the office.",
                "This appointment can be changed until {count} hours before it. "
                "Please contact the office.",
                hours,
            ),
        )


def _unused_code(session: Session, choose: Callable[[Sequence[str]], str]) -> str:
    while True:
        code = new_code(choose)
        if session.scalar(select(Booking.id).where(Booking.code == code)) is None:
            return code


def _record(
    session: Session,
    booking: Booking,
    action: str,
    now: datetime,
    actor: Actor,
    fields: Iterable[str] = (),
) -> History:
    session.flush()
    done = History(
        booking_id=booking.id,
        at=now,
        action=action,
        fields=list(fields),
        citizen_id=actor.citizen_id,
        platform=actor.platform,
    )
    session.add(done)
    session.flush()
    record_event(session, "booking", action)
    return done
