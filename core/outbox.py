"""The outbox: messages owed, written in the transaction that makes us owe them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.office import Office
from core.tables import Booking, Outgoing


@dataclass(frozen=True)
class Owed:
    """A message owed about a booking; the same `dedupe_key` is owed once."""

    platform: str
    kind: str
    booking_id: int
    due_at: datetime
    dedupe_key: str
    status: str = "pending"


def post(session: Session, office: Office, owed: Iterable[Owed]) -> None:
    """Owe these messages, but for platforms of which no account is configured."""
    rows = [asdict(one) for one in owed if one.platform in office.accounts]
    if rows:
        session.connection().execute(insert(Outgoing), rows)


def put_off(session: Session, booking_id: int, kind: str, due_at: datetime, status: str) -> None:
    """Owe a booking's message of that kind at another time, even if it was sent already."""
    theirs = (Outgoing.booking_id == booking_id, Outgoing.kind == kind)
    session.execute(update(Outgoing).where(*theirs).values(due_at=due_at, status=status))


def call_off(session: Session, booking_id: int, kind: str) -> None:
    """Owe a booking's message of that kind no more."""
    session.execute(
        update(Outgoing)
        .where(
            Outgoing.booking_id == booking_id, Outgoing.kind == kind, Outgoing.status == "pending"
        )
        .values(status="cancelled")
    )


def due(session: Session, platform: str, citizen_id: int, now: datetime) -> Sequence[Outgoing]:
    """What is due to a citizen on a platform that fetches its messages itself, oldest first."""
    return session.scalars(
        select(Outgoing)
        .join(Booking, Outgoing.booking_id == Booking.id)
        .where(
            Outgoing.platform == platform,
            Outgoing.status == "pending",
            Outgoing.due_at <= now,
            Booking.citizen_id == citizen_id,
        )
        .order_by(Outgoing.due_at, Outgoing.id)
    ).all()
