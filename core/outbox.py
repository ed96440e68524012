"""The outbox: messages owed, written in the transaction that makes us owe them."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.office import Office
from core.tables import Outgoing


def post(
    session: Session,
    office: Office,
    *,
    platform: str,
    kind: str,
    booking_id: int,
    due_at: datetime,
    key: str,
) -> bool:
    """Owe a message, once for each key; False where no account of that platform is configured."""
    if platform not in office.accounts:
        return False
    session.add(
        Outgoing(
            dedupe_key=key,
            platform=platform,
            kind=kind,
            booking_id=booking_id,
            due_at=due_at,
            status="pending",
        )
    )
    return True
