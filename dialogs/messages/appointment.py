"""What is said of an appointment and of a service."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.bookings.reference import format_code
from core.catalogue.model import Channel, FormField, Link, Municipality, OfficeContact, Service
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking
from core.i18n import FormattedDate, JoinedText, Text, TextTemplate, ZoneCity, _, _n, lines
from dialogs.nlu.field_types import FIELD_TYPES
from dialogs.nlu.fields import format_phone

CHANNELS: dict[Channel, TextTemplate] = {
    Channel.IN_PERSON: _("In person"),
    Channel.VIDEO: _("By video call"),
    Channel.PHONE: _("By telephone"),
}

CHANNEL_WORDS: dict[Channel, TextTemplate] = {
    Channel.IN_PERSON: _("in person, at the office, face to face"),
    Channel.VIDEO: _("video, video call, online, camera"),
    Channel.PHONE: _("phone, telephone, call"),
}

DAY = "EEEE d MMMM y"
CLOCK = "HH:mm"


def shown_zone(municipality: Municipality, channel: str, citizen: ZoneInfo) -> ZoneInfo:
    """The zone of the times shown: the place's in person, else the citizen's."""
    return ZoneInfo(municipality.timezone) if channel == Channel.IN_PERSON else citizen


def appointment_time(
    start: datetime, minutes: int, municipality: Municipality, channel: str, citizen: ZoneInfo
) -> Text:
    """Date and time; in both zones where the citizen's differs from the municipality's."""
    here, there = ZoneInfo(municipality.timezone), citizen
    end = start + timedelta(minutes=minutes)

    def at(zone: ZoneInfo, message: TextTemplate) -> TextTemplate:
        return TextTemplate(
            message.message,
            args={
                "day": FormattedDate(start.astimezone(zone), DAY),
                "start": FormattedDate(start.astimezone(zone), CLOCK),
                "end": FormattedDate(end.astimezone(zone), CLOCK),
                "zone": ZoneCity(zone.key),
            },
        )

    if start.astimezone(here).utcoffset() == start.astimezone(there).utcoffset():
        return at(here, _("{day}, {start}–{end} (time of {zone})"))
    first, second = (here, there) if channel == Channel.IN_PERSON else (there, here)
    return lines(
        at(first, _("{day}, {start}–{end} (time of {zone})")),
        at(second, _("that is {day}, {start}–{end} in {zone}")),
    )


def about_service(body: Municipality, service: Service, channel: str | None) -> Text:
    """Documents, instructions, duration and links of a service."""
    channels = [Channel(channel)] if channel else service.channels
    return lines(
        service.name,
        service.description,
        _n("It takes {count} minute.", "It takes {count} minutes.", service.duration),
        *document_lines(service),
        *(
            _("{channel}: {text}", channel=CHANNELS[c], text=service.instructions[c])
            for c in channels
            if c in service.instructions
        ),
        *link_lines(service.links),
    )


def sidebar(body: Municipality, service: Service | None, channel: str | None) -> Text:
    """What is good to have at hand while booking: documents, links, whom to ask."""
    about = about_service(body, service, channel) if service else None
    registry = lines(body.name, *link_lines(body.links), *contact_lines(body.contact))
    return JoinedText((about, registry), "\n\n") if about else registry


def document_lines(service: Service) -> list[Text]:
    """What to bring."""
    if not service.documents:
        return []
    return [
        _("Please have with you:"),
        *(_("• {item}", item=document) for document in service.documents),
    ]


def link_lines(links: Iterable[Link]) -> list[Text]:
    """Each link with its label."""
    return [_("• {label}: {url}", label=link.label, url=link.url) for link in links]


def contact_lines(contact: OfficeContact) -> list[Text]:
    """How to reach an office."""
    ways: list[Text] = []
    if contact.phone:
        ways.append(_("Telephone: {phone}", phone=contact.phone))
    if contact.email:
        ways.append(_("Email: {email}", email=contact.email))
    if contact.address:
        ways.append(_("Address: {address}", address=contact.address))
    if contact.hours:
        ways.append(_("Hours: {hours}", hours=contact.hours))
    if contact.website:
        ways.append(contact.website)
    return ways


def detail_lines(fields: Sequence[FormField], details: dict[str, str]) -> list[Text]:
    """The attendee's details, as label and value; what was skipped is left out."""
    return [
        _("{label}: {value}", label=field.label, value=shown_value(field, details[field.id]))
        for field in fields
        if details.get(field.id)
    ]


def shown_value(field: FormField, value: str) -> Text:
    """Return a detail as the citizen saw it: an option's label, else the value for reading."""
    label = next((option.label for option in field.options if option.id == value), None)
    return FIELD_TYPES[field.type].show(value) if label is None else label


def one_line(loaded: LoadedMunicipality, booking: Booking, citizen: ZoneInfo) -> Text:
    """A booking in a line: date, time, service."""
    body = loaded.body
    zone = shown_zone(body, booking.channel, citizen)
    return _(
        "{day} {time}, {service}",
        day=FormattedDate(booking.starts_at.astimezone(zone), "EEE d MMM"),
        time=FormattedDate(booking.starts_at.astimezone(zone), CLOCK),
        service=body.services[booking.service].name,
    )


def booking_lines(loaded: LoadedMunicipality, booking: Booking, citizen: ZoneInfo) -> list[Text]:
    """Code, service, time, place or call."""
    body = loaded.body
    service, branch = body.services[booking.service], body.branch(booking.branch)
    minutes = int((booking.ends_at - booking.starts_at).total_seconds() // 60)
    channel = Channel(booking.channel)
    where: list[Text] = []
    if channel == Channel.IN_PERSON or len(body.branches_of(service.id)) > 1:
        where.append(branch.name)
    if channel == Channel.IN_PERSON:
        if branch.address:
            where.append(_("Address: {address}", address=branch.address))
    elif channel == Channel.PHONE:
        number = format_phone(booking.details.get("phone", ""))
        where.append(_("We will call you at {phone}.", phone=number))
    elif booking.details.get("email"):
        email = booking.details["email"]
        where.append(_("The office will send the link for the call to {email}.", email=email))
    return [
        _("Code: {code}", code=format_code(booking.code or "")),
        _("{municipality}, {service}", municipality=body.name, service=service.name),
        appointment_time(booking.starts_at, minutes, body, channel, citizen),
        CHANNELS[channel],
        *where,
    ]


def full_details(
    loaded: LoadedMunicipality, booking: Booking, citizen: ZoneInfo, now: datetime
) -> Text:
    """All that the citizen must know of a booking."""
    body = loaded.body
    service, channel = body.services[booking.service], Channel(booking.channel)
    tips = body.video_tips if channel == Channel.VIDEO else ()
    until = booking.starts_at - timedelta(hours=body.rules.change_deadline_hours)
    zone = shown_zone(body, channel, citizen)
    local = until.astimezone(zone)
    return lines(
        *booking_lines(loaded, booking, citizen),
        *document_lines(service),
        service.instructions.get(channel),
        *([_("For a good video call:")] if tips else []),
        *(_("• {item}", item=tip) for tip in tips),
        _("Keep the code: with it and your phone number you can move or cancel from any chat."),
        _(
            "You can do so until {day}, {time} (time of {zone}).",
            day=FormattedDate(local, "EEEE d MMMM"),
            time=FormattedDate(local, CLOCK),
            zone=ZoneCity(str(zone)),
        )
        if now < until < booking.starts_at
        else None,
        office_phone(loaded, booking),
    )


def office_phone(loaded: LoadedMunicipality, booking: Booking) -> Text | None:
    """Where a human can be called about it."""
    body = loaded.body
    contact = body.branch(booking.branch).contact or body.contact
    return _("Telephone of the office: {phone}", phone=contact.phone) if contact.phone else None
