"""What is said of an appointment and of a service."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.catalogue import Channel, FormField, Link, Municipality, OfficeContact, Service
from core.codes import spaced
from core.tables import Booking
from core.text import Lines, Phrase, Text, When, Zone, _, _n, lines
from dialogs.parse import spoken_phone
from dialogs.step import Context

CHANNELS: dict[Channel, Text] = {
    Channel.IN_PERSON: _("In person"),
    Channel.VIDEO: _("By video call"),
    Channel.PHONE: _("By telephone"),
}

CHANNEL_WORDS: dict[Channel, Text] = {
    Channel.IN_PERSON: _("in person, at the office, face to face"),
    Channel.VIDEO: _("video, video call, online, camera"),
    Channel.PHONE: _("phone, telephone, call"),
}

DAY = "EEEE d MMMM y"
CLOCK = "HH:mm"


def shown_zone(municipality: Municipality, channel: str, citizen: ZoneInfo) -> ZoneInfo:
    """The zone of the times shown: the place's in person, else the citizen's."""
    return ZoneInfo(municipality.timezone) if channel == Channel.IN_PERSON else citizen


def moment(
    start: datetime, minutes: int, municipality: Municipality, channel: str, citizen: ZoneInfo
) -> Phrase:
    """Date and time; in both zones where the citizen's differs from the municipality's."""
    here, there = ZoneInfo(municipality.timezone), citizen
    end = start + timedelta(minutes=minutes)

    def at(zone: ZoneInfo, message: Text) -> Text:
        return Text(
            message.message,
            args={
                "day": When(start.astimezone(zone), DAY),
                "start": When(start.astimezone(zone), CLOCK),
                "end": When(end.astimezone(zone), CLOCK),
                "zone": Zone(zone.key),
            },
        )

    if start.astimezone(here).utcoffset() == start.astimezone(there).utcoffset():
        return at(here, _("{day}, {start}–{end} (time of {zone})"))
    first, second = (here, there) if channel == Channel.IN_PERSON else (there, here)
    return lines(
        at(first, _("{day}, {start}–{end} (time of {zone})")),
        at(second, _("that is {day}, {start}–{end} in {zone}")),
    )


def about_service(body: Municipality, service: Service, channel: str | None) -> Phrase:
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


def useful(ctx: Context) -> Phrase | None:
    """What is good to have at hand while booking: documents, links, whom to ask."""
    body, service = ctx.municipality, ctx.service
    if ctx.state.dialog != "book" or body is None:
        return None
    about = about_service(body, service, ctx.answers.get("channel")) if service else None
    office = lines(body.name, *link_lines(body.links), *contact_lines(body.contact))
    return Lines((about, office), "\n\n") if about else office


def document_lines(service: Service) -> list[Phrase]:
    """What to bring."""
    if not service.documents:
        return []
    return [
        _("Please have with you:"),
        *(_("• {item}", item=document) for document in service.documents),
    ]


def link_lines(links: Iterable[Link]) -> list[Phrase]:
    """Each link with its label."""
    return [_("• {label}: {url}", label=link.label, url=link.url) for link in links]


def contact_lines(contact: OfficeContact) -> list[Phrase]:
    """How to reach an office."""
    ways: list[Phrase] = []
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


def detail_lines(fields: Sequence[FormField], details: dict[str, str]) -> list[Phrase]:
    """The attendee's details, as label and value; what was skipped is left out."""
    return [
        _("{label}: {value}", label=field.label, value=shown_value(field, details[field.id]))
        for field in fields
        if details.get(field.id)
    ]


def shown_value(field: FormField, value: str) -> Phrase:
    """A detail as the citizen saw it."""
    if field.type == "phone":
        return spoken_phone(value)
    if field.type == "yes_no":
        return _("Yes") if value == "yes" else _("No")
    return next((option.label for option in field.options if option.id == value), value)


def short(ctx: Context, booking: Booking) -> Phrase:
    """A booking in a line: date, time, service."""
    body = ctx.office[booking.municipality_id].body
    zone = shown_zone(body, booking.channel, ctx.zone)
    return _(
        "{day} {time}, {service}",
        day=When(booking.starts_at.astimezone(zone), "EEE d MMM"),
        time=When(booking.starts_at.astimezone(zone), CLOCK),
        service=body.services[booking.service].name,
    )


def booking_lines(ctx: Context, booking: Booking) -> list[Phrase]:
    """Code, service, time, place or call."""
    body = ctx.office[booking.municipality_id].body
    service, branch = body.services[booking.service], body.branch(booking.branch)
    minutes = int((booking.ends_at - booking.starts_at).total_seconds() // 60)
    channel = Channel(booking.channel)
    where: list[Phrase] = []
    if channel == Channel.IN_PERSON or len(body.branches_of(service.id)) > 1:
        where.append(branch.name)
    if channel == Channel.IN_PERSON:
        if branch.address:
            where.append(_("Address: {address}", address=branch.address))
    elif channel == Channel.PHONE:
        number = spoken_phone(booking.details.get("phone", ""))
        where.append(_("We will call you at {phone}.", phone=number))
    elif booking.details.get("email"):
        email = booking.details["email"]
        where.append(_("The office will send the link for the call to {email}.", email=email))
    return [
        _("Code: {code}", code=spaced(booking.code or "")),
        _("{municipality}, {service}", municipality=body.name, service=service.name),
        moment(booking.starts_at, minutes, body, channel, ctx.zone),
        CHANNELS[channel],
        *where,
    ]


def all_about(ctx: Context, booking: Booking) -> Phrase:
    """All that the citizen must know of a booking."""
    body = ctx.office[booking.municipality_id].body
    service, channel = body.services[booking.service], Channel(booking.channel)
    tips = body.video_tips if channel == Channel.VIDEO else ()
    until = booking.starts_at - timedelta(hours=body.rules.change_deadline_hours)
    zone = shown_zone(body, channel, ctx.zone)
    local = until.astimezone(zone)
    return lines(
        *booking_lines(ctx, booking),
        *document_lines(service),
        service.instructions.get(channel),
        *([_("For a good video call:")] if tips else []),
        *(_("• {item}", item=tip) for tip in tips),
        _("Keep the code: with it and your phone number you can move or cancel from any chat."),
        _(
            "You can do so until {day}, {time} (time of {zone}).",
            day=When(local, "EEEE d MMMM"),
            time=When(local, CLOCK),
            zone=Zone(str(zone)),
        )
        if ctx.now < until < booking.starts_at
        else None,
        office_phone(ctx, booking),
    )


def office_phone(ctx: Context, booking: Booking) -> Phrase | None:
    """Where a human can be called about it."""
    body = ctx.office[booking.municipality_id].body
    contact = body.branch(booking.branch).contact or body.contact
    return _("Telephone of the office: {phone}", phone=contact.phone) if contact.phone else None
