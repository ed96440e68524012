"""Texts of members to citizens: answers to a message of a thread, or to the prompt to write."""

from bot.staff.joining import SHOW_YOURSELF
from bot.staff.turn import StaffTurn
from bot.staff_messages import StaffAnswer, StaffTap
from bot.views.staff_alert import area_of
from core.actor import Staff
from core.bookings import by_staff
from core.db.models import OutboxRow, RelayThread, StaffRoom
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _
from core.messaging.keys import MessageKind
from core.messaging.notifications import citizen_contact
from core.staff import chat_pace, relay, relay_messages, relay_sending
from core.staff.rights import Action, not_found
from dialogs.messages.relay import (
    ONLY_TEXT_TO_CITIZEN,
    SENT_TO_CITIZEN,
    sent_and_moved,
    sent_from_elsewhere,
)

NOT_YOURS = _("I haven't sent that: you don't serve this appointment, or aren't linked.")
STRANGER = _(
    "I haven't sent that to the citizen: only colleagues who are linked can answer. Ask your "
    "manager for a code, tap my name, and write me there: /link and the code."
)
CLOSED = _("I haven't sent that: this conversation is closed. The citizen can open another.")
CLOSED_OF_BOOKING = _(
    "I haven't sent that: this conversation is closed. To open it again, tap “Message…” under the "
    "appointment."
)
TOO_LONG = _("I haven't sent that: it is too long. Please write up to {count} characters.")
NOBODY_TO_WRITE_TO = _("The citizen has no chat with us. Please call them.")
IN_ROOM = _("Please do that in your chat of appointments.")
ASKED = _("Please answer my message.")
CLOSED_NOW = _("The conversation is closed.")
CLOSED_ALREADY = _("This conversation was closed already.")


def answer(turn: StaffTurn, replied: OutboxRow) -> StaffAnswer | None:
    """Send what a member has written in answer to a message of ours to the citizen."""
    if turn.inbound.address is None:
        return turn.here(SHOW_YOURSELF)
    if turn.staff is None:
        return _refuse_stranger(turn)
    text = turn.inbound.text or ""
    if not text:
        return turn.here(ONLY_TEXT_TO_CITIZEN)
    if len(text) > relay.MAX_TEXT:
        return turn.here(TextTemplate(TOO_LONG.message, args={"count": relay.MAX_TEXT}))
    try:
        thread, former = _thread(turn, turn.staff, replied)
    except StaffRefused as refused:
        if refused.kind in (StaffRefusalKind.NOT_FOUND, StaffRefusalKind.NOT_ALLOWED):
            return turn.here(NOT_YOURS)
        raise
    session, registry, now = turn.session, turn.registry, turn.now
    written = relay_sending.send_to_citizen(
        session, registry, thread, text, turn.staff, now, room=turn.room
    )
    held_in = session.get_one(StaffRoom, thread.room_id)
    if turn.room is not None and held_in != turn.room:
        relay_sending.send_to_room(session, registry, thread, written, now)
        return turn.here(sent_from_elsewhere(area_of(registry, held_in)))
    if former is not None and former != held_in and former.unbound_at is None:
        return turn.here(sent_and_moved(area_of(registry, former)))
    return turn.here(SENT_TO_CITIZEN)


def _refuse_stranger(turn: StaffTurn) -> StaffAnswer:
    """Tell whoever isn't linked that the citizen gets nothing of theirs, each time.

    In the room, where colleagues see it too: else they would take the citizen for answered. By a
    reaction, where the chat takes no more messages for now.
    """
    account, chat = turn.inbound.account, turn.inbound.chat
    takes = chat_pace.takes_answer(turn.session, account, chat, turn.now)
    return turn.here(STRANGER) if takes else turn.react()


def _thread(
    turn: StaffTurn, staff: Staff, replied: OutboxRow
) -> tuple[RelayThread, StaffRoom | None]:
    """Return the open thread that a message belongs to, or is to begin, and where it was held.

    Raises StaffRefused.
    """
    if replied.kind == MessageKind.RELAY_PROMPT:
        return _begin(turn, staff, replied)
    session, registry = turn.session, turn.registry
    thread = relay_messages.thread_of(session, replied)
    if thread is None:
        raise _changed(CLOSED)
    session.refresh(thread, with_for_update=True)
    relay.check_right(session, registry, staff, thread, replied.room_id)
    if thread.closed_at is not None:
        raise _changed(CLOSED_OF_BOOKING if thread.booking_id else CLOSED)
    former = session.get_one(StaffRoom, thread.room_id)
    was_here = replied.kind == MessageKind.RELAY and replied.room_id != former.id
    if turn.room not in (None, former) and (was_here or former.unbound_at):
        relay.hand_over(session, registry, thread, turn.room, turn.now)
    return thread, former


def _begin(
    turn: StaffTurn, staff: Staff, prompt: OutboxRow
) -> tuple[RelayThread, StaffRoom | None]:
    """Open the thread with the citizen of a booking, in the room where the prompt is.

    Or have that go on which is open; return it, and the room where it was held.
    """
    session, registry, room = turn.session, turn.registry, turn.room
    booking = by_staff.find(session, registry, staff, Action.RELAY, prompt.booking_id or 0)
    contact_id = citizen_contact(session, registry, booking)
    if contact_id is None or room is None or room.municipality_id != booking.municipality_id:
        raise _changed(NOBODY_TO_WRITE_TO)
    opened = relay.find_open(session, contact_id)
    is_theirs = opened is not None and opened.municipality_id == room.municipality_id
    if opened is None and relay_messages.was_closed_since(session, contact_id, prompt.due_at):
        raise _changed(CLOSED_OF_BOOKING)
    former = session.get(StaffRoom, opened.room_id) if opened and is_theirs else None
    thread = relay.open_thread(
        session, registry, contact_id, room, turn.now, booking=booking, staff=staff
    )
    return thread, former


def ask_what(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    """Ask the member who taps what to write to the citizen of a booking."""
    booking = by_staff.find(turn.session, turn.registry, staff, Action.RELAY, tap.about)
    if turn.room is None or turn.room.municipality_id != booking.municipality_id:
        return turn.refuse(IN_ROOM)
    if citizen_contact(turn.session, turn.registry, booking) is None:
        return turn.refuse(NOBODY_TO_WRITE_TO)
    relay_sending.prompt_member(
        turn.session, turn.registry, staff, turn.room, booking, turn.now, turn.inbound.message_id
    )
    return turn.pop_up(ASKED)


def end(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    """Close a thread; its citizen is told."""
    thread = turn.session.get(RelayThread, tap.about, with_for_update=True)
    if thread is None:
        raise not_found(CLOSED_ALREADY)
    relay.check_right(turn.session, turn.registry, staff, thread)
    if thread.closed_at is not None:
        return turn.refuse(CLOSED_ALREADY)
    relay.close(turn.session, turn.registry, thread, turn.now, staff=staff, tell=True)
    return turn.pop_up(CLOSED_NOW)


def _changed(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.CHANGED, text)
