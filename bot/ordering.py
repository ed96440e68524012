"""Whether a message arrived in the order in which it was written."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.context import Services
from bot.conversation_state import TransportState
from bot.messages import Inbound
from core.i18n import Text
from core.messaging import receipts
from dialogs.engine.engine import EARLY, LATE

OVERTAKEN = timedelta(hours=1)
"""How much later a message may come than one written after it. Platforms may count anew."""

DOUBLE_TAP = timedelta(seconds=5)
"""Within which the same button is tapped twice by mistake, where we answer later."""


def is_double_tap(transport: TransportState, inbound: Inbound, now: datetime) -> bool:
    """Return whether the same button was tapped a moment ago: what it wanted is on its way."""
    lately = now.timestamp() < transport.tapped_at + DOUBLE_TAP.total_seconds()
    return bool(inbound.choice) and inbound.choice == transport.tapped and lately


def is_overtaken(transport: TransportState, inbound: Inbound, now: datetime) -> bool:
    """Return whether a message that was written later was taken already."""
    lately = now.timestamp() < transport.last_number_at + OVERTAKEN.total_seconds()
    return bool(inbound.number and inbound.number < transport.last_number and lately)


def missed_question(
    session: Session,
    services: Services,
    transport: TransportState,
    inbound: Inbound,
    came: datetime | None,
) -> Text | None:
    """Return why a text is no answer to the question that is open now, if it isn't.

    `came` is when it arrived, where it may have waited since. Raises RetryTransaction.
    """
    if inbound.text is None:
        return None
    if is_overtaken(transport, inbound, services.clock()):
        return LATE
    if came and transport.open_since and came.timestamp() < transport.open_since:
        return EARLY
    if inbound.account not in services.platforms:  # an answer is seen as soon as it is given
        return None
    opened_by, now = transport.opened_by, services.clock()
    seen = receipts.reply_was_visible(session, opened_by, inbound.chat_sequence, now)
    return None if seen else EARLY
