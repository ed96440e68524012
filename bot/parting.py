"""The dialogs of chats from which another was parted."""

from dataclasses import replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import conversation_state
from core.db.models import Contact, Conversation, PromptRow
from dialogs.booking.details import STEP_PREFIX
from dialogs.conversation import CONVERSATION
from dialogs.joining import KEEPS
from dialogs.menu import SWITCH


def leave_dialogs(session: Session, citizen_id: int) -> None:
    """End the dialogs in a citizen's chats that may be about what is another citizen's now.

    A booking that was begun goes on, but a detail that was offered may be another's: no button
    gives it any more. No turn of these chats runs: each locks the citizen.
    """
    chats = select(Conversation).join(Contact, Conversation.contact_id == Contact.id)
    for chat in session.scalars(chats.where(Contact.citizen_id == citizen_id)).all():
        state, transport = conversation_state.load(chat.state, chat.language, chat.timezone)
        if not state.number:
            continue
        shown = update(PromptRow).where(PromptRow.conversation_id == chat.id)
        if state.dialog not in KEEPS:
            state = state.reset(CONVERSATION.idle)
        else:
            shown = shown.where(PromptRow.step.contains(f"/{STEP_PREFIX}", autoescape=True))
            if state.interruption and state.interruption.step == SWITCH:
                state = replace(state, interruption=None)
        session.execute(shown.values({PromptRow.offered: None}))
        chat.state = conversation_state.dump(state, transport)
