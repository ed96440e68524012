"""An appointment to print, and as a calendar file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from icalendar import Alarm, Calendar, Event
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.context import Services, load_conversation
from bot.messages import ReplyBlock, Sender
from bot.replies import render_blocks
from core.bookings.service import check_open
from core.catalogue.model import Channel
from core.db.models import Booking, History
from core.i18n import Text, TextTemplate, _
from core.messaging import conversations
from dialogs.messages.appointment import CHANNELS, full_details
from dialogs.messages.blocks import message, to_text

TITLE = _("Your appointment")
SUMMARY = _("Appointment: {service}, {municipality}")
ALARM = timedelta(hours=-2)


@dataclass(frozen=True)
class Appointment:
    """The blocks of an appointment to print, and its calendar file (RFC 5545)."""

    language: str
    title: str
    blocks: Sequence[ReplyBlock]
    file: bytes


def appointment(
    session: Session, services: Services, sender: Sender, booking_id: int
) -> Appointment | None:
    """Return an appointment that is the sender's own, or that their conversation has shown.

    Return None where it is neither. Raises BookingRefused where it is over or cancelled.
    """
    loaded = load_conversation(session, services, sender)
    booking = session.get(Booking, booking_id)
    if not loaded or not booking:
        return None
    found, ctx = loaded.found, loaded.ctx
    if booking.citizen_id != found.citizen_id and not _was_shown(session, found.id, booking_id):
        return None
    check_open(booking, ctx.now)

    def say(phrase: Text) -> str:
        return services.texts.say(phrase, ctx.state.language)

    language = ctx.state.language
    details = full_details(ctx.office.of_booking(booking), booking, ctx.zone, ctx.now)
    file = calendar_file(session, services, language, booking, say(to_text(message(*details))))
    blocks = render_blocks(services.texts, details, language)
    return Appointment(language, say(TITLE), blocks, file)


def _was_shown(session: Session, conversation_id: int, booking_id: int) -> bool:
    talk = conversations.transcript(session, conversation_id)
    return any(reply.get("booking") == booking_id for _, _, replies in talk for reply in replies)


def calendar_file(
    session: Session, services: Services, language: str, booking: Booking, text: str
) -> bytes:
    """Return the calendar file (RFC 5545) of a booking, with a text that describes it."""

    def say(phrase: Text) -> str:
        return services.texts.say(phrase, language)

    body = services.registry[booking.municipality_id].body
    branch, channel = body.branch(booking.branch), Channel(booking.channel)
    service = body.services[booking.service].name
    summary = say(
        TextTemplate(SUMMARY.message, args={"service": service, "municipality": body.name})
    )
    where: Text = CHANNELS[channel]
    if channel == Channel.IN_PERSON:
        where = branch.address or branch.name
    changes = select(func.count()).where(History.booking_id == booking.id)
    alarm = Alarm.new(description=summary)
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", ALARM)
    event = Event.new(
        # The same for every copy, so that a moved appointment replaces the old one.
        uid=services.registry.keyed_hash(f"calendar {booking.id}"),
        stamp=services.clock(),
        sequence=session.scalar(changes),
        start=booking.starts_at,
        end=booking.ends_at,
        summary=summary,
        location=say(where),
        description=text,
        subcomponents=[alarm],
    )
    return bytes(Calendar.new(method="PUBLISH", subcomponents=[event]).to_ical())
