"""Offers of another time: asked for, answered, expired."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, insert, or_, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.history import Place, record_change
from core.bookings.holds import is_live
from core.bookings.offers.ends import (
    OPEN,
    can_be_answered,
    end_offer,
    led_to_nothing,
    open_offer,
)
from core.bookings.offers.served import can_be_kept, closure_of
from core.catalogue.registry import LoadedMunicipality, Registry
from core.db.advisory_locks import lock
from core.db.events import record_event
from core.db.models import (
    Booking,
    BookingState,
    ExceptionKind,
    HistoryAction,
    OfferState,
    ScheduleException,
    TimeOffer,
)
from core.errors import BookingRefused, RefusalKind
from core.i18n import _
from core.messaging.keys import Cause, MessageKind
from core.messaging.notifications import enqueue_by_office, enqueue_notifications
from core.staff.alerts import enqueue_alerts, enqueue_offer

ASKED = "offer asked"
"""The event that another time is to be offered, or is no longer, which wakes who does it."""

OFFER_FIELD = "offer"
"""The name by which the history of a booking says that an offered time was accepted."""

OFFER_ENDED = _("This offer has ended.")

EXPIRED_AT_ONCE = 20
"""The most offers that one transaction ends for their age: turns wait for it."""


def ask_for_offer(
    session: Session,
    loaded: LoadedMunicipality,
    booking: Booking,
    now: datetime,
    *,
    member_id: int | None = None,
) -> None:
    """Have another time offered for a booking soon, unless one is asked for already.

    Where it can't take place at its time, that is why: the closure in which it lies is named, if it
    is one. Else it is the wish of the member of staff.
    """
    if open_offer(session, booking.id):
        return
    offer = TimeOffer(booking_id=booking.id, state=OfferState.PENDING, asked_at=now)
    if can_be_kept(loaded, booking):
        offer.member_id = member_id
    elif closure := closure_of(session, loaded, booking):
        offer.exception_id = closure.id
    session.add(offer)
    record_event(session, ASKED)


def ask_for_offers(
    session: Session,
    bookings: Sequence[Booking],
    now: datetime,
    *,
    exception_id: int | None = None,
    member_id: int | None = None,
) -> None:
    """Do the same for many bookings that can't take place any more, because of what is given.

    In two statements, for turns wait meanwhile. What an employee offered by choice until now is
    of that cause too; where the citizen was told of it, another time is offered instead.
    """
    ids = [booking.id for booking in bookings]
    asked = set()
    of_these = select(TimeOffer).where(OPEN, TimeOffer.booking_id.in_(ids))
    for offer in session.scalars(of_these).all() if ids else ():
        if offer.by_choice and offer.state == OfferState.MADE:
            end_offer(session, offer, OfferState.REPLACED, now)
            continue
        if offer.by_choice:
            offer.exception_id, offer.member_id = exception_id, member_id
            offer.asked_at = now
        asked.add(offer.booking_id)
    given = {"exception_id": exception_id, "member_id": member_id, "asked_at": now}
    rows = [
        {"booking_id": each, "state": OfferState.PENDING, **given}
        for each in ids
        if each not in asked
    ]
    if rows:
        session.execute(insert(TimeOffer), rows)
        record_event(session, ASKED)


def tell_citizen(
    session: Session,
    registry: Registry,
    booking: Booking,
    offer: TimeOffer,
    kind: MessageKind,
    now: datetime,
) -> Collection[str]:
    """Enqueue the message about an offer; return the platforms on which it goes."""
    cause = Cause.offer(offer.id, offer.state)
    expires_at = offer.expires_at if kind is MessageKind.TIME_OFFERED else None
    return enqueue_by_office(session, registry, booking, cause, kind, now, expires_at)


def latest_offer(session: Session, booking_id: int) -> TimeOffer | None:
    """Return the last offer for a booking, whatever has become of it."""
    return session.scalar(
        select(TimeOffer)
        .where(TimeOffer.booking_id == booking_id)
        .order_by(TimeOffer.id.desc())
        .limit(1)
    )


def hold_of(session: Session, offer: TimeOffer) -> Booking | None:
    """Return the hold that has the time of an offer; None where it was never made."""
    return session.get(Booking, offer.hold_id) if offer.hold_id else None


def unresolved(
    session: Session, loaded: LoadedMunicipality, now: datetime
) -> Sequence[tuple[TimeOffer, Booking]]:
    """Return the offers that led to nothing, of bookings to come that still can't take place.

    Their desks aren't open for them; they come by their start.
    """
    found = session.execute(
        select(TimeOffer, Booking)
        .join(Booking, TimeOffer.booking_id == Booking.id)
        .where(
            Booking.municipality_id == loaded.body.id,
            Booking.ends_at > now,  # as the index has it
            led_to_nothing(now),
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    return [(offer, booking) for offer, booking in found if not can_be_kept(loaded, booking)]


def reason_of(session: Session, offer: TimeOffer) -> str | None:
    """Return the reason of the closure for which another time is offered, if there is one."""
    exception = offer.exception_id and session.get(ScheduleException, offer.exception_id)
    return exception.reason if exception and exception.kind == ExceptionKind.CLOSURE else None


def accept(
    session: Session, registry: Registry, offer: TimeOffer, now: datetime, actor: Actor
) -> bool:
    """Move a booking to the desk and time that are held for it; free of the deadline.

    Accepted once more, it is as it was. Return False where the time is lost, because it was closed
    too: then another one is offered soon. Raises BookingRefused: offer_ended.
    """
    booking, hold = session.get_one(Booking, offer.booking_id), hold_of(session, offer)
    if hold is None:
        raise offer_ended()
    lock(session, f"desk {hold.desk_id}")  # before any row is locked, as `take_desk` does
    for row in (booking, offer, hold):
        # Not FOR UPDATE: whoever ends the offer meanwhile adds rows that refer to the booking.
        session.refresh(row, with_for_update={"key_share": True})
    stands = booking.state == BookingState.CONFIRMED and booking.starts_at > now
    if offer.state == OfferState.ACCEPTED and stands and booking.starts_at == hold.starts_at:
        return True
    if not stands or not can_be_answered(offer, now):
        raise offer_ended()
    if is_lost(registry, booking, hold, now):
        offer_again(session, registry[booking.municipality_id], offer, booking, now)
        return False
    end_offer(session, offer, OfferState.ACCEPTED, now)
    before = Place(booking.desk_id, booking.starts_at, booking.ends_at)
    booking.desk_id = hold.desk_id
    booking.starts_at, booking.ends_at = hold.starts_at, hold.ends_at
    booking.arrived_at = None
    booking.coming_at = now  # who takes a time means to come
    fields = ["starts_at", OFFER_FIELD]
    change = record_change(session, booking, HistoryAction.MOVED, now, actor, fields, before=before)
    enqueue_notifications(session, registry, booking, change, now, actor)
    enqueue_alerts(session, registry, booking, change, now)
    return True


def is_lost(registry: Registry, booking: Booking, hold: Booking, now: datetime) -> bool:
    """Return whether a time that was offered can't be kept: it was closed since."""
    return not is_live(hold, now) or not can_be_kept(registry[booking.municipality_id], hold)


def offer_again(
    session: Session,
    loaded: LoadedMunicipality,
    offer: TimeOffer,
    booking: Booking,
    now: datetime,
) -> None:
    """Have another time offered in place of one that is lost, for what is its cause now."""
    end_offer(session, offer, OfferState.REPLACED, now)
    member_id = offer.member_id if offer.by_choice else None
    ask_for_offer(session, loaded, booking, now, member_id=member_id)


def decline(session: Session, registry: Registry, offer: TimeOffer, now: datetime) -> None:
    """Decline an offer: its time is free at once, and the rooms are told to call.

    Declined once more, it is as it was. Raises BookingRefused: offer_ended, also where the booking
    was changed since, or another time offered.
    """
    session.refresh(offer, with_for_update=True)
    waits = select(TimeOffer.id).join(Booking, TimeOffer.booking_id == Booking.id)
    if offer.state == OfferState.DECLINED and session.scalar(
        waits.where(TimeOffer.id == offer.id, led_to_nothing(now))
    ):
        return
    booking = session.get_one(Booking, offer.booking_id)
    if not can_be_answered(offer, now):
        raise offer_ended()
    end_offer(session, offer, OfferState.DECLINED, now)
    enqueue_offer(session, registry, booking, offer, now)


def offer_ended() -> BookingRefused:
    """Return the refusal of an offer that can't be accepted or declined any more."""
    return BookingRefused(RefusalKind.OFFER_ENDED, OFFER_ENDED)


def has_overdue(session: Session, now: datetime) -> bool:
    """Return whether `end_overdue` has something to do: a quick check."""
    return session.scalar(_overdue(now).limit(1)) is not None


def end_overdue(session: Session, registry: Registry, now: datetime) -> int:
    """Expire the offers that nobody answered, and replace those whose time is lost.

    The citizens and the rooms are told. Return how many there were.
    """
    overdue = _overdue(now).order_by(TimeOffer.id).limit(EXPIRED_AT_ONCE)
    ids = session.scalars(overdue).all()
    offers = session.scalars(
        select(TimeOffer).where(TimeOffer.id.in_(ids), OPEN).with_for_update(skip_locked=True)
    ).all()
    for offer in offers:
        booking = session.get_one(Booking, offer.booking_id)
        if offer.expires_at is None or now < offer.expires_at:
            offer_again(session, registry[booking.municipality_id], offer, booking, now)
            continue
        end_offer(session, offer, OfferState.EXPIRED, now)
        tell_citizen(session, registry, booking, offer, MessageKind.OFFER_EXPIRED, now)
        enqueue_offer(session, registry, booking, offer, now)
    return len(offers)


def _overdue(now: datetime) -> Select[int]:
    return (
        select(TimeOffer.id)
        .join(Booking, TimeOffer.hold_id == Booking.id)
        .where(
            OPEN,
            TimeOffer.state == OfferState.MADE,
            or_(TimeOffer.expires_at <= now, Booking.state != BookingState.HELD),
        )
    )
