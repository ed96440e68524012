"""The parts of an e-mail besides the blocks of its message: subject, sender, crest, ids."""

from base64 import b64decode
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import EmailMetadata, FactsBlock, Reply
from bot.platforms.push_layout import CALENDAR
from bot.replies import render_blocks
from bot.views.booking_link import link_of
from bot.views.calendar_file import calendar_file
from bot.views.reminder_link import unsubscribe_link
from core.bookings.history import calendar_sequence
from core.bookings.offers.ends import is_made
from core.bookings.offers.served import can_be_kept
from core.bookings.reference import lasting_id
from core.bookings.reminder_links import gets_reminders
from core.db.models import Booking, BookingState, OutboxRow, StaffRoom
from core.i18n import Text, TextTemplate, _
from core.messaging.keys import MessageKind
from dialogs.messages.appointment import contact_facts, one_line
from dialogs.messages.notification import OTHERS
from dialogs.messages.reminder import is_changeable
from dialogs.messages.samples import samples_note

_NEW_TIME = _("A new time for your appointment: {appointment}")
_CHANGED = _("New details of your appointment: {appointment}")
_CANCELLED = _("Your appointment was cancelled: {appointment}")
_CODES = _("The codes of your appointments")

SUBJECTS: Mapping[MessageKind, TextTemplate] = {
    MessageKind.CONFIRMED: _("Your appointment is booked: {appointment}"),
    MessageKind.MOVED: _NEW_TIME,
    MessageKind.MOVED_BY_OFFICE: _NEW_TIME,
    MessageKind.EDITED: _CHANGED,
    MessageKind.EDITED_BY_OFFICE: _CHANGED,
    MessageKind.CANCELLED: _CANCELLED,
    MessageKind.CANCELLED_BY_OFFICE: _CANCELLED,
    MessageKind.CODE_SENT: _("The code of your appointment: {appointment}"),
    MessageKind.REMINDER: _("A reminder of your appointment: {appointment}"),
    MessageKind.TIME_OFFERED: _("Another time is offered for your appointment: {appointment}"),
    MessageKind.NO_TIME_FREE: _("Your appointment can't take place as booked: {appointment}"),
    MessageKind.OFFER_EXPIRED: _("The new time isn't held any more: {appointment}"),
    MessageKind.OFFER_WITHDRAWN: _("Your appointment stands: {appointment}"),
}

if _missing := set(MessageKind) - SUBJECTS.keys() - OTHERS:
    raise RuntimeError(f"SUBJECTS has none for: {', '.join(sorted(_missing))}")


def as_email(
    session: Session, services: Services, row: OutboxRow, booking: Booking, reply: Reply
) -> Reply:
    """Return a notification of a booking to its attendee as an e-mail.

    One that describes the appointment in full, or says that it was cancelled, comes with its
    calendar file.
    """
    registry, language, zone = services.registry, reply.language, ZoneInfo(booking.timezone)
    loaded = registry[booking.municipality_id]
    body, now = loaded.body, services.clock()

    def say(phrase: Text) -> str:
        return services.texts.say(phrase, language)

    contact = body.branch(booking.branch).contact or body.contact
    template, is_reminder = SUBJECTS[MessageKind(row.kind)], row.kind == MessageKind.REMINDER
    subject = TextTemplate(template.message, args={"appointment": one_line(loaded, booking, zone)})
    # Of several appointments, perhaps of several people, none of which is the one to act on.
    of_several = row.kind == MessageKind.CODE_SENT and reply.booking is None
    is_offered = is_made(session, booking.id, now)
    # Nothing else tells who reads the mailbox that no reminders will come, if others booked.
    says_so = booking.state == BookingState.CONFIRMED and not is_reminder
    is_ended = says_so and not gets_reminders(session, booking)
    metadata = EmailMetadata(
        subject=say(_CODES if of_several else subject),
        office=say(body.name),
        tag=_id_of(services, row, "report on e-mail"),
        contact=[
            fact
            for block in render_blocks(services.texts, contact_facts(contact), language)
            if isinstance(block, FactsBlock)
            for fact in block.rows
        ],
        reply_to=contact.email or "",
        attendee="" if of_several else booking.details.get("name", ""),
        crest=b64decode(body.crest or ""),
        written_at=now,
        id=_id_of(services, row),
        thread=lasting_id("e-mails", booking.public_id),
        link="" if of_several else link_of(session, services, booking),
        changeable=is_changeable(loaded, booking, now) or is_offered,
        asks=is_reminder and booking.coming_at is None and not is_offered,
        offers=is_offered,
        sample=say(samples_note(registry.samples(body.id))),
        unsubscribe=unsubscribe_link(session, services, booking) if is_reminder else "",
        resume=unsubscribe_link(session, services, booking) if is_ended else "",
    )
    is_off = says_so and not can_be_kept(loaded, booking)  # else there is no reminder of it
    if not reply.booking or is_off:
        return reply.model_copy(update={"email": metadata})
    address = booking.details.get("email", "")
    sequence = calendar_sequence(session, booking)
    file = calendar_file(services, language, booking, zone, sequence, attendee=address)
    metadata = metadata.model_copy(update={"calendar_method": file.method, "invites": file.invites})
    return reply.model_copy(update={"email": metadata, "file": CALENDAR, "content": file.content})


def as_email_to_staff(session: Session, services: Services, row: OutboxRow, reply: Reply) -> Reply:
    """Return a message to a room of staff, which is an e-mail address, as an e-mail."""
    registry = services.registry
    room = session.get_one(StaffRoom, row.room_id)
    metadata = EmailMetadata(
        subject=reply.text.partition("\n")[0],
        office=services.texts.say(registry[room.municipality_id].body.name, reply.language),
        to_staff=True,
        tag=_id_of(services, row, "report on e-mail"),
        written_at=services.clock(),
        id=_id_of(services, row),
        thread=registry.keyed_hash(f"e-mails {row.booking_id} to {room.id}"),
    )
    return reply.model_copy(update={"email": metadata})


def _id_of(services: Services, row: OutboxRow, purpose: str = "e-mail") -> str:
    """Return the id of a row's e-mail; for another purpose, one that this one doesn't tell.

    By its time, too: rows that were deleted free their numbers, and a reminder may be sent again.
    """
    return services.registry.keyed_hash(f"{purpose} {row.id} {row.due_at.isoformat()}")
