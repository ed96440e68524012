"""Renders the messages of relay threads, to rooms of staff and to citizens."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import WEBCHAT, Reply, ReplyChoice
from bot.replies import build_reply
from bot.staff_messages import StaffButton, StaffTap
from bot.views.staff_alert import LANGUAGE, area_of, number_button
from core.bookings.agenda import entry_of, initials
from core.catalogue.model import Municipality
from core.db.models import (
    Booking,
    Citizen,
    Contact,
    OutboxRow,
    RelayMessage,
    RelayThread,
    StaffMember,
    StaffRoom,
)
from core.i18n import Text
from core.messaging.keys import Cause, MessageKind
from core.staff import relay, relay_messages, relay_sending
from core.staff.rooms import is_for
from dialogs.messages import relay as texts
from dialogs.messages.blocks import Message


def render_relay(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return a citizen's text for a room: the thread's first, or an answer to that.

    Or what a member wrote to them in another room. None where it was erased, or goes to another
    room by now.
    """
    thread, written = _of(session, row)
    if thread is None or written is None or written.text is None or thread.room_id != row.room_id:
        return None
    found = relay_messages.first_in_room(session, thread, row)
    first = found.provider_id if found else None
    who = _initials(session, thread)
    if written.member_id is not None:
        said = texts.colleague_in_room(_name(session, written), written.text)
        return Reply(text=services.texts.say(said, LANGUAGE), language=LANGUAGE, answers=first)
    if first:
        text = services.texts.say(texts.next_in_room(who, written.text), LANGUAGE)
        return Reply(text=text, language=LANGUAGE, answers=first, only_answers=True)
    return _first(session, services, thread, written.text)


def _first(session: Session, services: Services, thread: RelayThread, text: str) -> Reply:
    """Return a thread's first message in its room, as it is now; `text` is "" once erased."""
    subject, who = _subject(session, services, thread), _initials(session, thread)
    if thread.closed_at is not None:
        said, buttons = texts.ended_in_room(subject, who, text), []
    else:
        said, buttons = texts.first_in_room(subject, who, text), [_close_button(services, thread)]
    return Reply(text=services.texts.say(said, LANGUAGE), language=LANGUAGE, choices=buttons)


def render_first(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the edit by which a thread's first message shows how the thread is."""
    platform = services.platforms.get(row.account)
    thread = relay_messages.thread_of(session, row)
    if thread is None or (platform and not platform.can_edit):
        return None
    first = relay_messages.first_in_room(session, thread, room_id=row.room_id)
    if first is None:
        return None
    row.replaces_id = first.id
    written = relay_messages.text_of(session, first)
    text = (written and written.text) or ""
    if thread.room_id == row.room_id:
        return _first(session, services, thread, text).model_copy(update={"edits": True})
    held_in = area_of(services.registry, session.get_one(StaffRoom, thread.room_id))
    said = services.texts.say(texts.moved_in_room(held_in, text), LANGUAGE)
    return Reply(text=said, language=LANGUAGE, edits=True)


def render_unread(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the message that a citizen hasn't got a member's text, with how to call them.

    The appointment isn't named in a room that isn't for it, in which the member may have written.
    """
    thread, _written = _of(session, row)
    if thread is None:
        return None
    is_page = session.get_one(Contact, thread.contact_id).account == WEBCHAT
    subject, booking = _subject(session, services, thread), None
    if thread.booking_id:
        booking = session.get_one(Booking, thread.booking_id)
        body = services.registry[thread.municipality_id].body
        room = session.get_one(StaffRoom, row.room_id)
        if not is_for(room, body, booking.service, booking.desk_id):
            subject, booking = texts.about(body, None, None), None
    first = relay_messages.first_in_room(session, thread, room_id=row.room_id)
    call = number_button(services, booking) if booking else []
    text = texts.unread_in_room(subject, is_page=is_page, has_number=bool(call))
    return Reply(
        text=services.texts.say(text, LANGUAGE),
        language=LANGUAGE,
        answers=first.provider_id if first else None,
        choices=call,
    )


def render_unanswered(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the message that a citizen was left without an answer, with how to call them."""
    thread = relay_messages.thread_of(session, row)
    if thread is None:
        return None
    booking = session.get(Booking, thread.booking_id) if thread.booking_id else None
    first = relay_messages.first_in_room(session, thread, room_id=row.room_id)
    call = number_button(services, booking) if booking else []
    text = texts.unanswered_in_room(_subject(session, services, thread), has_number=bool(call))
    return Reply(
        text=services.texts.say(text, LANGUAGE),
        language=LANGUAGE,
        answers=first.provider_id if first else None,
        choices=call,
    )


def render_prompt(session: Session, services: Services, row: OutboxRow) -> Reply:
    """Return the question to a member what to write to the citizen of a booking."""
    booking = session.get_one(Booking, row.booking_id)
    member_id = Cause.parse(row.dedupe_key, row.recipient).number
    member = select(StaffMember.name.label("name")).where(StaffMember.id == member_id)
    loaded = services.registry[booking.municipality_id]
    subject = texts.about(loaded.body, entry_of(loaded, booking), None)
    text = texts.prompt_in_room(session.scalar(member) or "", subject)
    return Reply(text=services.texts.say(text, LANGUAGE), language=LANGUAGE)


def render_to_citizen(
    session: Session, services: Services, row: OutboxRow, language: str
) -> Reply | None:
    """Return what the office wrote, or that the thread is closed; None once it is erased."""
    thread = relay_messages.thread_of(session, row)
    if thread is None:
        return None
    body = services.registry[thread.municipality_id].body
    if row.kind == MessageKind.RELAY_CLOSED:
        said: Text | Message = _closed(session, thread, body)
    else:
        written = session.get_one(RelayMessage, row.relay_message_id)
        if written.text is None:
            return None
        first = relay_messages.messages_of(session, thread)[0]
        said = texts.answer(
            body,
            written.text,
            name=_name(session, written) if body.staff_chat.names_staff else None,
            is_first=first.id == written.id,
        )
    return build_reply(services.texts, [said], language)


def _closed(session: Session, thread: RelayThread, body: Municipality) -> Text:
    arrived = relay_messages.has_arrived(session, thread)
    if arrived and relay.gave_way(session, thread):
        return texts.left_office(body)
    answers = relay_messages.messages_of(session, thread, RelayMessage.member_id.is_not(None))
    return texts.closed(
        body,
        arrived=arrived,
        by_office=relay_sending.is_closed_by_office(session, thread),
        answered=bool(answers),
    )


def _name(session: Session, written: RelayMessage) -> str:
    """Return the name of the employee who wrote a text; "" once they are erased."""
    name = select(StaffMember.name.label("name")).where(StaffMember.id == written.member_id)
    return session.scalar(name) or ""


def _of(session: Session, row: OutboxRow) -> tuple[RelayThread | None, RelayMessage | None]:
    return relay_messages.thread_of(session, row), relay_messages.text_of(session, row)


def _subject(session: Session, services: Services, thread: RelayThread) -> Text:
    loaded = services.registry[thread.municipality_id]
    booking = session.get(Booking, thread.booking_id) if thread.booking_id else None
    entry = entry_of(loaded, booking) if booking and booking.code else None
    return texts.about(loaded.body, entry, thread.service)


def _initials(session: Session, thread: RelayThread) -> str:
    """Return the initials of the attendee of a thread's appointment, else of the citizen."""
    booking = session.get(Booking, thread.booking_id) if thread.booking_id else None
    if booking is not None:
        return initials(booking.details.get("name", ""))
    contact = session.get_one(Contact, thread.contact_id)
    return initials(session.get_one(Citizen, contact.citizen_id).details.get("name", ""))


def _close_button(services: Services, thread: RelayThread) -> ReplyChoice:
    tap = StaffTap(StaffButton.END, thread.id)
    return ReplyChoice(id=tap.dump(), label=services.texts.say(texts.CLOSE, LANGUAGE), row=0)
