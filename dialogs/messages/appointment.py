"""The blocks and messages about an appointment or a service."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.bookings.change_deadline import changeable_until
from core.bookings.reference import format_code
from core.bookings.visits import is_ready
from core.catalogue.model import Branch, Channel, FormField, Municipality, OfficeContact, Service
from core.catalogue.model import Link as CatalogueLink
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking
from core.i18n import BookingCode, FormattedDate, Text, TextTemplate, ZoneCity, _, _n, lines
from dialogs.messages.blocks import (
    Action,
    Actions,
    Attachment,
    Block,
    Checklist,
    Fact,
    Facts,
    Heading,
    Link,
    Links,
    Message,
    Note,
    Paragraph,
    Place,
)
from dialogs.messages.reminder import is_changeable
from dialogs.nlu.field_types import FIELD_TYPES

CHANNELS: dict[Channel, TextTemplate] = {
    Channel.IN_PERSON: _("In person"),
    Channel.VIDEO: _("By video call"),
    Channel.PHONE: _("By telephone"),
}

CHANNEL_WORDS: dict[Channel, TextTemplate] = {
    Channel.IN_PERSON: _(
        "in person, at the office, face to face, come in, pop in, drop in, come by"
    ),
    Channel.VIDEO: _("video, by video, video call, by video call, online, camera"),
    Channel.PHONE: _(
        "phone, by phone, telephone, by telephone, call, ring, ring me, ring us, call me, phone me"
    ),
}

MAX_OFFICES_LISTED = 8
"""The most municipalities that are listed if none is picked."""

DAY = "EEEE d MMMM y"
CLOCK = "HH:mm"

ALL_READY = _("You have all documents ready.")

KEEP_CODE = _("Keep the code: with it and your phone number you can move or cancel from any chat.")
TELL_OFFICE = _("If you can't make it, please tell the office.")
"""Said instead when it is too late to move or cancel."""

FORGET_IN_CALENDAR = Attachment("calendar", _("Remove from my calendar"))
"""The action that a page offers below a message that an appointment was cancelled."""

BOOKING_ACTIONS: tuple[Block, ...] = (
    Attachment("calendar", _("Save in my calendar")),
    Actions((Action("print", _("Print")),)),
)
"""The actions that a page offers below a message about one booking."""


def shown_zone(municipality: Municipality, channel: str, citizen: ZoneInfo) -> ZoneInfo:
    """Return the zone of the times shown: the municipality's in person, else the citizen's."""
    return ZoneInfo(municipality.timezone) if channel == Channel.IN_PERSON else citizen


def appointment_time(
    start: datetime, minutes: int, municipality: Municipality, channel: str, citizen: ZoneInfo
) -> Text:
    """Return date and time, in both zones if the citizen's differs from the municipality's."""
    local = ZoneInfo(municipality.timezone)
    end = start + timedelta(minutes=minutes)

    def in_zone(zone: ZoneInfo, message: TextTemplate) -> TextTemplate:
        return TextTemplate(
            message.message,
            args={
                "day": FormattedDate(start.astimezone(zone), DAY),
                "start": FormattedDate(start.astimezone(zone), CLOCK),
                "end": FormattedDate(end.astimezone(zone), CLOCK),
                "zone": ZoneCity(zone.key),
            },
        )

    if start.astimezone(local).utcoffset() == start.astimezone(citizen).utcoffset():
        return in_zone(local, _("{day}, {start}–{end} (time of {zone})"))
    first, second = (local, citizen) if channel == Channel.IN_PERSON else (citizen, local)
    return lines(
        in_zone(first, _("{day}, {start}–{end} (time of {zone})")),
        in_zone(second, _("that is {day}, {start}–{end} in {zone}")),
    )


def about_service(service: Service, channel: str | None) -> list[Block]:
    """Return the documents, instructions, duration and links of a service."""
    channels = [Channel(channel)] if channel else service.channels
    return [
        Heading(service.name),
        *([Paragraph(service.description)] if service.description else []),
        Paragraph(_n("It takes {count} minute.", "It takes {count} minutes.", service.duration)),
        *documents(service),
        *(
            Paragraph(_("{channel}: {text}", channel=CHANNELS[c], text=service.instructions[c]))
            for c in channels
            if c in service.instructions
        ),
        *useful_links(service.links),
    ]


def about_office(body: Municipality) -> list[Block]:
    """Return the links of a municipality and how to reach it."""
    return [Heading(body.name), *useful_links(body.links), *contact_facts(body.contact)]


def documents(service: Service, booking: Booking | None = None) -> list[Block]:
    """Return the checklist of what to bring, if anything; with what is ready for a booking."""
    if not service.documents:
        return []
    ready = [
        place
        for place, each in enumerate(service.documents)
        if booking is not None and is_ready(booking, each)
    ]
    return [Checklist(_("Please have with you:"), service.documents, frozenset(ready))]


def documents_left(service: Service, booking: Booking) -> list[Block]:
    """Return the checklist of what a booking's citizen hasn't ready; that all is, where it is."""
    left = tuple(each for each in service.documents if not is_ready(booking, each))
    if service.documents and not left:
        return [Paragraph(ALL_READY)]
    return [Checklist(_("Please have with you:"), left)] if left else []


def useful_links(links: Iterable[CatalogueLink], heading: Text | None = None) -> list[Block]:
    """Return the block of a municipality's or a service's links, if there are any."""
    found = tuple(Link(link.label, link.url) for link in links)
    return [Links(found, heading)] if found else []


def contact_facts(contact: OfficeContact) -> list[Block]:
    """Return the contact details of an office."""
    details = (
        Fact(_("Telephone"), contact.phone or "", kind="phone"),
        Fact(_("Email"), contact.email or "", kind="email"),
        Fact(_("Address"), contact.address or "", kind="address"),
        Fact(_("Hours"), contact.hours or ""),
        Fact(_("Website"), contact.website or "", show_label=False, kind="url"),
    )
    return facts(*(fact for fact in details if fact.value))


def office_phones(bodies: Sequence[Municipality]) -> list[Block]:
    """Return the names of the first few offices, with their telephone numbers."""
    return [block for each in bodies[:MAX_OFFICES_LISTED] for block in _phone_of(each)]


def _phone_of(body: Municipality) -> list[Block]:
    phone = body.contact.phone
    number = Fact(_("Telephone"), phone or "", show_label=False, kind="phone")
    return [Paragraph(body.name), *(facts(number) if phone else [])]


def attendee_facts(fields: Sequence[FormField], details: Mapping[str, str]) -> list[Block]:
    """Return the attendee's details, without those skipped."""
    return facts(
        *(
            Fact(field.label, shown_value(field, details[field.id]))
            for field in fields
            if details.get(field.id)
        )
    )


def shown_value(field: FormField, value: str) -> Text:
    """Return a detail for display: an option's label, else the formatted value."""
    label = next((option.label for option in field.options if option.id == value), None)
    return FIELD_TYPES[field.type].show(value) if label is None else label


def one_line(loaded: LoadedMunicipality, booking: Booking, citizen: ZoneInfo) -> Text:
    """Return a booking in one line: date, time, service."""
    body = loaded.body
    zone = shown_zone(body, booking.channel, citizen)
    return _(
        "{day} {time}, {service}",
        day=FormattedDate(booking.starts_at.astimezone(zone), "EEE d MMM"),
        time=FormattedDate(booking.starts_at.astimezone(zone), CLOCK),
        service=body.services[booking.service].name,
    )


def appointment_facts(
    loaded: LoadedMunicipality, booking: Booking, citizen: ZoneInfo
) -> list[Block]:
    """Return the code, service, time, channel, and the place or how the call is made.

    E-mails and the pages of links have them too: so of the attendee's number and address there is
    as much as they need to know it by, but not what proves with the code whose booking it is.
    """
    body = loaded.body
    service, branch = body.services[booking.service], body.branch(booking.branch)
    minutes = int((booking.ends_at - booking.starts_at).total_seconds() // 60)
    channel = Channel(booking.channel)
    rows = [
        Fact(_("Code"), format_code(booking.code or "")),
        service_fact(body, service),
        time_fact(booking.starts_at, minutes, body, channel, citizen),
        channel_fact(channel),
    ]
    if channel == Channel.IN_PERSON:
        return [Facts(tuple(rows)), place_of(branch)]
    if len(body.branches_of(service.id)) > 1:
        rows.append(branch_fact(branch))
    phone, email = booking.details.get("phone"), booking.details.get("email")
    if channel == Channel.PHONE and phone:
        text = _("We will call you at the number that ends in {digits}.", digits=phone[-2:])
        rows.append(Fact(_("Telephone"), text, show_label=False))
    elif channel == Channel.VIDEO and email:
        to = masked_email(email)
        text = _("The office will send the link for the call to {email}.", email=to)
        rows.append(Fact(_("Email"), text, show_label=False))
    return [Facts(tuple(rows))]


def masked_email(email: str) -> str:
    """Return as much of an e-mail address as its owner needs to know it by."""
    return f"{email[:1]}…@{email.rpartition('@')[2]}"


def sent_by_email(booking: Booking) -> list[Block]:
    """Return the line that says, in a chat, to which address the details go, too, if to any."""
    address = booking.details.get("email")
    if not address:
        return []
    to = masked_email(address)
    return [Paragraph(_("We are sending the details by email to {email}, too.", email=to))]


def service_fact(body: Municipality, service: Service) -> Fact:
    """Return the fact with municipality and service."""
    value = _("{municipality}, {service}", municipality=body.name, service=service.name)
    return Fact(_("Service"), value, show_label=False)


def time_fact(
    start: datetime, minutes: int, body: Municipality, channel: Channel, citizen: ZoneInfo
) -> Fact:
    """Return the fact with date and time of an appointment."""
    value = appointment_time(start, minutes, body, channel, citizen)
    return Fact(_("When"), value, show_label=False)


def channel_fact(channel: Channel) -> Fact:
    """Return the fact with the channel of an appointment."""
    return Fact(_("How"), CHANNELS[channel], show_label=False)


def branch_fact(branch: Branch) -> Fact:
    """Return the fact with the name of a branch."""
    return Fact(_("Place"), branch.name, show_label=False)


def facts(*rows: Fact) -> list[Block]:
    """Return a block of these facts; no block if there are none."""
    return [Facts(rows)] if rows else []


def place_of(branch: Branch) -> Place:
    """Return the block of where a branch is."""
    point = branch.place
    if point is None:
        return Place(branch.name, branch.address)
    return Place(branch.name, branch.address, point.latitude, point.longitude)


def full_details(
    loaded: LoadedMunicipality,
    booking: Booking,
    citizen: ZoneInfo,
    now: datetime,
    *,
    reminds: bool = False,
    is_offered: bool = False,
) -> list[Block]:
    """Return everything that the citizen must know about a booking.

    Where it `reminds` of it, of the documents those that aren't ready. It may be moved after the
    deadline, too, where another time `is_offered`.
    """
    body = loaded.body
    service, channel = body.services[booking.service], Channel(booking.channel)
    tips = body.video_tips if channel == Channel.VIDEO else ()
    instructions = service.instructions.get(channel)
    return [
        *appointment_facts(loaded, booking, citizen),
        *(documents_left if reminds else documents)(service, booking),
        *([Paragraph(instructions)] if instructions else []),
        *([Checklist(_("For a good video call:"), tips)] if tips else []),
        _note(loaded, booking, citizen, now, is_offered=is_offered),
        *office_phone(loaded, booking),
    ]


def _note(
    loaded: LoadedMunicipality,
    booking: Booking,
    citizen: ZoneInfo,
    now: datetime,
    *,
    is_offered: bool,
) -> Note:
    """Return how a booking can be moved or cancelled, and until when; or that it can't any more."""
    if is_changeable(loaded, booking, now):
        return Note(lines(KEEP_CODE, _deadline(loaded.body, booking, citizen)))
    return Note(KEEP_CODE if is_offered else TELL_OFFICE)


def _deadline(body: Municipality, booking: Booking, citizen: ZoneInfo) -> Text | None:
    """Return until when a booking can be moved or cancelled, if that is before its start."""
    until = changeable_until(body, booking)
    if until >= booking.starts_at:
        return None
    zone = shown_zone(body, booking.channel, citizen)
    local = until.astimezone(zone)
    return _(
        "You can do so until {day}, {time} (time of {zone}).",
        day=FormattedDate(local, "EEEE d MMMM"),
        time=FormattedDate(local, CLOCK),
        zone=ZoneCity(str(zone)),
    )


def office_phone(loaded: LoadedMunicipality, booking: Booking) -> list[Block]:
    """Return the telephone number to call about a booking, if there is one."""
    contact = loaded.body.contact
    if loaded.has(booking.service, booking.branch):  # perhaps not of one that has ended
        contact = loaded.body.branch(booking.branch).contact or contact
    if not contact.phone:
        return []
    return facts(Fact(_("Telephone of the office"), contact.phone, kind="phone"))


def booking_message(
    booking: Booking, heading: Text, blocks: Iterable[Block], brief: Text | None = None
) -> Message:
    """Return a message about one booking, with its calendar file."""
    return Message((Heading(heading), *blocks, *BOOKING_ACTIONS), booking.id, brief)


def brief_form(
    template: TextTemplate, loaded: LoadedMunicipality, booking: Booking, citizen: ZoneInfo
) -> Text:
    """Return a message's short form with its {appointment} and {code} filled in."""
    appointment = one_line(loaded, booking, citizen)
    code = BookingCode(booking.code or "")
    return TextTemplate(template.message, args={"appointment": appointment, "code": code})
