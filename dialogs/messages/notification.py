"""What is said in the messages that come later: reminders, and changes made elsewhere."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking
from core.i18n import Text, TextTemplate, _, lines
from dialogs.messages.appointment import (
    booking_lines,
    document_lines,
    full_details,
    office_phone,
    one_line,
)

OPENINGS: dict[str, TextTemplate] = {
    "reminder": _("A reminder of your appointment:"),
    "moved": _("Your appointment was moved from another device, with its code and your number:"),
    "edited": _(
        "The details of your appointment were changed from another device, with its code and "
        "your number:"
    ),
}


FOR_ATTENDEE: dict[str, TextTemplate] = {
    "confirmed": _("Your appointment is booked."),
    "moved": _("Your appointment was moved."),
    "edited": _("The details of your appointment were changed."),
    "reminder": OPENINGS["reminder"],
}
"""To the attendee, who may be another than who booked, and can't answer."""


def notification_text(
    loaded: LoadedMunicipality,
    kind: str,
    booking: Booking,
    citizen: ZoneInfo,
    now: datetime,
    *,
    plainly: bool = False,
) -> Text | None:
    """What a message of that kind says of a booking now; None where it is no longer true.

    To whoever booked, unless it is said `plainly`: then to the attendee, wherever.
    """
    if not loaded.has(booking.service, booking.branch):
        return None  # of what was cancelled, the catalogue may know nothing any more
    if kind == "cancelled":
        what = one_line(loaded, booking, citizen)
        if plainly:
            said = _("Your appointment was cancelled: {appointment}.", appointment=what)
            return lines(said, office_phone(loaded, booking))
        said = _(
            "Your appointment was cancelled from another device, with its code and your number: "
            "{appointment}.",
            appointment=what,
        )
        return lines(said, office_phone(loaded, booking))
    if booking.state != "confirmed" or booking.starts_at <= now:
        return None
    if plainly or kind not in OPENINGS:
        return lines(FOR_ATTENDEE[kind], full_details(loaded, booking, citizen, now))
    body = loaded.body
    deadline = booking.starts_at - timedelta(hours=body.rules.change_deadline_hours)
    return lines(
        OPENINGS[kind],
        *booking_lines(loaded, booking, citizen),
        *document_lines(body.services[booking.service]),
        _("If you can't make it, please cancel it here, so that somebody else can have the time.")
        if now < deadline
        else _("If you can't make it, please tell the office."),
        office_phone(loaded, booking),
    )
