"""Helpers that count overlapping bookings, and that drop the overlap guard."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.overlap_guard import CONSTRAINTS, TRIGGERS

OVERLAPS = text("""
SELECT count(*) FROM bookings a JOIN bookings b ON a.desk_id = b.desk_id AND a.id < b.id
AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
WHERE a.state IN ('held','confirmed','completed','no_show')
AND b.state IN ('held','confirmed','completed','no_show')
""")


def overlaps(session: Session) -> int:
    """Return the number of pairs of live bookings of one desk that overlap."""
    return session.scalar(OVERLAPS) or 0


def drop_guard(database: Database, *names: str) -> None:
    """Drop the overlap guard, or these parts of it."""
    with database.engine.begin() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        for name in names or (TRIGGERS if on_sqlite else CONSTRAINTS):
            connection.exec_driver_sql(
                f"DROP TRIGGER {name}"
                if on_sqlite
                else f"ALTER TABLE bookings DROP CONSTRAINT {name}"
            )
