"""The calendar file of an appointment (RFC 5545), and that of its cancellation (RFC 5546)."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, vCalAddress
from icalendar.enums import STATUS

from bot.context import Services
from bot.messages import CalendarMethod
from core.bookings.reference import lasting_id
from core.catalogue.model import Channel, OfficeContact
from core.db.models import Booking, BookingState
from core.i18n import Text, TextTemplate, _
from dialogs.messages.appointment import full_details
from dialogs.messages.blocks import message, to_text
from dialogs.nlu.fields import dialled_number

PRODUCER = "-//Rantevou//Appointments//EL"

SUMMARY = _("Appointment: {service}, {municipality}")
CANCELLED = _("The appointment was cancelled.")
ALARMS = (timedelta(days=-1), timedelta(hours=-2))
"""The times, from the beginning, at which a calendar reminds of an appointment."""


@dataclass(frozen=True)
class CalendarFile:
    """A calendar file, and its method, which its media type names too.

    `invites`: calendar programs ask the attendee whether they come, and tell the office.
    """

    content: bytes
    method: CalendarMethod
    invites: bool


def calendar_file(
    services: Services,
    language: str,
    booking: Booking,
    zone: ZoneInfo,
    sequence: int,
    *,
    attendee: str = "",
) -> CalendarFile:
    """Return the calendar file of a booking; the text in it shows times in the citizen's zone, too.

    A cancelled one's makes the entry vanish that the files before it made. `sequence` is the
    booking's `calendar_sequence`. `attendee` is the e-mail address that is invited, where the
    office reads what calendar programs answer.
    """

    def say(phrase: Text) -> str:
        return services.texts.say(phrase, language)

    registry, is_off = services.registry, booking.state == BookingState.CANCELLED
    loaded, uid = registry[booking.municipality_id], lasting_id("calendar", booking.public_id)
    now = services.clock()
    body = loaded.body
    contact, title, place = body.contact, say(body.name), ""
    if loaded.has(booking.service, booking.branch):  # perhaps not of one that was cancelled
        branch, service = body.branch(booking.branch), body.services[booking.service]
        contact = branch.contact or contact
        names = {"service": service.name, "municipality": body.name}
        title = say(TextTemplate(SUMMARY.message, args=names))
        if booking.channel == Channel.IN_PERSON:
            place = say(branch.address or branch.name)
    invites = bool(attendee and contact.calendar_email)
    method: CalendarMethod = "CANCEL" if is_off else "REQUEST" if invites else "PUBLISH"
    details = () if is_off else full_details(loaded, booking, zone, now)
    event = Event()
    event.add("uid", uid)  # the same for every copy, so that a moved one replaces the old one
    event.add("dtstamp", now)
    event.add("sequence", sequence)
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("description", say(CANCELLED if is_off else to_text(message(*details))))
    if invites:
        event.add("attendee", vCalAddress.new(attendee, partstat="NEEDS-ACTION", rsvp=True))
    calendar = Calendar()
    calendar.add("uid", uid)
    calendar.add_component(event)
    before, after = _shared_lines(method, title, place, _address_of(contact), say(body.name))
    own = calendar.to_ical().removeprefix(_BEGIN).removesuffix(_END)
    return CalendarFile(b"%b%b%b" % (before, own, after), method, invites)


_BEGIN, _BEGIN_EVENT = b"BEGIN:VCALENDAR\r\n", b"BEGIN:VEVENT\r\n"
_END = b"END:VEVENT\r\nEND:VCALENDAR\r\n"


@lru_cache(1024)  # of thousands that are sent together, a few differ: encoding takes long
def _shared_lines(
    method: CalendarMethod, title: str, place: str, organizer: str, office: str
) -> tuple[bytes, bytes]:
    """Return the lines that files have in common: those before their event's own, and the rest."""
    event = Event()
    event.add("status", STATUS.CANCELLED if method == "CANCEL" else STATUS.CONFIRMED)
    event.add("summary", title)
    if place:
        event.add("location", place)
    if organizer:
        event.add("organizer", vCalAddress(organizer, params={"CN": office}))
    for before in () if method == "CANCEL" else ALARMS:
        alarm = Alarm.new(description=title)
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", before)
        event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    head, _begin, rest = calendar.to_ical().partition(_BEGIN_EVENT)
    return head, rest


def _address_of(contact: OfficeContact) -> str:
    """Return the address of an office as calendars have it; "" where none is known."""
    email = contact.calendar_email or contact.email
    phone = f"tel:{dialled_number(contact.phone)}" if contact.phone else ""
    return f"mailto:{email}" if email else contact.website or phone
