"""Renders the text message by which a number is proven."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.replies import build_reply
from core.bookings.phone_proof import LASTS, digits_of, waiting_proof
from core.db.models import Conversation, OutboxRow
from core.messaging.keys import Cause
from dialogs.messages.phone_proof import digits_text


def render_proof(session: Session, services: Services, row: OutboxRow) -> tuple[str, Reply] | None:
    """Return a number and the text with its digits; None where the proof is over."""
    now = services.clock()
    proof = waiting_proof(session, Cause.parse(row.dedupe_key, row.recipient), now)
    if proof is None:
        return None
    talk = select(Conversation.language).where(Conversation.contact_id == proof.contact_id)
    language = session.scalars(talk).one()
    said = digits_text(
        services.registry[proof.municipality_id], digits_of(services.registry, proof)
    )
    left = int((proof.asked_at + LASTS - now).total_seconds())
    reply = build_reply(services.texts, [said], language)
    more = {"valid_seconds": max(1, left), "payer": proof.municipality_id}
    return proof.phone, reply.model_copy(update=more)
