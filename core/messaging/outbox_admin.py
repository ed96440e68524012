"""The outbox for the technician: counts, and stuck messages to be retried or dropped."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.db.models import REMINDERS, OutboxRow, OutboxStatus
from core.errors import ConfigurationError
from core.messaging.outbox import (
    MAX_WAIT_FOR_EARLIER,
    UNSENT_STATUSES,
    notify_workers,
    platform_of,
)
from core.messaging.routes import WAITING

RETRIED = "to be tried again"
"""The last error of rows to be retried even where their address is suppressed."""


def oldest_due(session: Session, accounts: Collection[str], now: datetime) -> datetime | None:
    """Return when the oldest unsent message of these accounts was due."""
    return session.scalar(
        select(func.min(OutboxRow.due_at)).where(*_is_due(accounts, UNSENT_STATUSES, now))
    )


def count_by_status(
    session: Session, accounts: Collection[str], now: datetime
) -> Sequence[tuple[str, str, int]]:
    """Return the numbers of due and failed messages, as (platform, status, count)."""
    return [
        (platform, status, number)
        for platform, status, number in session.execute(
            select(OutboxRow.platform, OutboxRow.status, func.count())
            .where(*_is_due(accounts, (*UNSENT_STATUSES, OutboxStatus.FAILED), now))
            .group_by(OutboxRow.platform, OutboxRow.status)
        )
    ]


def stuck(session: Session, pull_platform: str, now: datetime) -> Sequence[OutboxRow]:
    """Return the rows that failed, or are unsent though tried or overdue; the oldest first.

    `pull_platform` is the one whose pages fetch their messages: there, unsent is not stuck.
    """
    query = select(OutboxRow).where(*_is_stuck(pull_platform, now))
    return session.scalars(query.order_by(OutboxRow.due_at, OutboxRow.id)).all()


def retry(session: Session, pull_platform: str, now: datetime, ids: Collection[int] | None) -> int:
    """Retry stuck messages now (all, where no ids are given); return how many.

    Raises ConfigurationError where one isn't stuck.
    """
    rows = _lock_stuck(session, pull_platform, now, ids)
    for row in rows:
        row.status, row.attempts, row.claimed_by = OutboxStatus.PENDING, 0, None
        row.due_at = row.try_at = now
        row.last_error, row.may_have_arrived = RETRIED, False
    if rows:
        notify_workers(session)
    return len(rows)


def drop(session: Session, pull_platform: str, now: datetime, ids: Collection[int] | None) -> int:
    """Cancel stuck messages (all, where no ids are given); return how many.

    Raises ConfigurationError where one isn't stuck.
    """
    rows = _lock_stuck(session, pull_platform, now, ids)
    for row in rows:
        row.status = OutboxStatus.CANCELLED
    return len(rows)


def _lock_stuck(
    session: Session, pull_platform: str, now: datetime, ids: Collection[int] | None
) -> Sequence[OutboxRow]:
    """Return the chosen stuck rows, locked, except those that a worker is sending."""
    query = select(OutboxRow).where(
        *_is_stuck(pull_platform, now),
        (OutboxRow.status != OutboxStatus.CLAIMED) | (OutboxRow.try_at <= now),
    )
    if ids is None:
        return session.scalars(query.with_for_update()).all()
    rows = session.scalars(query.where(OutboxRow.id.in_(ids)).with_for_update()).all()
    if others := set(ids) - {row.id for row in rows}:
        listed = ", ".join(map(str, sorted(others)))
        raise ConfigurationError(
            f"Not stuck, or being sent just now: {listed}. Nothing was changed."
        )
    return rows


def _is_stuck(pull_platform: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    # Reminders whose way isn't chosen yet wait their turn, for thousands may be due at once.
    overdue = (OutboxRow.due_at <= now - MAX_WAIT_FOR_EARLIER) & (OutboxRow.account != REMINDERS)
    late = (OutboxRow.attempts > 0) | overdue
    stuck = (OutboxRow.status == OutboxStatus.FAILED) | (
        OutboxRow.status.in_(UNSENT_STATUSES) & late
    )
    # What may have arrived is sent once more by itself: sooner, it would come three times.
    in_doubt = OutboxRow.may_have_arrived & (OutboxRow.try_at > now)
    # Events are looked after by their endpoint: `rantevou webhook`.
    is_event = OutboxRow.endpoint_id.is_not(None)
    return stuck, ~in_doubt, ~is_event, OutboxRow.platform.not_in({pull_platform, *WAITING})


def _is_due(
    accounts: Collection[str], statuses: Sequence[OutboxStatus], now: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxRow.platform.in_({platform_of(account) for account in accounts}),  # for the index
        OutboxRow.account.in_(accounts),
        OutboxRow.status.in_(statuses),
        OutboxRow.due_at <= now,
    )
