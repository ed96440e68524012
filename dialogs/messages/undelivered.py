"""The texts about messages that couldn't be delivered: to staff, and to the citizen."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking, BookingState
from core.i18n import Text, TextTemplate, _
from core.messaging.keys import MessageKind
from core.messaging.routes import ADDRESS_FIELDS, EMAIL
from dialogs.messages.appointment import masked_email, one_line
from dialogs.messages.blocks import Message, Paragraph
from dialogs.messages.platforms import on

_NEW_TIME = _("Not delivered: the new time ({how}).")
_DETAILS = _("Not delivered: the new details ({how}).")
_CANCELLED = _("Not delivered: that it is cancelled ({how}).")

WHAT: Mapping[MessageKind, TextTemplate] = {
    MessageKind.REPLY: _("Not delivered: our answer ({how})."),
    MessageKind.CONFIRMED: _("Not delivered: the confirmation ({how})."),
    MessageKind.REMINDER: _("Not delivered: the reminder ({how})."),
    MessageKind.MOVED: _NEW_TIME,
    MessageKind.MOVED_BY_OFFICE: _NEW_TIME,
    MessageKind.EDITED: _DETAILS,
    MessageKind.EDITED_BY_OFFICE: _DETAILS,
    MessageKind.CANCELLED: _CANCELLED,
    MessageKind.CANCELLED_BY_OFFICE: _CANCELLED,
    MessageKind.TIME_OFFERED: _("Not delivered: the offer of another time ({how})."),
    MessageKind.OFFER_WITHDRAWN: _("Not delivered: that it takes place after all ({how})."),
}
"""The lines by which staff know what the citizen hasn't got."""

EMAIL_IS_DEAD = _("The e-mail address takes no messages. Please ask for the right one.")


_OWN_REFUSED = _(
    "The e-mail about your appointment couldn't be delivered to {address}: {appointment}. "
    "Your booking stands. If the address is wrong, write “my appointments” and correct it."
)
_REFUSED_BY_CODE = _(
    "The e-mail about the appointment couldn't be delivered to {address}: {appointment}. "
    "The booking stands. If the address is wrong, write “change my details” and correct it, with "
    "the code."
)


def what_failed(kind: str, platform: str) -> Text | None:
    """Return the line of the message that wasn't delivered; None where there is none."""
    found = WHAT.get(MessageKind(kind))
    return TextTemplate(found.message, args={"how": on(platform)}) if found else None


def address_refused(
    loaded: LoadedMunicipality, booking: Booking, citizen: ZoneInfo, *, is_own: bool = True
) -> Message | None:
    """Return the news that an e-mail didn't arrive, to the chat in which its address was given.

    That may be another's chat, where it was given with the booking's code (not `is_own`).
    """
    address = booking.details.get(ADDRESS_FIELDS[EMAIL])
    known = loaded.has(booking.service, booking.branch)
    if booking.state != BookingState.CONFIRMED or not address or not known:
        return None
    template = _OWN_REFUSED if is_own else _REFUSED_BY_CODE
    appointment = one_line(loaded, booking, citizen)
    args = {"address": masked_email(address), "appointment": appointment}
    said = TextTemplate(template.message, args=args)
    return Message((Paragraph(said),), brief=said)
