"""What stands in the outbox: how much, since when, and what is stuck there."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.errors import Unusable
from core.outbox import PATIENCE, platform_of, wake
from core.tables import Outgoing

OWED = ("pending", "claimed")
FAILED = "failed"

RETRIED = "to be tried again"
"""What stands for the last error of those that somebody wants tried again, reachable or not."""


def oldest_owed(session: Session, accounts: Collection[str], now: datetime) -> datetime | None:
    """When the oldest message was due that these accounts still owe."""
    return session.scalar(select(func.min(Outgoing.due_at)).where(*_due(accounts, OWED, now)))


def counted(
    session: Session, accounts: Collection[str], now: datetime
) -> Sequence[tuple[str, str, int]]:
    """How many messages of these accounts are due and owed, or failed: by platform and status."""
    return [
        (platform, status, number)
        for platform, status, number in session.execute(
            select(Outgoing.platform, Outgoing.status, func.count())
            .where(*_due(accounts, (*OWED, FAILED), now))
            .group_by(Outgoing.platform, Outgoing.status)
        )
    ]


def stuck(session: Session, fetched: str, now: datetime) -> Sequence[Outgoing]:
    """What failed, and what is owed still though it was tried or is overdue; oldest first.

    But on the platform that fetches its messages itself, where they wait for their citizen.
    """
    query = select(Outgoing).where(*_stuck(fetched, now))
    return session.scalars(query.order_by(Outgoing.due_at, Outgoing.id)).all()


def retry(session: Session, fetched: str, now: datetime, ids: Collection[int] | None) -> int:
    """Owe stuck messages (all, where no ids are given) as if they were new; how many.

    Raises Unusable where one isn't stuck.
    """
    rows = _chosen(session, fetched, now, ids)
    for row in rows:
        row.status, row.attempts, row.claimed_by = "pending", 0, None
        row.due_at = row.try_at = now
        row.last_error = RETRIED
    if rows:
        wake(session)
    return len(rows)


def drop(session: Session, fetched: str, now: datetime, ids: Collection[int] | None) -> int:
    """Owe stuck messages (all, where no ids are given) no more; how many. Raises Unusable so."""
    rows = _chosen(session, fetched, now, ids)
    for row in rows:
        row.status = "cancelled"
    return len(rows)


def _chosen(
    session: Session, fetched: str, now: datetime, ids: Collection[int] | None
) -> Sequence[Outgoing]:
    """The stuck ones, without those that are being sent just now."""
    query = select(Outgoing).where(
        *_stuck(fetched, now), (Outgoing.status != "claimed") | (Outgoing.try_at <= now)
    )
    if ids is None:
        return session.scalars(query.with_for_update()).all()
    rows = session.scalars(query.where(Outgoing.id.in_(ids)).with_for_update()).all()
    if others := set(ids) - {row.id for row in rows}:
        listed = ", ".join(map(str, sorted(others)))
        raise Unusable(f"Not stuck, or being sent just now: {listed}. Nothing was changed.")
    return rows


def _stuck(fetched: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    late = (Outgoing.attempts > 0) | (Outgoing.due_at <= now - PATIENCE)
    stuck = (Outgoing.status == FAILED) | (Outgoing.status.in_(OWED) & late)
    return stuck, Outgoing.platform != fetched


def _due(
    accounts: Collection[str], statuses: Sequence[str], now: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        Outgoing.platform.in_({platform_of(account) for account in accounts}),  # for the index
        Outgoing.account.in_(accounts),
        Outgoing.status.in_(statuses),
        Outgoing.due_at <= now,
    )
