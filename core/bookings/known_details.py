"""The details that a citizen gave at earlier bookings, which are offered at the next one."""

from collections.abc import Mapping

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from core.db.models import Citizen
from core.db.personal import Personal

_STORE = (
    update(Citizen.__table__)
    .where(Citizen.__table__.c.id == bindparam("citizen_id"))
    .values(details=bindparam("stored"))
)


def store_details(
    session: Session, citizen_id: int, public_id: bytes, details: Mapping[str, str]
) -> None:
    """Store the known details of a citizen, whose row has that `public_id`."""
    stored = Personal(public_id, dict(details))
    session.execute(_STORE, {"citizen_id": citizen_id, "stored": stored})
