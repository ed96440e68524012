"""The least that can be written and read: citizens."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.models import Citizen
from tests.core.small_municipality import NOW


def people(session: Session) -> int:
    """Return the number of citizens."""
    return session.scalar(select(func.count()).select_from(Citizen)) or 0


def add_one(session: Session) -> int:
    """One more; how many there are then."""
    session.add(Citizen(details={}, created_at=NOW))
    session.flush()
    return people(session)
