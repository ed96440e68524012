"""Closures and extra openings that staff made, as the schedule applies them to each desk."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.catalogue.times import MIDNIGHT
from core.db.models import ExceptionKind, ScheduleException
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
    """The hours in which staff closed a desk, and those in which they opened it besides."""

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


def read_exceptions(
    session: Session, municipality_id: str, loaded_at: datetime
) -> tuple[list[ScheduleException], datetime]:
    """Return the exceptions that hold, and when they or the catalogue were changed last.

    Without those that were over by then, so that they don't pile up.
    """
    of_it = ScheduleException.municipality_id == municipality_id
    made, withdrawn = session.execute(
        select(func.max(ScheduleException.made_at), func.max(ScheduleException.withdrawn_at)).where(
            of_it
        )
    ).one()
    changed_at = max(each for each in (loaded_at, made, withdrawn) if each is not None)
    since = changed_at.astimezone(UTC).date() - timedelta(days=1)  # in whichever zone
    rows = session.scalars(
        select(ScheduleException)
        .where(of_it, ScheduleException.last >= since, ScheduleException.withdrawn_at.is_(None))
        .order_by(ScheduleException.id)
    )
    return list(rows), changed_at


def digest_of(session: Session, municipality_id: str, document: str) -> str:
    """Return the digest of a catalogue, as stored, and of the exceptions that weren't withdrawn."""
    ids = session.scalars(
        select(ScheduleException.id)
        .where(
            ScheduleException.municipality_id == municipality_id,
            ScheduleException.withdrawn_at.is_(None),
        )
        .order_by(ScheduleException.id)
    )
    told = " ".join([document, *map(str, ids)])
    return hashlib.sha256(told.encode()).hexdigest()
