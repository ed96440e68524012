"""The overlap guard: the database itself refuses two live bookings of one desk that overlap.

A migration that rebuilds the table `bookings` must create it again; `missing` looks for it.
"""

from sqlalchemy import Connection, text

# Without the last condition an insert costs 9 ms at a million bookings, with it 0.05: no booking
# is longer than a day (CHECK length), so what starts earlier can't reach here.
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


def missing(connection: Connection) -> list[str]:
    """Names of the guard's triggers that aren't there, or aren't what they should be."""
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    there = {row.name: row.sql for row in found}
    return [name for name, sql in TRIGGERS.items() if there.get(name) != sql]
