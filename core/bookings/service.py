"""Confirm, move, edit and cancel a booking, and withdraw its consent."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bookings.allocation import slot_taken_error, still_serves, take_desk
from core.bookings.change_deadline import changeable_until
from core.bookings.history import Place, record_change
from core.bookings.holds import is_live
from core.bookings.joining.requests import end_requests
from core.bookings.limits import (
    call_the_office,
    check_attendee,
    check_citizen,
    check_confirmations,
    check_phone,
    count_confirmation,
    words_of_name,
)
from core.bookings.lost_codes import email_hash
from core.bookings.offers.ends import is_made
from core.bookings.reference import new_code
from core.bookings.reminder_links import forget_links_of, gets_reminders
from core.bookings.staff_rights import check_change, offer_for
from core.catalogue.model import Consent, Municipality
from core.catalogue.registry import Registry
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking, BookingState, Citizen, History, HistoryAction
from core.db.statements import run
from core.errors import BookingRefused, RefusalKind
from core.i18n import _, _n
from core.messaging.conversations import contacts_of, erase_messages
from core.messaging.notifications import enqueue_notifications, notified_on
from core.messaging.reminders import cancel_reminders, forget_preferences
from core.staff.alerts import enqueue_alerts, enqueue_unnotified
from core.staff.relay_upkeep import erase_of_contacts
from core.staff.rights import Action


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
    """Confirm a hold, which gets a code; also a lapsed one whose time is still free.

    Raises BookingRefused: taken, too_many_bookings, too_many_confirmations. Raises StaffRefused:
    not_allowed, not_found.
    """
    offer = offer_for(offer, actor)
    if booking.state not in (BookingState.HELD, BookingState.EXPIRED) or booking.starts_at <= now:
        raise slot_taken_error()
    phone_hash = registry.keyed_hash(details["phone"]) if details.get("phone") else None
    body, service, attendee = offer.municipality, offer.service.id, details.get("name", "")
    check_citizen(session, body, service, now, actor.citizen_id, attendee)
    check_confirmations(session, offer, now, actor)
    if phone_hash:
        check_phone(session, body, service, now, phone_hash, attendee, actor)

    def take(desk_id: int) -> None:
        # First, for its query flushes the session: so all changes are one UPDATE.
        booking.code = unused_code(session, choose)
        booking.desk_id = desk_id
        booking.state = BookingState.CONFIRMED
        booking.details = dict(details)
        booking.phone_hash = phone_hash
        booking.email_hash = email_hash(registry, details.get("email"))
        booking.phone_proven = phone_hash is not None and phone_hash == actor.proven_phone
        booking.language, booking.timezone = actor.language, actor.timezone
        if consent:
            booking.consent_version = str(consent.reference)
            booking.consented_at = now

    if is_live(booking, now) and still_serves(offer, booking):
        take(booking.desk_id)
    else:
        take_desk(session, offer, booking.starts_at, now, take, booking)
    count_confirmation(session, offer, now, actor)
    change = record_change(session, booking, HistoryAction.CONFIRMED, now, actor)
    enqueue_notifications(session, registry, booking, change, now, actor)
    enqueue_alerts(session, registry, booking, change, now)


def move(
    session: Session,
    registry: Registry,
    offer: ServiceOffer,
    booking: Booking,
    starts_at: datetime,
    now: datetime,
    actor: Actor,
) -> bool:
    """Move a booking to another time, as one UPDATE of its row; where refused, nothing changes.

    Return whether it was moved: at the same time, only a booking whose desk no longer serves it is.
    Staff may move it to any time that is open. Raises BookingRefused: taken, too_late,
    not_confirmed. Raises StaffRefused: not_allowed, not_found.
    """
    check_change(offer.municipality, booking, Action.MOVE, actor)
    check_changeable(session, offer.municipality, booking, now, actor)
    if actor.staff:
        offer = offer.for_staff()
    starts_at = starts_at.astimezone(UTC)
    ends_at = starts_at + timedelta(minutes=offer.service.duration)
    before = Place(booking.desk_id, booking.starts_at, booking.ends_at)
    if before == (booking.desk_id, starts_at, ends_at) and still_serves(offer, booking):
        return False  # the request was sent again: nobody is told once more

    def take(desk_id: int) -> None:
        booking.desk_id = desk_id
        booking.starts_at = starts_at
        booking.ends_at = ends_at
        booking.arrived_at = booking.coming_at = None

    take_desk(session, offer, starts_at, now, take, booking)
    change = record_change(
        session, booking, HistoryAction.MOVED, now, actor, ["starts_at"], before=before
    )
    _tell_of_change(session, registry, booking, change, now, actor)
    return True


def cancel(
    session: Session,
    registry: Registry,
    booking: Booking,
    now: datetime,
    actor: Actor,
    reason: str | None = None,
) -> None:
    """Cancel a booking, by staff for a `reason`, which the citizen is told.

    Raises BookingRefused: too_late, not_confirmed. Raises StaffRefused: not_allowed, not_found.
    """
    body = registry[booking.municipality_id].body
    check_change(body, booking, Action.CANCEL, actor)
    check_changeable(session, body, booking, now, actor)
    booking.state = BookingState.CANCELLED
    change = record_change(session, booking, HistoryAction.CANCELLED, now, actor, reason=reason)
    _tell_of_change(session, registry, booking, change, now, actor)


def edit(
    session: Session,
    registry: Registry,
    booking: Booking,
    changes: Mapping[str, str],
    now: datetime,
    actor: Actor,
) -> None:
    """Change a booking's details. Raises BookingRefused: not_confirmed, too_many_bookings.

    Raises StaffRefused: not_allowed, not_found.
    """
    check_change(registry[booking.municipality_id].body, booking, Action.EDIT, actor)
    check_open(booking, now, actor)
    phone = changes.get("phone", booking.details.get("phone"))
    phone_hash = registry.keyed_hash(phone) if phone else None
    body, name = registry[booking.municipality_id].body, booking.details.get("name", "")
    attendee = changes.get("name", name)
    is_other = words_of_name(attendee) != words_of_name(name)
    if is_other and not actor.staff:
        check_attendee(session, body, booking.service, now, booking.citizen_id, attendee)
    if phone_hash and (is_other or phone_hash != booking.phone_hash):
        check_phone(session, body, booking.service, now, phone_hash, attendee, actor)
    if phone_hash and phone_hash != booking.phone_hash:
        booking.phone_proven = phone_hash == actor.proven_phone
    former = booking.details
    kept = {name: value for name, value in former.items() if name not in changes}
    booking.details = kept | {name: value for name, value in changes.items() if value}
    booking.phone_hash = phone_hash
    booking.email_hash = email_hash(registry, booking.details.get("email"))
    if booking.details.get("email") != former.get("email"):
        # Which revokes the links that the former one got; a time of its own, stored as seconds.
        last = booking.email_changed_at
        now_or_next = max(now, last + timedelta(seconds=1)) if last else now
        booking.email_changed_at = now_or_next.replace(microsecond=0)
    change = record_change(session, booking, HistoryAction.EDITED, now, actor, sorted(changes))
    enqueue_notifications(session, registry, booking, change, now, actor)
    enqueue_alerts(session, registry, booking, change, now)


def withdraw_consent(
    session: Session, registry: Registry, booking: Booking, now: datetime, actor: Actor
) -> bool:
    """Withdraw the consent: erase the details, which needed it, the note, and cancel the booking.

    The citizen's known details are erased too; the preferences and messages of citizen and actor,
    who may be another contact of the same person; and what they and the office have written. There
    is no deadline. No notification is sent, for the address is erased. Return whether a hash of the
    address is kept, because no reminders are to be sent to it. Raises BookingRefused:
    not_confirmed.
    """
    check_open(booking, now)
    gets_none = not gets_reminders(session, booking)
    forget_links_of(session, booking)
    booking.consent_withdrawn_at = now
    booking.state = BookingState.CANCELLED
    booking.details = {}
    booking.note = booking.ready = None
    booking.phone_hash = booking.email_hash = None
    booking.phone_proven = False
    session.get_one(Citizen, booking.citizen_id).details = {}
    for citizen_id in {booking.citizen_id, actor.citizen_id}:
        erase_messages(session, contacts_of(citizen_id))
        forget_preferences(session, registry, citizen_id, now)
        erase_of_contacts(session, registry, contacts_of(citizen_id), now)
        end_requests(session, contacts_of(citizen_id))
    cancel_reminders(session, booking)
    change = record_change(session, booking, HistoryAction.CONSENT_WITHDRAWN, now, actor)
    enqueue_alerts(session, registry, booking, change, now)
    return gets_none


def _tell_of_change(
    session: Session,
    registry: Registry,
    booking: Booking,
    change: History,
    now: datetime,
    actor: Actor,
) -> None:
    """Enqueue the messages of a move or a cancellation.

    Where staff made it, and no message of it goes to anybody, their rooms are asked to call.
    """
    enqueue_notifications(session, registry, booking, change, now, actor)
    enqueue_alerts(session, registry, booking, change, now)
    if actor.staff and not notified_on(session, booking, now):
        enqueue_unnotified(session, registry, booking, change, now)


_UPCOMING = (
    select(Booking)
    .where(
        Booking.citizen_id == bindparam("citizen_id"),
        Booking.ends_at > bindparam("now"),
        Booking.state == BookingState.CONFIRMED,
    )
    .order_by(Booking.starts_at)
)


def upcoming(session: Session, citizen_id: int, now: datetime) -> Sequence[Booking]:
    """Return a citizen's confirmed bookings that aren't over, the soonest first."""
    return session.scalars(_UPCOMING, {"citizen_id": citizen_id, "now": now}).all()


def check_open(booking: Booking, now: datetime, actor: Actor | None = None) -> None:
    """Raise BookingRefused (not_confirmed) unless a booking is confirmed and hasn't started.

    For staff, it must not be over.
    """
    until = booking.ends_at if actor and actor.staff else booking.starts_at
    if booking.state != BookingState.CONFIRMED or until <= now:
        raise BookingRefused(
            RefusalKind.NOT_CONFIRMED, _("This appointment is over or was cancelled.")
        )


def check_changeable(
    session: Session, body: Municipality, booking: Booking, now: datetime, actor: Actor
) -> None:
    """Raise BookingRefused (not_confirmed, too_late) unless a booking may still be changed.

    Staff have no deadline, nor has a citizen while the office offers them another time.
    """
    check_open(booking, now, actor)
    is_late = not actor.staff and now > changeable_until(body, booking)
    if is_late and not is_made(session, booking.id, now):
        branch = next((each for each in body.branches if each.id == booking.branch), None)
        raise BookingRefused(
            RefusalKind.TOO_LATE,
            _n(
                "This appointment can be changed until {count} hour before it. "
                "Please {call_the_office}.",
                "This appointment can be changed until {count} hours before it. "
                "Please {call_the_office}.",
                body.rules.change_deadline_hours,
                call_the_office=call_the_office(body, branch),
            ),
        )


_WITH_CODE = select(Booking.id).where(Booking.code == bindparam("code"))


def unused_code(session: Session, choose: Callable[[Sequence[str]], str]) -> str:
    """Return a new code that no booking has."""
    while True:
        code = new_code(choose)
        if run(session, _WITH_CODE, {"code": code}).first() is None:
            return code
