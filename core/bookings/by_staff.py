"""The actions of staff on a booking: find it, cancel it, move it, note; and act for a caller.

Whoever acts may say which start was shown to them. Where the booking has changed since, nothing is
done, and they are told how it is: so of two who act at once, one wins and the other knows.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor, Staff
from core.availability.slots import nearest_times
from core.bookings import holds, service
from core.bookings.history import record_change
from core.bookings.offers.ends import open_offer
from core.bookings.offers.making import TOO_SOON
from core.bookings.offers.service import ask_for_offer
from core.bookings.reference import fold_code
from core.bookings.staff_rights import bookable_part, check_change
from core.bookings.true_state import changed, check_confirmed, day_and_time
from core.catalogue.model import Consent
from core.catalogue.registry import Registry
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking, Citizen, HistoryAction
from core.errors import BookingRefused, RefusalKind, StaffRefusalKind, StaffRefused
from core.i18n import Language, _, join
from core.messaging.conversations import DEFAULT_TIMEZONE
from core.staff.record import record
from core.staff.rights import Action, no_booking, scope_of
from core.staff.webhook_events import enqueue_booking_events

NEAREST = 5
"""The free times that are named where a wanted one isn't free."""

MAX_NOTE = 1000
"""The most letters of a note for colleagues."""

MAX_REASON = 300
"""The most letters of a reason that the citizen is told."""


def caller(session: Session, staff: Staff, now: datetime, language: Language) -> Actor:
    """Return staff who act for somebody at the counter or on the telephone.

    That is a new citizen, who has no contact.
    """
    citizen = Citizen(details={}, created_at=now)
    session.add(citizen)
    session.flush()
    return Actor(citizen.id, staff.platform, language, DEFAULT_TIMEZONE, staff=staff)


def book(
    session: Session,
    registry: Registry,
    staff: Staff,
    offer: ServiceOffer,
    starts_at: datetime,
    now: datetime,
    *,
    language: Language,
    details: Mapping[str, str],
    consent: Consent | None,
    choose: Callable[[Sequence[str]], str],
) -> Booking:
    """Book a time at once for somebody at the counter or on the telephone, who gets its messages.

    Raises StaffRefused: not_allowed, not_found; not_free, with the nearest free times. Raises
    BookingRefused: too_many_bookings.
    """
    actor = caller(session, staff, now, language)
    try:
        booking = holds.hold(session, offer, starts_at, now, actor)
    except BookingRefused as refused:
        if refused.kind is not RefusalKind.TAKEN:
            raise
        raise _not_free(session, offer, starts_at, now) from None
    service.confirm(
        session,
        registry,
        offer,
        booking,
        now,
        actor,
        details=details,
        consent=consent,
        choose=choose,
    )
    return booking


def acting(staff: Staff, booking: Booking) -> Actor:
    """Return staff who act for the citizen of a booking."""
    language, timezone = booking.language, booking.timezone
    return Actor(booking.citizen_id, staff.platform, language, timezone, staff=staff)


def find(
    session: Session, registry: Registry, staff: Staff, action: Action, which: str | int
) -> Booking:
    """Return the booking of a code or an id with which a member may do something.

    Raises StaffRefused: not_allowed; not_found, also where it isn't theirs or never was confirmed.
    """
    scope_of(staff, action)
    matches = Booking.id == which if isinstance(which, int) else Booking.code == fold_code(which)
    booking = session.scalar(select(Booking).where(matches, Booking.code.is_not(None)))
    if booking is None:
        raise no_booking()
    check_right(registry, staff, action, booking)
    return booking


def check_right(registry: Registry, staff: Staff, action: Action, booking: Booking) -> None:
    """Raise StaffRefused (not_allowed, not_found) where a member may not do that with a booking."""
    body = registry[booking.municipality_id].body
    check_change(body, booking, action, acting(staff, booking))


def cancel(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    now: datetime,
    reason: str,
    *,
    shown: datetime | None = None,
) -> None:
    """Cancel a booking that isn't over, for a reason, which the citizen is told.

    `shown` is the start that was shown to the member. Raises StaffRefused: not_allowed, not_found,
    invalid, changed.
    """
    check_cancellable(session, registry, staff, booking, now, shown=shown)
    reason = check_reason(reason)
    service.cancel(session, registry, booking, now, acting(staff, booking), reason)


def check_cancellable(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    now: datetime,
    *,
    shown: datetime | None = None,
) -> None:
    """Raise StaffRefused (not_allowed, not_found, changed) where `cancel` would."""
    check_right(registry, staff, Action.CANCEL, booking)
    check_awaited(session, registry, booking, now, shown)


def check_reason(typed: str) -> str:
    """Return a reason as the citizen is told it. Raises StaffRefused: invalid."""
    reason = " ".join(typed.split())
    if not reason or len(reason) > MAX_REASON:
        raise StaffRefused(
            StaffRefusalKind.INVALID,
            _(
                "Please give a reason, of at most {most} letters: the citizen is told.",
                most=MAX_REASON,
            ),
        )
    return reason


def move(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    starts_at: datetime,
    now: datetime,
    *,
    shown: datetime | None = None,
) -> bool:
    """Move a booking that isn't over to a time at which a desk that they serve is open and free.

    The citizen is told. Return whether it was moved; False where it is there already. `shown` is
    the start that was shown to the member. Raises StaffRefused: not_allowed, not_found, changed;
    not_free, with the nearest free times.
    """
    check_right(registry, staff, Action.MOVE, booking)
    check_awaited(session, registry, booking, now, shown)
    loaded = bookable_part(registry[booking.municipality_id], staff)
    if loaded is None or not loaded.has(booking.service, booking.branch):
        raise changed(_("This service isn't offered any more."))
    offer = loaded.offer(booking.service, booking.branch, booking.channel)
    try:
        actor = acting(staff, booking)
        return service.move(session, registry, offer, booking, starts_at, now, actor)
    except BookingRefused as refused:
        if refused.kind is not RefusalKind.TAKEN:
            raise
        raise _not_free(session, offer, starts_at, now, booking) from None


def edit(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    changes: Mapping[str, str],
    now: datetime,
) -> None:
    """Change details of a booking that isn't over, "" for those that go; the citizen is told.

    The values are as they are stored. Raises StaffRefused: not_allowed, not_found, changed. Raises
    BookingRefused: too_many_bookings.
    """
    check_editable(session, registry, staff, booking, now)
    service.edit(session, registry, booking, changes, now, acting(staff, booking))


def check_editable(
    session: Session, registry: Registry, staff: Staff, booking: Booking, now: datetime
) -> None:
    """Raise StaffRefused (not_allowed, not_found, changed) where `edit` would."""
    check_right(registry, staff, Action.EDIT, booking)
    check_awaited(session, registry, booking, now, None)
    if booking.service not in registry[booking.municipality_id].body.services:
        raise changed(_("This service isn't offered any more."))


def note(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    text: str,
    now: datetime,
) -> None:
    """Keep a note with a booking, in place of the one before, for colleagues only; "" for none.

    Programs learn that there is another, and not its text.
    Raises StaffRefused: not_allowed, not_found; invalid, where it is too long.
    """
    check_right(registry, staff, Action.EDIT, booking)
    text = text.strip()
    if len(text) > MAX_NOTE:
        raise StaffRefused(
            StaffRefusalKind.INVALID, _("A note has at most {count} letters.", count=MAX_NOTE)
        )
    if (text or None) == booking.note:
        return
    booking.note = text or None
    actor = acting(staff, booking)
    change = record_change(session, booking, HistoryAction.EDITED, now, actor, ["note"])
    enqueue_booking_events(session, registry[booking.municipality_id], [(booking, change)], now)


def offer(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    now: datetime,
    *,
    shown: datetime | None = None,
) -> None:
    """Have another time offered to the citizen of a booking that hasn't begun.

    Where it can't take place at its time, that is named as the reason, and whoever asked isn't.
    Raises StaffRefused: not_allowed, not_found, changed.
    """
    session.refresh(booking, with_for_update=True)  # of two taps at once, one asks
    check_offerable(session, registry, staff, booking, now, shown=shown)
    home = booking.municipality_id
    ask_for_offer(session, registry[home], booking, now, member_id=staff.member_id)
    record(session, staff, Action.OFFER, now, municipality_id=home, booking_id=booking.id)


def check_offerable(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    now: datetime,
    *,
    shown: datetime | None = None,
) -> None:
    """Raise StaffRefused (not_allowed, not_found, changed) where `offer` would."""
    check_right(registry, staff, Action.OFFER, booking)
    check_awaited(session, registry, booking, now, shown)
    if booking.starts_at <= now:
        raise changed(_("This appointment has begun already."))
    if booking.starts_at - now < TOO_SOON:
        raise changed(_("This appointment begins in less than two hours: please call the citizen."))
    if open_offer(session, booking.id):
        raise changed(_("Another time is being offered already."))


def _not_free(
    session: Session,
    offer: ServiceOffer,
    wanted: datetime,
    now: datetime,
    booking: Booking | None = None,
) -> StaffRefused:
    """Return the refusal of a time, to which `booking` was to be moved; it names free ones."""
    own = (booking.id, booking.starts_at) if booking else (None, None)
    near = nearest_times(session, offer.for_staff(), wanted, now, own[0], NEAREST + 1)
    nearest = sorted([start for start in near if start != own[1]][:NEAREST])
    text = _("No desk is open and free then.")
    if nearest:
        times = join(", ", *(day_and_time(start, offer.zone) for start in nearest))
        text = _("No desk is open and free then. The nearest free times: {times}.", times=times)
    return StaffRefused(StaffRefusalKind.NOT_FREE, text)


def check_awaited(
    session: Session, registry: Registry, booking: Booking, now: datetime, shown: datetime | None
) -> None:
    """Raise StaffRefused (changed) unless a booking is confirmed, as shown, and not over."""
    check_confirmed(session, registry, booking, shown)
    if booking.ends_at <= now:
        raise changed(_("This appointment is over."))
