"""The messages of notifications: reminders, and changes made elsewhere."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking, BookingState
from core.i18n import TextTemplate, _
from core.messaging.keys import MessageKind
from dialogs.messages.appointment import (
    appointment_facts,
    booking_message,
    brief_form,
    documents,
    full_details,
    office_phone,
    one_line,
)
from dialogs.messages.blocks import Message, Note, Paragraph

OPENINGS: dict[MessageKind, TextTemplate] = {
    MessageKind.REMINDER: _("A reminder of your appointment:"),
    MessageKind.MOVED: _(
        "Your appointment was moved from another device, with its code and your number:"
    ),
    MessageKind.EDITED: _(
        "The details of your appointment were changed from another device, with its code and "
        "your number:"
    ),
}
"""The first line, by kind, for the citizen who booked, in a chat that can answer."""

FOR_ATTENDEE: dict[MessageKind, TextTemplate] = {
    MessageKind.CONFIRMED: _("Your appointment is booked."),
    MessageKind.MOVED: _("Your appointment was moved."),
    MessageKind.EDITED: _("The details of your appointment were changed."),
    MessageKind.REMINDER: OPENINGS[MessageKind.REMINDER],
}
"""The first line, by kind, for the attendee, who may be somebody else and can't answer."""

CANCEL_HERE = _(
    "If you can't make it, please cancel it here, so that somebody else can have the time."
)
TELL_OFFICE = _("If you can't make it, please tell the office.")


BRIEF: dict[MessageKind, TextTemplate] = {
    MessageKind.CONFIRMED: _("Your appointment is booked: {appointment}. Code: {code}."),
    MessageKind.MOVED: _("Your appointment was moved: {appointment}. Code: {code}."),
    MessageKind.EDITED: _(
        "The details of your appointment were changed: {appointment}. Code: {code}."
    ),
    MessageKind.REMINDER: _("A reminder of your appointment: {appointment}. Code: {code}."),
}
"""The short form, by kind."""


def notification_message(
    loaded: LoadedMunicipality,
    kind: MessageKind,
    booking: Booking,
    citizen: ZoneInfo,
    now: datetime,
    *,
    to_attendee: bool = False,
) -> Message | None:
    """Return the message of a notification about a booking, for the citizen or the attendee.

    None if it is no longer true, such as a reminder of a cancelled booking.
    """
    if not loaded.has(booking.service, booking.branch):
        return None  # a cancelled booking's service may no longer be in the catalogue
    if kind is MessageKind.CANCELLED:
        appointment = one_line(loaded, booking, citizen)
        brief = _("Your appointment was cancelled: {appointment}.", appointment=appointment)
        elsewhere = _(
            "Your appointment was cancelled from another device, with its code and your number: "
            "{appointment}.",
            appointment=appointment,
        )
        text = Paragraph(brief if to_attendee else elsewhere)
        return Message((text, *office_phone(loaded, booking)), brief=brief)
    if booking.state != BookingState.CONFIRMED or booking.starts_at <= now:
        return None
    short = brief_form(BRIEF[kind], loaded, booking, citizen)
    if to_attendee or kind not in OPENINGS:
        details = full_details(loaded, booking, citizen, now)
        return booking_message(booking, FOR_ATTENDEE[kind], details, short)
    body = loaded.body
    deadline = booking.starts_at - timedelta(hours=body.rules.change_deadline_hours)
    details = [
        *appointment_facts(loaded, booking, citizen),
        *documents(body.services[booking.service]),
        Note(CANCEL_HERE if now < deadline else TELL_OFFICE),
        *office_phone(loaded, booking),
    ]
    return booking_message(booking, OPENINGS[kind], details, short)
