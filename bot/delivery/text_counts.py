"""Counts text messages that were sent, and leaves out those that would be too many."""

import structlog
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from core.db.models import Booking, OutboxRow
from core.messaging import text_budget
from core.messaging.keys import MessageKind
from core.messaging.routes import SMS
from core.staff.text_alerts import enqueue_texts_used

log = structlog.get_logger()


def may_be_texted(
    session: Session, services: Services, row: OutboxRow, booking: Booking, number: str
) -> bool:
    """Return whether a text may go out: confirmations and changes do when the budget is used up."""
    registry, now = services.registry, services.clock()
    why = None
    if text_budget.has_enough(session, registry, number, now):
        why = "limit of the day"
    elif row.kind == MessageKind.REMINDER and text_budget.is_used_up(
        session, registry, booking.municipality_id, now
    ):
        why = "budget of the month"
    if why:
        log.info("text message left out", message=row.id, why=why)
    return why is None


def count_text(
    session: Session, services: Services, row: OutboxRow, number: str, reply: Reply
) -> None:
    """Count a message that was sent, if it costs parts; tell the office when few are left."""
    if row.platform != SMS or row.booking_id is None:
        return
    parts = services.platforms[row.account].parts_of(reply)
    if not parts:
        return
    registry, now = services.registry, services.clock()
    town = session.get_one(Booking, row.booking_id).municipality_id
    percent = text_budget.count_text(session, registry, town, number, parts, now)
    if percent is not None:
        enqueue_texts_used(session, registry, town, percent, now)
