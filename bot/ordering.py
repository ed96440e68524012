"""The order of messages: repeated taps, overtaken messages, questions not seen in time."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.context import Services
from bot.conversation_state import TransportState
from bot.messages import Inbound
from core.i18n import Text
from core.messaging import receipts
from core.messaging.receipts import Visibility
from dialogs.engine.engine import EARLY, LATE

OVERTAKEN = timedelta(hours=1)
"""The time that an overtaken message is recognized by its number: platforms may count anew."""

MAX_CLOCK_DIFFERENCE = timedelta(seconds=10)
"""The difference between a platform's clock and ours up to which its times count."""

DOUBLE_TAP = timedelta(seconds=5)
"""Within which a second tap of the same button is taken for a mistake."""


def is_double_tap(transport: TransportState, inbound: Inbound, now: datetime) -> bool:
    """Return whether the same button was tapped a moment ago, and its answer is being sent."""
    lately = now.timestamp() < transport.tapped_at + DOUBLE_TAP.total_seconds()
    return bool(inbound.choice) and inbound.choice == transport.tapped and lately


def is_of_answered_album(transport: TransportState, inbound: Inbound) -> bool:
    """Return whether it is a picture without words of an album that was answered already."""
    return inbound.unread is not None and bool(inbound.album) and inbound.album == transport.album


def is_overtaken(transport: TransportState, inbound: Inbound, now: datetime) -> bool:
    """Return whether a message that was written later has been answered already."""
    lately = now.timestamp() < transport.last_number_at + OVERTAKEN.total_seconds()
    latest = (now + MAX_CLOCK_DIFFERENCE).timestamp() * 1000
    if inbound.number_is_time and transport.last_number > latest:
        return False  # the last one was stamped with a time that hasn't come yet
    return bool(inbound.number and inbound.number < transport.last_number and lately)


def missed_question(
    session: Session,
    services: Services,
    transport: TransportState,
    inbound: Inbound,
    came: datetime | None,
) -> Text | None:
    """Return why a text can't answer the open question, which its writer hadn't seen; else None.

    `came` is when it arrived, where it may have waited since. Raises RetryTransaction.
    """
    if inbound.text is None:
        return None
    if is_overtaken(transport, inbound, services.clock()):
        return LATE
    if came and transport.open_since and came.timestamp() < transport.open_since:
        return EARLY
    is_seen = inbound.account not in services.platforms or inbound.reply_in_response
    if is_seen:  # at once
        return None
    return None if _was_visible(session, services, transport, inbound) else EARLY


def _was_visible(
    session: Session,
    services: Services,
    transport: TransportState,
    inbound: Inbound,
) -> bool:
    """Return whether the open question counts as visible when a text was written.

    Where it isn't known whether it has arrived, it is asked again. A text that was written later,
    as the platform dates it, is taken then: while a platform's answers are lost, every text would
    else be refused. Raises RetryTransaction.
    """
    now, sequence = services.clock(), inbound.chat_sequence
    first = receipts.reply_visibility(session, transport.opened_by, sequence, now)
    if not transport.asked_again_by:
        return first == Visibility.SHOWN
    again = receipts.reply_visibility(session, transport.asked_again_by, sequence, now)
    if Visibility.SHOWN in (first, again):
        return True
    # Texts that were written with the one which was too early answer neither.
    return (
        Visibility.IN_DOUBT in (first, again)
        and inbound.written_at is not None
        and inbound.written_at > (transport.open_since or 0) + receipts.SEND_GRACE.total_seconds()
    )
