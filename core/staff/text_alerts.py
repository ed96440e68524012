"""The alert that a municipality's text messages of a month are nearly, or all, used."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.catalogue.registry import Registry
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue
from core.messaging.text_budget import month_of
from core.staff.alerts import to_room
from core.staff.rooms import rooms_of_all


def enqueue_texts_used(
    session: Session, registry: Registry, municipality_id: str, percent: int, now: datetime
) -> None:
    """Enqueue the alert that so many percent of this month's parts are used.

    Once for each room and budget.
    """
    month = month_of(registry, municipality_id, now)
    budget = registry[municipality_id].body.rules.text_parts_per_month
    cause = Cause.texts_used(municipality_id, month, percent, budget)
    rooms = rooms_of_all(session, municipality_id)
    messages = [to_room(room, MessageKind.TEXTS_USED, cause, now, None) for room in rooms]
    enqueue(session, registry.accounts, messages, now)
