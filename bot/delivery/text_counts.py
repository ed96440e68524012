"""Counts text messages that were sent, and keeps back those that would be too many."""

import structlog
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.platforms.webhook import Reachability
from core.db.models import Booking, OutboxRow
from core.messaging import text_budget
from core.messaging.keys import MessageKind
from core.messaging.notifications import BY_OFFICE
from core.messaging.routes import SMS, VOICE
from core.messaging.text_budget import MOST_A_DAY
from core.staff.text_alerts import enqueue_texts_used

log = structlog.get_logger()

OF_OFFICE = frozenset(
    {
        *BY_OFFICE.values(),
        MessageKind.TIME_OFFERED,
        MessageKind.NO_TIME_FREE,
        MessageKind.OFFER_EXPIRED,
        MessageKind.OFFER_WITHDRAWN,
    }
)
"""What the office does, which has no limit of the day: no citizen can bring it about."""


class TextKeptBack(Exception):
    """Raised where a text or call would be too many, or come at night; `why` names the limit."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def check_limits(
    session: Session, services: Services, row: OutboxRow, booking: Booking, number: str
) -> None:
    """Count a text or call to a number; raise TextKeptBack where it may not go out.

    Of what the budget of the month pays, reminders by text alone are kept back.
    """
    registry, now = services.registry, services.clock()
    why = None
    is_paid_text = row.platform != VOICE and row.kind == MessageKind.REMINDER
    if is_paid_text and text_budget.is_used_up(session, registry, booking.municipality_id, now):
        why = "budget of the month"
    elif count_first(session, services, row, number) > MOST_A_DAY and row.kind not in OF_OFFICE:
        why = "limit of the day"
    if why:
        log.info("text message left out", message=row.id, why=why)
        raise TextKeptBack(why)


def count_first(session: Session, services: Services, row: OutboxRow, number: str) -> int:
    """Count a text that is tried for the first time; return how many go to its number today.

    That is before it is sent, for others that wait may be sent with it. 0 where it is tried again.
    """
    if row.attempts > 1:
        return 0
    return text_budget.count_to(session, services.registry, number, services.clock())


def count_text(session: Session, services: Services, row: OutboxRow, reply: Reply) -> None:
    """Count a message that was sent, if it costs parts; tell the office when few are left."""
    if row.platform != SMS or not (parts := services.platforms[row.account].parts_of(reply)):
        return
    town = _town_of(session, row, reply)
    if town is None:
        return
    registry, now = services.registry, services.clock()
    percent = text_budget.count_text(session, registry, town, parts, now)
    if percent is not None:
        enqueue_texts_used(session, registry, town, percent, now)


def count_answer(session: Session, services: Services, account: str, told: Reachability) -> bool:
    """Count a text from a number that has no turn, with its answer; return whether that may go.

    It goes in the response to the gateway's request, to so many texts a day as have a turn.
    """
    registry, now, answer = services.registry, services.clock(), told.answer
    received = text_budget.count_received(session, registry, told.address, now)
    if answer is None or received > text_budget.MOST_FROM_A_DAY:
        return False
    if answer.payer is not None:
        parts = services.platforms[account].parts_of(answer)
        registry.refresh(session)
        percent = text_budget.count_text(session, registry, answer.payer, parts, now)
        if percent is not None:
            enqueue_texts_used(session, registry, answer.payer, percent, now)
    return True


def _town_of(session: Session, row: OutboxRow, reply: Reply) -> str | None:
    """Return the municipality that pays for a text; None while nothing was said of any."""
    if row.booking_id is not None:
        return session.get_one(Booking, row.booking_id).municipality_id
    return reply.payer
