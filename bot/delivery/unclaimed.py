"""Reminders that nobody claims, for their account can't be connected."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.delivery.dispatch import retry_or_fail
from core.db.models import SENDABLE, OutboxRow, OutboxStatus
from core.errors import DeliveryError
from core.messaging.keys import MessageKind
from core.messaging.reminder_ways import patience


def give_up_unclaimed(
    session: Session, services: Services, accounts: Collection[str], give_up: timedelta
) -> None:
    """Send reminders another way that wait for accounts which can't be connected.

    Nothing for these is claimed, so that nothing fails.
    """
    now = services.clock()
    rows = session.scalars(
        select(OutboxRow)
        .where(
            OutboxRow.account.in_(accounts),
            OutboxRow.kind == MessageKind.REMINDER,
            OutboxRow.status == OutboxStatus.PENDING,
            SENDABLE,  # for the index
            OutboxRow.try_at <= now,
        )
        .order_by(OutboxRow.try_at, OutboxRow.id)
        .with_for_update(skip_locked=True)
    ).all()
    failure = DeliveryError("the account can't be connected", for_good=True)
    late = [row for row in rows if now > row.due_at + min(give_up, patience(row))]
    if late:
        services.registry.refresh(session)
    for row in late:
        retry_or_fail(session, services, row, failure, give_up)
