"""Renders outbox messages in their recipient's language, at the time of sending."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from bot import conversation_state
from bot.context import Services, load_conversation
from bot.delivery.text_counts import TextKeptBack, check_limits, count_first
from bot.messages import Reply, Sender
from bot.views.appointment import appointment_file
from bot.views.call import as_call
from bot.views.closure import render_closure, render_loaded, render_preview
from bot.views.day_list import render_day_list
from bot.views.email import as_email
from bot.views.joining import render_joining
from bot.views.notification import render_notification
from bot.views.open_question import with_question
from bot.views.phone_proof import render_proof
from bot.views.relay import (
    render_first,
    render_prompt,
    render_relay,
    render_to_citizen,
    render_unanswered,
    render_unread,
)
from bot.views.staff_alert import render_alert, render_edit, render_undelivered
from bot.views.staff_answer import render_staff_answer
from bot.views.staff_offer import render_offer_alert, render_offer_question
from bot.views.staff_question import render_question
from bot.views.text_message import as_text_message
from bot.views.texts_used import render_texts_used
from bot.views.webhook import render_disabled
from core.bookings.reminder_links import gets_reminders
from core.db.models import (
    Booking,
    Contact,
    InboundRow,
    OutboxRow,
    ScheduleException,
    StaffRoom,
    WebhookEndpoint,
)
from core.errors import BookingRefused
from core.messaging import conversations
from core.messaging.keys import OF_JOINING, RELAYED_TO_CITIZEN, TO_CONTACT, Cause, MessageKind
from core.messaging.preferences import language_for, preferences_of
from core.messaging.reminder_ways import quiet_hours
from core.messaging.routes import ADDRESS_FIELDS, EMAIL, SMS, VOICE, sends_texts, takes_call
from core.staff.alerts import was_alerted
from core.staff.relay_messages import thread_of
from core.staff.rooms import is_for

TO_ROOM: Mapping[str, Callable[[Session, Services, OutboxRow], Reply | None]] = {
    MessageKind.ALERT: render_alert,
    MessageKind.ALERT_EDIT: render_edit,
    MessageKind.UNDELIVERED_ALERT: render_undelivered,
    MessageKind.DAY_LIST: render_day_list,
    MessageKind.STAFF_QUESTION: render_question,
    MessageKind.OFFER_QUESTION: render_offer_question,
    MessageKind.OFFER_ALERT: render_offer_alert,
    MessageKind.OFFER_SETTLED: render_offer_alert,
    MessageKind.RELAY: render_relay,
    MessageKind.RELAY_EDIT: render_first,
    MessageKind.RELAY_UNDELIVERED: render_unread,
    MessageKind.RELAY_UNANSWERED: render_unanswered,
    MessageKind.RELAY_PROMPT: render_prompt,
    MessageKind.STAFF_ANSWER: render_staff_answer,
    MessageKind.CLOSURE: render_closure,
    MessageKind.CATALOGUE: render_loaded,
    MessageKind.CLOSURE_PREVIEW: render_preview,
    MessageKind.WEBHOOK_DISABLED: render_disabled,
    MessageKind.TEXTS_USED: render_texts_used,
}
"""The messages to rooms of staff by kind; None where one is obsolete."""


def render_message(
    session: Session, services: Services, row: OutboxRow
) -> tuple[str, Reply] | None:
    """Return the address that a message goes to, and the message; None where it is obsolete.

    Raise TextKeptBack where a text or call would be too many, or a call would come at night.
    """
    if row.room_id is not None:
        return _to_room(session, services, row, row.room_id)
    if row.kind == MessageKind.PHONE_PROOF:
        proof = render_proof(session, services, row)
        if proof:
            count_first(session, services, row, proof[0])
        return proof
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    if row.contact_id is None:
        address = booking.details.get(ADDRESS_FIELDS[row.platform]) if booking else None
        if not booking or not address:
            return None
        is_reminder_by_email = (row.kind, row.platform) == (MessageKind.REMINDER, EMAIL)
        if is_reminder_by_email and not gets_reminders(session, booking):
            return None  # at their own wish: no other way is taken instead
        if row.platform == SMS and not _may_be_texted(session, services, row, booking):
            return None
        reply = render_notification(
            session,
            services,
            row,
            booking,
            language_for(session, booking),
            booking.timezone,
            to_attendee=True,
        )
        if reply and row.platform == EMAIL:
            reply = as_email(session, services, row, booking, reply)
        elif reply and row.platform == SMS:
            reply = _as_text(session, services, row, booking, address, reply)
        elif reply and row.platform == VOICE:
            reply = _as_call(session, services, row, booking, address, reply)
    else:
        address = session.get_one(Contact, row.contact_id).address
        if row.kind == MessageKind.REPLY:
            reply = _stored_reply(session, row)
            if reply and reply.file:
                reply = _with_content(session, services, row, address, reply)
        else:
            found = conversations.find(session, row.account, address)
            reply = None
            is_strange = found and booking and found.citizen_id != booking.citizen_id
            if is_strange and row.kind not in TO_CONTACT:
                return None  # the chats were parted while it was being sent, or after it failed
            if found and booking:
                if row.platform == SMS and preferences_of(session, found.citizen_id).no_texts:
                    return None
                language = preferences_of(session, found.citizen_id).language or found.language
                reply = render_notification(
                    session, services, row, booking, language, found.timezone
                )
                if reply and row.platform == SMS:
                    reply = _as_text(session, services, row, booking, address, reply)
            elif found and row.kind in RELAYED_TO_CITIZEN:
                said = render_to_citizen(session, services, row, found.language)
                reply = _with_buttons(session, services, row, address, said)
            elif found and row.kind in OF_JOINING:
                language = preferences_of(session, found.citizen_id).language or found.language
                said = render_joining(session, services, row, language)
                reply = _with_buttons(session, services, row, address, said)
            if found and reply:
                _state, transport = conversation_state.load(found.state, "", "")
                reply = transport.fit(reply)
    return (address, reply) if reply else None


def _may_be_texted(session: Session, services: Services, row: OutboxRow, booking: Booking) -> bool:
    """Return whether neither municipality nor citizen have refused texts since it was stored.

    A code is sent to whoever asks for it.
    """
    if not sends_texts(services.registry, booking.municipality_id):
        return False
    is_asked_for = row.kind == MessageKind.CODE_SENT
    return is_asked_for or not preferences_of(session, booking.citizen_id).no_texts


def _as_text(
    session: Session,
    services: Services,
    row: OutboxRow,
    booking: Booking,
    number: str,
    reply: Reply,
) -> Reply:
    """Return a notification as a text to a number, in its reader's letters. Raise TextKeptBack."""
    check_limits(session, services, row, booking, number)
    said = as_text_message(session, services, row, booking, reply)
    found = conversations.find(session, row.account, number)
    return conversation_state.load(found.state, "", "")[1].fit(said) if found else said


def _as_call(
    session: Session,
    services: Services,
    row: OutboxRow,
    booking: Booking,
    number: str,
    reply: Reply,
) -> Reply | None:
    """Return the call that tells a notification; None where the number isn't called any more.

    Raise TextKeptBack.
    """
    registry = services.registry
    if not takes_call(registry, booking.municipality_id, number):
        return None
    if quiet_hours(session, registry, booking).end_of(services.clock()):
        raise TextKeptBack("quiet hours")
    check_limits(session, services, row, booking, number)
    return as_call(services, row, booking, reply.language)


def _with_buttons(
    session: Session, services: Services, row: OutboxRow, address: str, reply: Reply | None
) -> Reply | None:
    """Return what a chat is told; where later messages hide buttons, with the open question's."""
    if reply is None or services.platforms[row.account].can_edit:
        return reply
    sender = Sender(platform=row.platform, account=row.account, address=address)
    loaded = load_conversation(session, services, sender)
    shown = loaded and with_question(session, services, loaded.ctx, loaded.found, reply)
    return shown or reply


def _to_room(
    session: Session, services: Services, row: OutboxRow, room_id: int
) -> tuple[str, Reply] | None:
    room = session.get_one(StaffRoom, room_id)
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    # The chat may have been bound to others since the row was stored.
    if (
        room.unbound_at is not None
        or (booking and not _concerns(session, services, room, row, booking))
        or _municipality(session, row) not in (None, room.municipality_id)
    ):
        return None
    reply = TO_ROOM[row.kind](session, services, row)
    return (room.chat, reply.model_copy(update={"topic": room.topic})) if reply else None


def _concerns(
    session: Session, services: Services, room: StaffRoom, row: OutboxRow, booking: Booking
) -> bool:
    """Return whether a room is for a booking, or was alerted to it when it was at another desk."""
    body = services.registry[booking.municipality_id].body
    return is_for(room, body, booking.service, booking.desk_id) or was_alerted(session, room, row)


def _municipality(session: Session, row: OutboxRow) -> str | None:
    """Return the municipality whose citizen's text, closure, endpoint or budget a row tells of.

    None for others.
    """
    if row.kind == MessageKind.CLOSURE:
        exception_id, _ended = Cause.parse(row.dedupe_key, row.recipient).as_closure()
        return session.get_one(ScheduleException, exception_id).municipality_id
    if row.kind == MessageKind.WEBHOOK_DISABLED:
        number = Cause.parse(row.dedupe_key, row.recipient).number
        return session.get_one(WebhookEndpoint, number).municipality_id
    if row.kind == MessageKind.TEXTS_USED:
        return Cause.parse(row.dedupe_key, row.recipient).as_texts_used()[0]
    thread = thread_of(session, row)
    return thread.municipality_id if thread else None


def _stored_reply(session: Session, row: OutboxRow) -> Reply | None:
    inbound = session.get(InboundRow, row.inbound_id)
    replies = (inbound and inbound.replies) or []
    if row.position is None or row.position >= len(replies):
        return None  # erased meanwhile, at the citizen's request
    return Reply.model_validate(replies[row.position])


def _with_content(
    session: Session, services: Services, row: OutboxRow, address: str, reply: Reply
) -> Reply | None:
    """Return a file with its content as it is now; None where the appointment was cancelled."""
    sender = Sender(platform=row.platform, account=row.account, address=address)
    try:
        found = appointment_file(session, services, sender, reply.booking or 0)
    except BookingRefused:
        return None
    if found is None or found.method == "CANCEL":
        return None
    return reply.model_copy(update={"content": found.content})
