"""Reminding a citizen of an appointment in a chat, as the outbox would."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db.models import Booking, Contact, OutboxRow
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import platform_of
from core.messaging.recipients import ContactRecipient


def remind(session: Session, booking: Booking, now: datetime) -> None:
    """Remind the one who booked, at a time."""
    chat = session.scalars(select(Contact).where(Contact.citizen_id == booking.citizen_id)).one()
    recipient = ContactRecipient(chat.id)
    key = Cause.reminder(booking.id, 48).dedupe_key(recipient)
    session.execute(delete(OutboxRow).where(OutboxRow.dedupe_key == key))  # which is due later
    session.add(
        OutboxRow(
            account=chat.account,
            platform=platform_of(chat.account),
            kind=MessageKind.REMINDER,
            recipient=str(recipient),
            contact_id=chat.id,
            booking_id=booking.id,
            due_at=now,
            try_at=now,
            expires_at=booking.starts_at,
            dedupe_key=key,
            attempts=1,
            status="sent",
        )
    )
