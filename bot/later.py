"""Messages that come later, to a page: it fetches them, at once or on its next visit."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversation import House, context_of
from bot.platforms.webchat import PLATFORM
from bot.replies import Inbound, Reply
from core import conversations, outbox
from core.tables import Booking, Contact, Conversation, InboundRow, Outgoing
from dialogs.notices import notice
from dialogs.state import State


def fetch(session: Session, house: House, inbound: Inbound) -> None:
    """Put what is owed to the writer of a message into words, and into their talk; once."""
    found = conversations.find(session, inbound.account, inbound.address, inbound.message_id)
    if found is None:
        return
    house.office.refresh(session)
    now = house.clock()
    ctx = context_of(session, house, inbound, found, State.model_validate(found.state))
    for owed in outbox.due(session, PLATFORM, found.citizen_id, now):
        said = notice(ctx, owed.kind, session.get_one(Booking, owed.booking_id))
        owed.status = "delivered" if said else "cancelled"
        if said:
            reply = Reply(
                text=house.texts.say(said, ctx.language),
                language=ctx.language,
                booking=owed.booking_id if owed.kind != "cancelled" else None,
            )
            stored = [reply.model_dump(mode="json", exclude_defaults=True)]
            # The same row is owed again when its booking was moved.
            message_id = f"owed {owed.id} {owed.due_at.isoformat()}"
            conversations.answered(session, found, inbound.account, message_id, None, stored, now)


def news(
    session: Session, conversation_ids: Collection[int], now: datetime
) -> Mapping[int, tuple[int, bool]]:
    """For each of these conversations, the last number of its talk and whether more is owed."""
    last = session.execute(
        select(InboundRow.conversation_id, func.max(InboundRow.id))
        .where(InboundRow.conversation_id.in_(conversation_ids))
        .where(func.json_array_length(InboundRow.replies) > 0)  # what was erased isn't there
        .group_by(InboundRow.conversation_id)
    )
    owed = session.scalars(
        select(Conversation.id)
        .join(Contact, Conversation.contact_id == Contact.id)
        .join(Booking, Booking.citizen_id == Contact.citizen_id)
        .join(Outgoing, Outgoing.booking_id == Booking.id)
        .where(
            Outgoing.platform == PLATFORM,
            Outgoing.status == "pending",
            Outgoing.due_at <= now,
            Conversation.id.in_(conversation_ids),
        )
    ).all()
    numbers = {row[0]: row[1] for row in last}
    return {each: (numbers.get(each, 0), each in owed) for each in conversation_ids}
