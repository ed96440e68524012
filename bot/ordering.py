"""Whether a message arrived in the order in which it was written."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Inbound
from core.i18n import Text
from core.messaging import receipts
from dialogs.engine.engine import EARLY
from dialogs.engine.state import State

OVERTAKEN = timedelta(hours=1)
"""How much later a message may come than one written after it. Platforms may count anew."""


def is_overtaken(state: State, inbound: Inbound, now: datetime) -> bool:
    """Whether a message that was written later was taken already."""
    lately = now.timestamp() < state.heard_at + OVERTAKEN.total_seconds()
    return bool(inbound.number and inbound.number < state.heard and lately)


def missed_question(
    session: Session, services: Services, state: State, inbound: Inbound, came: datetime | None
) -> Text | None:
    """Why a text is no answer to the question that is open now, if it isn't. Raises LostRace."""
    if came and state.open_since and came.timestamp() < state.open_since:
        return EARLY
    if inbound.account not in services.platforms:  # an answer is seen as soon as it is given
        return None
    seen = receipts.reply_was_visible(session, state.opened_by, inbound.in_chat, services.clock())
    return None if seen else EARLY
