"""Answer a message of staff: one transaction, in which it is recorded."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.staff import closures, joining, lists, questions, relay, taps
from bot.staff.turn import StaffTurn
from bot.staff_messages import StaffAnswer, StaffInbound, command_called
from bot.views.staff_answer import find_row
from core.catalogue.registry import LOAD_LOCK
from core.db.advisory_locks import lock
from core.db.models import StaffInbound as StaffInboundRow
from core.db.models import StaffRoom
from core.errors import BookingRefused, StaffRefused
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue
from core.staff import chat_pace, links, rooms
from core.staff import questions as asked
from core.staff.alerts import to_room
from core.staff.relay_messages import find_replied

Act = Callable[[], StaffAnswer | None]


def receive(session: Session, services: Services, inbound: StaffInbound) -> StaffAnswer | None:
    """Answer a message of staff; for one that came before, return the stored answer.

    None where there is nothing to say. Then what a citizen may have written is a citizen's.
    What is said in a room is counted among what its chat takes. Raises RetryTransaction.
    """
    answer = _receive(session, services, inbound)
    if answer and answer.where == "room" and not inbound.is_private:
        chat_pace.count_answer(session, inbound.account, inbound.chat, services.clock())
    return answer


def _receive(session: Session, services: Services, inbound: StaffInbound) -> StaffAnswer | None:
    known = find_row(session, inbound.account, inbound.message_id)
    if known is not None:
        stored = StaffAnswer.model_validate(known.answer) if known.answer else None
        if stored is None or not stored.shows_citizen:
            return stored
    if closures.changes_schedule(services.texts, inbound):
        lock(session, LOAD_LOCK)  # at once: of two who share it, neither gets it alone
    services.registry.refresh(session)
    staff = None
    if inbound.address is not None:
        staff = links.find_member(session, services.registry, inbound.account, inbound.address)
    if inbound.citizen and staff is None and inbound.command not in joining.JOINING:
        return None
    room = None if inbound.is_private else _room(session, inbound)
    if staff and room and staff.municipality_id not in (None, room.municipality_id):
        staff = None  # who isn't there for this room
    turn = StaffTurn(session, services, inbound, staff, room, known is not None)
    act = _asked_for(turn)
    if act is None:  # nothing is stored of what colleagues, or any other group, talk about
        return None
    row = known or _add(session, services, inbound)
    answer = _answer(turn, act)
    stored = answer
    if answer and answer.shows_citizen:  # whose details are erased with the booking's
        stored = answer.model_copy(update={"reply": Reply(text="")})
    row.answer = stored.model_dump(mode="json", exclude_defaults=True) if stored else None
    return answer


def answer_later(services: Services, inbound: StaffInbound, session: Session) -> None:
    """Have the outbox send the answer that a message in a room got, for it couldn't be sent.

    What isn't stored, for it shows a citizen's details, isn't sent.
    """
    room, row = _room(session, inbound), find_row(session, inbound.account, inbound.message_id)
    answer = StaffAnswer.model_validate(row.answer) if row and row.answer else None
    if room is None or inbound.own_id is None or not answer or not answer.reply.text:
        return
    if answer.where == "room":
        cause, now = Cause.staff_answer(inbound.message_id, inbound.own_id), services.clock()
        message = to_room(room, MessageKind.STAFF_ANSWER, cause, now, None)
        enqueue(session, services.registry.accounts, [message], now)


def _add(session: Session, services: Services, inbound: StaffInbound) -> StaffInboundRow:
    row = StaffInboundRow(
        account=inbound.account,
        message_id=inbound.message_id,
        received_at=services.clock(),
        answer=None,  # which gives the row its public id
    )
    session.add(row)
    session.flush()
    return row


def _room(session: Session, inbound: StaffInbound) -> StaffRoom | None:
    """Return the room of a message; where it is about one of ours, if need be another of its chat.

    For what is sent to a topic that was deleted arrives outside of it.
    """
    account, chat = inbound.account, inbound.chat
    found = rooms.find(session, account, chat, inbound.topic)
    if found is None and (inbound.tap or inbound.answers):
        of_chat = select(StaffRoom).where(
            StaffRoom.account == account, StaffRoom.chat == chat, StaffRoom.unbound_at.is_(None)
        )
        found = session.scalars(of_chat.order_by(StaffRoom.id)).first()
    return found


def _was_bound(turn: StaffTurn) -> bool:
    """Return whether a member writes in a chat or topic that was a room of theirs.

    Where no topic of a group is bound any more, each of them counts.
    """
    if turn.staff is None:
        return False
    inbound, home = turn.inbound, turn.staff.municipality_id
    of_chat = select(StaffRoom).where(
        StaffRoom.account == inbound.account, StaffRoom.chat == inbound.chat
    )
    theirs = [
        room for room in turn.session.scalars(of_chat) if home in (None, room.municipality_id)
    ]
    all_left = all(room.unbound_at is not None for room in theirs)
    return any(all_left or room.topic == inbound.topic for room in theirs)


def _answer(turn: StaffTurn, act: Act) -> StaffAnswer | None:
    try:
        with turn.session.begin_nested():  # so that a refusal leaves nothing behind
            return act()
    except StaffRefused as refused:
        return taps.refused(turn, refused) if turn.inbound.tap else turn.here(refused.text)
    except BookingRefused as refused:
        return turn.refuse(refused.text)


def _asked_for(turn: StaffTurn) -> Act | None:
    """Return what a message asks for; None where it asks us for nothing.

    What is returned does it, and raises StaffRefused, BookingRefused.
    """
    inbound = turn.inbound
    if inbound.tap is not None:
        return partial(taps.tapped, turn)
    command, argument = inbound.command, inbound.argument
    if inbound.text is not None:
        if turn.room and inbound.answers:
            question = asked.find_answered(turn.session, turn.room, inbound.answers)
            if question:
                return partial(questions.answer_in_words, turn, question)
            replied = find_replied(turn.session, turn.room, inbound.answers)
            if replied:
                return partial(relay.answer, turn, replied)
        first, _space, argument = inbound.text.partition(" ")
        command = command_called(turn.services.texts, first)
        if command and not lists.is_meant(turn, command, argument):
            return None
    if command is None:
        return None
    if command in joining.JOINING:
        return partial(joining.join_by_code, turn, command, argument)
    if turn.room is None and not inbound.is_private:
        return partial(turn.here, joining.NOT_BOUND) if _was_bound(turn) else None
    if turn.staff is None:
        return partial(joining.answer_stranger, turn)
    return partial(lists.COMMANDS[command], turn, turn.staff, argument)
