"""Texts of a citizen to an office, and the brief answers to them."""

from sqlalchemy.orm import Session

from bot.messages import Inbound, Reply
from core.i18n import Text, lines
from core.messaging import conversations
from core.messaging.conversations import StoredConversation
from dialogs import relay
from dialogs.context import Context
from dialogs.messages.relay import EDITED, FILE_LEFT_OUT, ONLY_TEXT
from dialogs.nlu.normalize import clean_lines


def said_to_office(ctx: Context, inbound: Inbound) -> Text | None:
    """Return what is said to a message that is for the office; None for the dialog's."""
    if inbound.text is not None and not inbound.proves_phone:
        said = relay.pass_on(ctx, clean_lines(inbound.text))
        return lines(said, FILE_LEFT_OUT) if said and inbound.with_file else said
    if inbound.unread is not None and relay.hears_no_file(ctx):
        return EDITED if inbound.unread == "edited" else ONLY_TEXT
    return None


def with_question(session: Session, found: StoredConversation, reply: Reply) -> Reply | None:
    """Return a reply with the buttons of the open question; None once that is erased."""
    last = conversations.last_replies(session, found.id)
    if not last:
        return None
    asked = Reply.model_validate(last[-1])
    return asked.model_copy(
        update={"text": reply.text, "blocks": [], "brief": "", "spoken": "", "booking": None}
    )
