"""Messages of staff to the citizen of a booking, written elsewhere than in a room of theirs."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.actor import Staff
from core.bookings.by_staff import check_right
from core.catalogue.registry import Registry
from core.db.models import Booking, Contact
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _
from core.messaging.notifications import citizen_contact
from core.messaging.outbox import platform_of
from core.staff import relay, relay_sending
from core.staff.rights import Action


def write_to_citizen(
    session: Session,
    registry: Registry,
    staff: Staff,
    booking: Booking,
    text: str,
    now: datetime,
) -> None:
    """Send a text to the citizen of a booking.

    What they answer goes to the room that is for the booking. Raises StaffRefused: not_allowed,
    not_found; invalid; unreachable, where they have no chat with us or nobody would get the answer.
    """
    check_right(registry, staff, Action.RELAY, booking)
    text = text.strip()
    if not text or len(text) > relay.MAX_TEXT:
        raise StaffRefused(
            StaffRefusalKind.INVALID,
            _("Please write a text, of up to {count} characters.", count=relay.MAX_TEXT),
        )
    contact_id = citizen_contact(session, registry, booking)
    if contact_id is None:
        raise _unreachable(_("The citizen has no chat with us. Please call them."))
    body = registry[booking.municipality_id].body
    room = relay.find_room(session, registry, body, booking.service, booking.desk_id)
    if room is None:
        raise _unreachable(
            _("No chat of employees is there that would get an answer. Please call the citizen.")
        )
    thread = relay.open_thread(
        session, registry, contact_id, room, now, booking=booking, staff=staff
    )
    relay_sending.send_to_citizen(session, registry, thread, text, staff, now)


def chat_of_citizen(session: Session, registry: Registry, booking: Booking) -> str | None:
    """Return the platform on which the citizen of a booking can be written to; None for none."""
    contact_id = citizen_contact(session, registry, booking)
    return platform_of(session.get_one(Contact, contact_id).account) if contact_id else None


def _unreachable(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.UNREACHABLE, text)
