"""What is said in a call of ours: who calls, and whom the appointment is for."""

from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking
from core.i18n import Text, _, lines

AGAIN = _("If the appointment is yours, press one. If it isn't, press two.")

WRONG_NUMBER = _("I'm sorry. We won't call you again about this. Goodbye.")


def first_words(loaded: LoadedMunicipality) -> Text:
    """Return what is said to whoever answers, which may be anybody: who calls, not for whom."""
    who = _(
        "Hello. {municipality}. I'm calling about an appointment.", municipality=loaded.body.name
    )
    return lines(who, AGAIN)


def last_words(loaded: LoadedMunicipality, booking: Booking) -> Text:
    """Return what is said to who presses no key, and to answering machines."""
    contact = loaded.body.branch(booking.branch).contact or loaded.body.contact
    called = _("{municipality}. We called about an appointment.", municipality=loaded.body.name)
    if not contact.phone:
        return lines(called, _("Goodbye."))
    phone = contact.phone
    to_call = _("To learn more, please call {phone}. Once more: {phone}. Goodbye.", phone=phone)
    return lines(called, to_call)


def for_whom(booking: Booking) -> Text:
    """Return whose appointment it is, for others may answer the same telephone."""
    return _("The appointment is for {name}.", name=booking.details.get("name", ""))
