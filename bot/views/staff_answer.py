"""Renders the answers to messages of staff that the outbox sends, for they couldn't be at once."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.staff_messages import StaffAnswer
from core.db.models import OutboxRow, StaffInbound
from core.messaging.keys import Cause


def find_row(session: Session, account: str, message_id: str) -> StaffInbound | None:
    """Return the row of a message of staff, with the answer that it got."""
    return session.scalar(
        select(StaffInbound).where(
            StaffInbound.account == account, StaffInbound.message_id == message_id
        )
    )


def render_staff_answer(session: Session, _services: Services, row: OutboxRow) -> Reply | None:
    """Return the answer, under what it is about, else under their message; None once erased."""
    message_id, own_id = Cause.parse(row.dedupe_key, row.recipient).as_staff_answer()
    found = find_row(session, row.account, message_id)
    if found is None or not found.answer:
        return None
    reply = StaffAnswer.model_validate(found.answer).reply
    return reply.model_copy(update={"answers": reply.answers or own_id})
