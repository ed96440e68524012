"""The marks of a move to PostgreSQL, which stand in place of a database's revision.

No Rantevou starts on a database that has one, an older one neither: it knows no such revision.
"""

from sqlalchemy import Connection, text

MOVE = "rantevou database move"
"""The command."""

UNFINISHED = "unfinished move "
"""The beginning of the mark of a target; the revision of its tables follows."""

MOVED = "moved "
"""The beginning of the mark of a source, all of whose rows are in the target; as above."""

TARGET = "moved to"
"""The name of the row of `kept` that has the target's name, in a source that was moved."""


def refusal(connection: Connection, revision: str | None, name: str) -> str | None:
    """Return in one line why a database of that name isn't used; None where it has no mark."""
    if is_moved(revision):
        target = target_of(connection)
        return f"{name} was moved to {target}: name that database instead, with its password"
    if is_unfinished(revision):
        return f"{name} holds an unfinished move: run `{MOVE}` again, until it says that it is done"
    return None


def is_unfinished(revision: str | None) -> bool:
    """Return whether that is the mark of an unfinished move, in place of a revision."""
    return revision is not None and revision.startswith(UNFINISHED)


def is_moved(revision: str | None) -> bool:
    """Return whether that is the mark of a database that was moved, in place of a revision."""
    return revision is not None and revision.startswith(MOVED)


def mark_finished(target: Connection) -> None:
    """Put the revision of its tables in place of a target's mark: a Rantevou may start on it."""
    mark(target, _marked(target).removeprefix(UNFINISHED))


def target_of(connection: Connection) -> str | None:
    """Return the name of the database to which this one was moved."""
    query = text("SELECT value FROM kept WHERE name = :name")
    return connection.execute(query, {"name": TARGET}).scalar()


def mark(connection: Connection, revision: str) -> None:
    """Put a mark in place of the revision, or a revision in place of a mark."""
    connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def mark_moved(source: Connection, target: str) -> None:
    """Mark a SQLite database as moved to the database of that name."""
    mark(source, f"{MOVED}{_marked(source)}")
    row = text("INSERT OR REPLACE INTO kept (name, value) VALUES (:name, :value)")
    source.execute(row, {"name": TARGET, "value": target})


def unmark_moved(source: Connection) -> None:
    """Undo `mark_moved`, where the target was never ready."""
    mark(source, _marked(source).removeprefix(MOVED))
    source.execute(text("DELETE FROM kept WHERE name = :name"), {"name": TARGET})


def _marked(connection: Connection) -> str:
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
