"""Erasing the reasons of closures and extra openings, which may say who is ill."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.db.models import ScheduleException, StaffAction
from core.staff.rights import Action

KEPT_FOR = timedelta(hours=48)
"""The time for which a reason is kept after the last day, or after the closure was ended."""

BATCH = 200
"""The most reasons that one transaction erases: turns wait for it."""


def erase_reasons(session: Session, now: datetime) -> None:
    """Erase the reasons of what was over KEPT_FOR ago, also from the record of what staff did.

    A day counts as over at the midnight of UTC after it, whichever the municipality's zone.
    """
    over = now - KEPT_FOR
    table = ScheduleException.__table__.c
    found = session.execute(
        select(ScheduleException.id, ScheduleException.municipality_id, ScheduleException.made_at)
        .where(
            table.reason.is_not(None),
            or_(ScheduleException.last < over.date(), ScheduleException.withdrawn_at <= over),
        )
        .limit(BATCH)
    ).all()
    for _id, municipality_id, made_at in found:
        session.execute(
            update(StaffAction)
            .where(
                StaffAction.municipality_id == municipality_id,
                StaffAction.at == made_at,
                StaffAction.action.in_((Action.CLOSE, Action.OPEN)),
            )
            .values({StaffAction.reason: None})
        )
    if found:
        session.execute(
            update(ScheduleException)
            .where(ScheduleException.id.in_([row.id for row in found]))
            .values({ScheduleException.reason: None})
        )
