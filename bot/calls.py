"""Calls: whose conversation each is, and how a new one begins."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot import conversation_state
from bot.conversation_state import TransportState
from bot.messages import Inbound
from core.i18n import LANGUAGES
from core.messaging import conversations
from core.messaging.conversations import StoredConversation
from dialogs.calls import RESUME
from dialogs.conversation import CONVERSATION
from dialogs.engine.state import Interruption, State

LASTS = timedelta(minutes=3)
"""The time after its last answer for which a call may still go on, where no end was told."""

GOES_ON = timedelta(hours=1)
"""The time after a call was cut off in which the next one is offered to go on."""


def with_own_address(session: Session, inbound: Inbound, now: datetime) -> Inbound:
    """Return a message of a call with the address of its conversation: the number that calls.

    Where the number is hidden, or another call of it goes on, the call has a conversation of its
    own: who shares a number doesn't answer another's questions. So has each call of ours.
    """
    own = f"call {inbound.call}"
    if not inbound.caller or inbound.tells is not None:
        return inbound.model_copy(update={"address": own})
    if not inbound.begins and conversations.exists(session, inbound.account, own):
        return inbound.model_copy(update={"address": own})
    found = conversations.find(session, inbound.account, inbound.caller)
    if found and inbound.begins:
        _state, transport = conversation_state.load(found.state, "", "")
        is_live = now.timestamp() < transport.called_at + LASTS.total_seconds()
        if transport.call not in ("", inbound.call) and is_live:
            return inbound.model_copy(update={"address": own})
    return inbound.model_copy(update={"address": inbound.caller})


def begin(state: State, transport: TransportState, now: datetime) -> State:
    """Return the state with which a call begins: anew, or asking whether to go on."""
    is_recent = now.timestamp() < transport.called_at + GOES_ON.total_seconds()
    # A booking that is found by its code isn't told to whoever calls next by the same number.
    if is_recent and state.dialog == CONVERSATION.initial and state.answered_by_citizen:
        return replace(state, interruption=Interruption(RESUME), failures=0)
    return replace(state.reset(CONVERSATION.initial), number=state.number, language=LANGUAGES[0])


def hang_up(
    session: Session, inbound: Inbound, found: StoredConversation, forget_at: datetime
) -> None:
    """Note that a call has ended, so that the next one of the number may go on with it."""
    state, transport = conversation_state.load(found.state, found.language, found.timezone)
    if transport.call != inbound.call:
        return
    conversations.save(
        session,
        found,
        language=state.language,
        timezone=state.timezone,
        state=conversation_state.dump(state, replace(transport, call="")),
        forget_at=forget_at,
    )
