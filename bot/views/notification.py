"""Renders notifications."""

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.replies import build_reply
from bot.views.change import with_change
from bot.views.time_offer import render_offer
from core.bookings.lost_codes import bookings_of_address
from core.bookings.offers.ends import can_be_answered, open_offer
from core.bookings.offers.served import can_be_kept
from core.bookings.offers.service import hold_of, reason_of
from core.db.models import Booking, Contact, OutboxRow, TimeOffer
from core.messaging.addresses import gave_email
from core.messaging.keys import TO_CHAT, Cause, MessageKind
from core.messaging.reminder_ways import is_obsolete
from core.messaging.routes import EMAIL
from core.staff.record import cancellation_reason
from dialogs.messages.notification import codes_message, notification_message
from dialogs.messages.time_offer import STATES, Offered
from dialogs.messages.undelivered import address_refused

Offers = Mapping[int, TimeOffer]
"""Open offers, by the ids of the bookings that they are for."""


def is_news(session: Session, services: Services, row: OutboxRow) -> bool:
    """Return whether a message of a booking that is given up says what is so, and isn't known."""
    if row.kind == MessageKind.REPLY or row.kind in TO_CHAT:
        return True
    booking = session.get_one(Booking, row.booking_id)
    said = render_notification(session, services, row, booking, booking.language, booking.timezone)
    return said is not None


def render_notification(
    session: Session,
    services: Services,
    row: OutboxRow,
    booking: Booking,
    language: str,
    timezone: str,
    *,
    to_attendee: bool = False,
    offers: Offers | None = None,
) -> Reply | None:
    """Return a notification's reply, by the booking as it is now; None where it is obsolete.

    `offers` are the open ones of it and others, where those were read.
    """
    kind, loaded = MessageKind(row.kind), services.registry[booking.municipality_id]
    if kind in STATES:
        offer_id, _state = Cause.parse(row.dedupe_key, row.recipient).as_offer()
        return render_offer(
            session,
            services,
            kind,
            offer_id,
            row.recipient,
            booking,
            language,
            timezone,
            to_attendee,
        )
    if kind == MessageKind.REMINDER and (
        is_obsolete(session, row, booking, services.clock())
        or not can_be_kept(loaded, booking)  # as booked, as they are told otherwise
    ):
        return None
    if kind == MessageKind.ADDRESS_REFUSED:
        changed = booking.email_changed_at
        if (changed is not None and changed > row.due_at) or not gave_email(session, row):
            return None
        is_own = session.get_one(Contact, row.contact_id).citizen_id == booking.citizen_id
        said = address_refused(loaded, booking, ZoneInfo(timezone), is_own=is_own)
        return build_reply(services.texts, [said], language) if said else None
    if kind == MessageKind.CODE_SENT and row.platform == EMAIL:
        bookings = bookings_of_address(session, booking, services.clock())
        if len(bookings) > 1:
            every = [(services.registry[each.municipality_id], each) for each in bookings]
            return build_reply(services.texts, [codes_message(every, ZoneInfo(timezone))], language)
    office_cancelled = kind == MessageKind.CANCELLED_BY_OFFICE
    reason = cancellation_reason(session, booking.id) if office_cancelled else None
    said = notification_message(
        loaded,
        kind,
        booking,
        ZoneInfo(timezone),
        services.clock(),
        to_attendee=to_attendee,
        reason=reason,
        offered=_offered(session, services, booking, offers),
    )
    said = with_change(session, loaded, row, booking, ZoneInfo(timezone), said)
    if said is None:
        return None
    if to_attendee and row.platform == EMAIL:
        said = replace(said, brief=None, spoken=None)  # no e-mail shows them: they aren't rendered
    return build_reply(services.texts, [said], language)


def _offered(
    session: Session, services: Services, booking: Booking, offers: Offers | None
) -> Offered | None:
    """Return the offer that can be accepted for a booking."""
    offer = open_offer(session, booking.id) if offers is None else offers.get(booking.id)
    if offer is None or not can_be_answered(offer, services.clock()):
        return None
    return Offered(offer, hold_of(session, offer), reason_of(session, offer))
