"""The text messages about an appointment, so short that one part will do.

They have the telephone number of the office where they can't be answered.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from core.catalogue.model import Channel
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking
from core.i18n import BookingCode, FormattedDate, Text, TextTemplate, ZoneCity, _, join
from core.messaging.keys import MessageKind
from dialogs.messages.appointment import CHANNELS, CLOCK, shown_zone

SHORT_DAY = "EEE d/M"

ANSWERS = _("Coming? OK {code}. Not: DELETE {code}")
"""How a reminder is answered. Twilio takes other English words, such as YES, for its own."""

_MOVED = _("Your appointment was moved: {day} {time}, {service}, {place}. Code: {code}.")

WORDINGS: Mapping[MessageKind, TextTemplate] = {
    MessageKind.CONFIRMED: _(
        "Your appointment is booked: {day} {time}, {service}, {place}. Code: {code}."
    ),
    MessageKind.MOVED: _MOVED,
    MessageKind.MOVED_BY_OFFICE: _MOVED,
    MessageKind.REMINDER: _(
        "Your appointment is on {day} at {time}, {service}, {place}. Code: {code}."
    ),
    MessageKind.CODE_SENT: _("Your appointment: {day} {time}, {service}, {place}. Code: {code}."),
    MessageKind.CANCELLED: _("Your appointment was cancelled: {day} {time}, {service}."),
}
"""The texts with one form for all; those of the other kinds are the short forms of chats."""

OFFICE_PHONE = _("Telephone of the office: {phone}")
CHANGES_PHONE = _("Changes: {phone}")
CHANGES_ANSWER = _("Changes: CHANGE {code}")


def text_message(
    loaded: LoadedMunicipality,
    kind: MessageKind,
    booking: Booking,
    citizen: ZoneInfo,
    service: Text,
    place: Text,
    *,
    is_two_way: bool = False,
) -> Text:
    """Return the text of a kind in WORDINGS; `service` and `place` may be shortened.

    Where it `is_two_way`, it says with which words and code it is answered.
    """
    said = wording(loaded, kind, booking, citizen, service, place)
    is_over = kind is MessageKind.CANCELLED
    if is_two_way and not is_over:
        answers = ANSWERS if kind is MessageKind.REMINDER else CHANGES_ANSWER
        code = booking.code or ""
        return join(" ", said, TextTemplate(answers.message, args={"code": code}))
    return join(" ", said, *call(loaded, booking, OFFICE_PHONE if is_over else CHANGES_PHONE))


def wording(
    loaded: LoadedMunicipality,
    kind: MessageKind,
    booking: Booking,
    citizen: ZoneInfo,
    service: Text,
    place: Text,
) -> TextTemplate:
    """Return the sentence of a kind in WORDINGS, with what the appointment is."""
    zone = shown_zone(loaded.body, booking.channel, citizen)
    at = booking.starts_at.astimezone(zone)
    clock: Text = FormattedDate(at, CLOCK)
    if zone != ZoneInfo(loaded.body.timezone):
        clock = _("{time} ({zone})", time=clock, zone=ZoneCity(zone.key))
    return TextTemplate(
        WORDINGS[kind].message,
        args={
            "day": FormattedDate(at, SHORT_DAY),
            "time": clock,
            "service": service,
            "place": place,
            "code": BookingCode(booking.code or ""),
        },
    )


def call(
    loaded: LoadedMunicipality, booking: Booking, words: TextTemplate
) -> tuple[TextTemplate, ...]:
    """Return words with the telephone number of the office; none where it has no number."""
    contact = loaded.body.branch(booking.branch).contact or loaded.body.contact
    if not contact.phone:
        return ()
    return (TextTemplate(words.message, args={"phone": contact.phone}),)


def names_of(loaded: LoadedMunicipality, booking: Booking) -> tuple[Text, Text]:
    """Return the service of a booking, and where it is, or how it is held."""
    branch = loaded.body.branch(booking.branch)
    is_visit = booking.channel == Channel.IN_PERSON
    name = branch.short or branch.address or branch.name
    service = loaded.body.services[booking.service]
    return service.short or service.name, name if is_visit else CHANNELS[Channel(booking.channel)]
