"""Closures and extra openings that staff made, as the schedule applies them to each desk."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.catalogue.times import MIDNIGHT
from core.db.models import (
    NOT_REMOVED,
    ExceptionKind,
    MunicipalityRow,
    ScheduleException,
    WebhookEndpoint,
)
from core.i18n import LANGUAGES, LocalizedText

DeskKey = tuple[str, str]
"""The ids of a branch and of a desk of it."""


@dataclass(frozen=True)
class SpecialHours:
    """The hours from `start` to `end` (local) of each day from `first` to `last`, and why."""

    first: date
    last: date
    start: time = time.min
    end: time = MIDNIGHT
    reason: LocalizedText | None = None


@dataclass(frozen=True)
class DeskExceptions:
    """The hours of the closures and of the extra openings that staff made of a desk."""

    closures: tuple[SpecialHours, ...] = ()
    openings: tuple[SpecialHours, ...] = ()


def special_hours(row: ScheduleException) -> SpecialHours:
    """Return the hours of a schedule exception."""
    reason = LocalizedText(**{LANGUAGES[0]: row.reason}) if row.reason else None
    if row.start is None or row.end is None:
        return SpecialHours(row.first, row.last, reason=reason)
    end = MIDNIGHT if row.end == "24:00" else time.fromisoformat(row.end)
    return SpecialHours(row.first, row.last, time.fromisoformat(row.start), end, reason)


def is_about(row: ScheduleException, branch: str, desk_id: int) -> bool:
    """Return whether a schedule exception is about a desk, by its branch and row id."""
    return row.branch in (None, branch) and row.desk_id in (None, desk_id)


def desks_of(row: ScheduleException, desk_ids: Mapping[DeskKey, int]) -> Collection[int]:
    """Return the row ids of the desks that a schedule exception is about."""
    return {
        desk_id for (branch, _desk), desk_id in desk_ids.items() if is_about(row, branch, desk_id)
    }


def by_desk(
    rows: Iterable[ScheduleException], desk_ids: Mapping[DeskKey, int]
) -> Mapping[DeskKey, DeskExceptions]:
    """Return the exceptions of each desk that has any."""
    found: dict[DeskKey, DeskExceptions] = {}
    for row in rows:
        hours = special_hours(row)
        for key, desk_id in desk_ids.items():
            if not is_about(row, key[0], desk_id):
                continue
            known = found.get(key, DeskExceptions())
            found[key] = (
                DeskExceptions((*known.closures, hours), known.openings)
                if row.kind == ExceptionKind.CLOSURE
                else DeskExceptions(known.closures, (*known.openings, hours))
            )
    return found


def merge(
    some: Mapping[DeskKey, DeskExceptions], others: Mapping[DeskKey, DeskExceptions]
) -> Mapping[DeskKey, DeskExceptions]:
    """Return the exceptions of both."""
    none = DeskExceptions()
    merged = dict(some)
    for key, more in others.items():
        known = some.get(key, none)
        closures, openings = known.closures + more.closures, known.openings + more.openings
        merged[key] = DeskExceptions(closures, openings)
    return merged


class ChangedExceptions(NamedTuple):
    """A municipality's exceptions that hold, and when they or its catalogue were changed last."""

    at: datetime
    rows: list[ScheduleException]


def read_exceptions(
    session: Session, loaded_at: Mapping[str, datetime]
) -> Mapping[str, ChangedExceptions]:
    """Return the exceptions of municipalities, given when the catalogue of each was loaded.

    Without those that were over when they were changed last, so that they don't pile up.
    """
    of_these = ScheduleException.municipality_id.in_(loaded_at)
    last_changes = session.execute(
        select(
            ScheduleException.municipality_id,
            func.max(ScheduleException.made_at),
            func.max(ScheduleException.withdrawn_at),
        )
        .where(of_these)
        .group_by(ScheduleException.municipality_id)
    )
    found = {each: ChangedExceptions(at, []) for each, at in loaded_at.items()}
    for municipality_id, made, withdrawn in last_changes:
        at = max(loaded_at[municipality_id], made, withdrawn or made)
        found[municipality_id] = ChangedExceptions(at, [])
    since = {each: _day_before(changed.at) for each, changed in found.items()}
    rows = session.scalars(
        select(ScheduleException)
        .where(
            of_these,
            ScheduleException.last >= min(since.values()),
            ScheduleException.withdrawn_at.is_(None),
        )
        .order_by(ScheduleException.id)
    )
    for row in rows:
        if row.last >= since[row.municipality_id]:
            found[row.municipality_id].rows.append(row)
    return found


def _day_before(at: datetime) -> date:
    """Return the day before a time: that day has ended in whichever zone."""
    return at.astimezone(UTC).date() - timedelta(days=1)


def digest_of(session: Session, municipality_id: str, document: str) -> str:
    """Return the digest of a catalogue, as stored, and of what else a turn needs to know.

    That is the exceptions that weren't withdrawn, and whether there are webhook endpoints.
    """
    ids = session.scalars(
        select(ScheduleException.id)
        .where(
            ScheduleException.municipality_id == municipality_id,
            ScheduleException.withdrawn_at.is_(None),
        )
        .order_by(ScheduleException.id)
    )
    webhooks = ["webhooks"] if with_webhooks(session, [municipality_id]) else []
    told = " ".join([document, *map(str, ids), *webhooks])
    return hashlib.sha256(told.encode()).hexdigest()


def update_digest(session: Session, municipality_id: str) -> None:
    """Store a municipality's digest anew, in a transaction that has LOAD_LOCK for itself."""
    row = session.get_one(MunicipalityRow, municipality_id, populate_existing=True)
    row.digest = digest_of(session, municipality_id, row.document)
    session.flush()


def with_webhooks(session: Session, ids: Collection[str]) -> set[str]:
    """Return those municipalities that have a webhook endpoint, also a disabled one."""
    found = select(WebhookEndpoint.municipality_id).where(
        WebhookEndpoint.municipality_id.in_(ids), NOT_REMOVED
    )
    return set(session.scalars(found))
