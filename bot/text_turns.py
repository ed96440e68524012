"""Turns by text message, which cost: who pays for the answers, and how many there are a day."""

from sqlalchemy.orm import Session

from bot import conversation_state
from bot.context import Services
from bot.messages import Inbound, Reply
from bot.replies import build_reply
from bot.turn_records import outbox_messages, record
from core.db.events import record_event
from core.i18n import _
from core.messaging import outbox
from core.messaging.conversations import StoredConversation
from core.office import Office
from dialogs.engine.state import State

NO_MORE_TODAY = _(
    "We have answered as many of your messages today as we can. Please write again tomorrow, or "
    "call the office."
)


def payer(office: Office, *states: State) -> str | None:
    """Return the municipality that the first of some states with any is about."""
    for state in states:
        if town := state.values.get("municipality"):
            return town
        if (number := state.values.get("booking")) and (booking := office.booking(int(number))):
            return booking.municipality_id
    return None


def answer_no_more(
    session: Session,
    services: Services,
    inbound: Inbound,
    found: StoredConversation,
    *,
    is_first: bool,
) -> list[Reply]:
    """Record a text past the limit of a day, which changes nothing; say so after the first."""
    record_event(session, "turn", inbound.platform, "limited")
    if not is_first:
        return []
    state, transport = conversation_state.load(found.state, found.language, found.timezone)
    said = build_reply(services.texts, [NO_MORE_TODAY], state.language)
    reply = transport.fit(said).model_copy(update={"payer": inbound.municipality_id})
    now = services.clock()
    number = record(session, found, inbound, None, [reply], now)
    messages = outbox_messages(inbound, found, number, [reply], {}, now)
    outbox.enqueue(session, services.registry.accounts, messages, now)
    return [reply]
