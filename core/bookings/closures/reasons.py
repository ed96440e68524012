"""Erasing the reasons of closures and extra openings, which may say who is ill."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.db.models import OutboxRow, OutboxStatus, ScheduleException, StaffAction, TimeOffer
from core.messaging.keys import Cause, MessageKind
from core.messaging.page_inbox import erase_fetched
from core.staff.relay_upkeep import KEPT_FOR
from core.staff.rights import Action

BATCH = 200
"""The most reasons that one transaction erases: turns wait for it."""


def erase_reasons(session: Session, now: datetime) -> None:
    """Erase the reasons of what was over, or was ended, KEPT_FOR ago.

    Also from the record of what staff did, and from the offers that pages have fetched. A day
    counts as over at the midnight of UTC after it, whichever the municipality's zone.
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
    for exception_id, municipality_id, made_at in found:
        session.execute(
            update(StaffAction)
            .where(
                StaffAction.municipality_id == municipality_id,
                StaffAction.at == made_at,
                or_(StaffAction.change_id == exception_id, StaffAction.change_id.is_(None)),
                StaffAction.action.in_((Action.CLOSE, Action.OPEN)),
            )
            .values({StaffAction.reason: None})
        )
    if found:
        _erase_fetched_offers(session, [row.id for row in found])
        session.execute(
            update(ScheduleException)
            .where(ScheduleException.id.in_([row.id for row in found]))
            .values({ScheduleException.reason: None})
        )


def _erase_fetched_offers(session: Session, exception_ids: Sequence[int]) -> None:
    """Erase what pages have fetched of the offers that were made because of these."""
    offers = session.execute(
        select(TimeOffer.id, TimeOffer.booking_id).where(TimeOffer.exception_id.in_(exception_ids))
    ).all()
    told = session.scalars(
        select(OutboxRow).where(
            OutboxRow.booking_id.in_([offer.booking_id for offer in offers]),
            OutboxRow.kind.in_((MessageKind.TIME_OFFERED, MessageKind.NO_TIME_FREE)),
            OutboxRow.status == OutboxStatus.DELIVERED,
        )
    )
    ids = {offer.id for offer in offers}
    erase_fetched(
        session,
        [row for row in told if Cause.parse(row.dedupe_key, row.recipient).number in ids],
    )
