"""The overlap guard: the database itself refuses two live bookings of one desk that overlap.

A migration that rebuilds the table `bookings` must create it again; `missing` looks for it.
"""

import re

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

# SQLite. The last condition takes an insert from 9 ms to 0.05 at a million bookings: none is longer
# than a day (CHECK length), so one that starts earlier doesn't overlap.
_TRIGGER = """CREATE TRIGGER {name} BEFORE {event} ON bookings
WHEN NEW.state IN ('held','confirmed') AND EXISTS (
  SELECT 1 FROM bookings WHERE desk_id = NEW.desk_id AND state IN ('held','confirmed')
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

# PostgreSQL, in the form of pg_get_constraintdef. Each desk has a range of integers of its own, so
# that no extension is needed for comparing desks.
CONSTRAINTS = {
    "bookings_guard": "EXCLUDE USING gist (int8range(((desk_id << 32) + starts_at), "
    "((desk_id << 32) + ends_at)) WITH &&) WHERE (((state)::text = ANY "
    "((ARRAY['held'::character varying, 'confirmed'::character varying])::text[])))"
}

_EXCLUSION_VIOLATION = "23P01"
_TAKEN = "this desk is taken at that time"

_FOUND = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE contype = 'x' AND conrelid = 'bookings'::regclass",
}


def missing(connection: Connection) -> list[str]:
    """Return the names of the guard's parts that aren't there, or aren't what they should be."""
    dialect = connection.dialect.name
    found = connection.execute(text(_FOUND[dialect]))
    there = {name: _without_casts(definition) for name, definition in found}
    wanted = TRIGGERS if dialect == "sqlite" else CONSTRAINTS
    return [name for name, made in wanted.items() if there.get(name) != _without_casts(made)]


def _without_casts(definition: str) -> str:
    """Return a definition whose WHERE has no casts, brackets or spaces.

    PostgreSQL writes the casts of the states elsewhere once the constraint was dumped and
    restored: each state is cast then, and not their list.
    """
    expression, where, condition = definition.partition(" WHERE ")
    return expression + where + re.sub(r"::(character varying|text)(\[\])?|[()\s]", "", condition)


def refused(error: IntegrityError) -> bool:
    """Return whether it was the guard that refused, and nothing else."""
    return getattr(error.orig, "sqlstate", None) == _EXCLUSION_VIOLATION or _TAKEN in str(
        error.orig
    )
