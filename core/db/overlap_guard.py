"""The overlap guard: the database refuses bookings that occupy a desk at the same time.

So do those that are completed or whose citizen didn't come, until their end.

A migration that rebuilds the table `bookings` must create the guard again; `missing` checks that.
"""

import re

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

# SQLite. No booking is longer than a day (CHECK length), so one that starts a day earlier doesn't
# overlap. At a million bookings, this condition takes an insert from 9 ms to 0.05 ms.
_TRIGGER = """CREATE TRIGGER {name} BEFORE {event} ON bookings
WHEN NEW.state IN ('held','confirmed','completed','no_show') AND EXISTS (
  SELECT 1 FROM bookings WHERE desk_id = NEW.desk_id
  AND state IN ('held','confirmed','completed','no_show')
  AND id IS NOT NEW.id AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at
  AND starts_at > NEW.starts_at - 86400)
BEGIN SELECT RAISE(ABORT, 'this desk is taken at that time'); END"""

TRIGGERS = {
    name: _TRIGGER.format(name=name, event=event)
    for name, event in (
        ("bookings_guard_insert", "INSERT"),
        ("bookings_guard_update", "UPDATE OF desk_id, starts_at, ends_at, state"),
    )
}

# PostgreSQL, in the form of pg_get_constraintdef. Each desk has its own range of integers, so that
# no extension is needed to compare desks.
CONSTRAINTS = {
    "bookings_guard": "EXCLUDE USING gist (int8range(((desk_id << 32) + starts_at), "
    "((desk_id << 32) + ends_at)) WITH &&) WHERE (((state)::text = ANY "
    "((ARRAY['held'::character varying, 'confirmed'::character varying, "
    "'completed'::character varying, 'no_show'::character varying])::text[])))"
}

_EXCLUSION_VIOLATION = "23P01"
_TAKEN = "this desk is taken at that time"

_FOUND = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE contype = 'x' AND conrelid = 'bookings'::regclass",
}


def missing(connection: Connection) -> list[str]:
    """Return the names of the guard's triggers or constraints that are missing or different."""
    dialect = connection.dialect.name
    found = connection.execute(text(_FOUND[dialect]))
    existing = {name: _without_casts(definition) for name, definition in found}
    wanted = TRIGGERS if dialect == "sqlite" else CONSTRAINTS
    return [name for name, sql in wanted.items() if existing.get(name) != _without_casts(sql)]


def _without_casts(definition: str) -> str:
    """Return a definition without the casts, brackets and spaces of its WHERE, to be compared.

    After a dump and restore, PostgreSQL casts each state instead of their list.
    """
    expression, where, condition = definition.partition(" WHERE ")
    return expression + where + re.sub(r"::(character varying|text)(\[\])?|[()\s]", "", condition)


def is_violation(error: IntegrityError) -> bool:
    """Return whether it was the guard that refused a change."""
    return getattr(error.orig, "sqlstate", None) == _EXCLUSION_VIOLATION or _TAKEN in str(
        error.orig
    )
