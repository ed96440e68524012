"""What migrating an empty database executes, worked out once in a run of the tests.

Alembic takes 0.4 seconds of processor time to work it out, and a hundred tests make a new office.
The statements are the same each time, and so is what they leave.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from bot.ops import database_move
from core.db import database

FOLDER = "TESTS_MIGRATIONS"
"""The variable that names the folder in which the processes of a run keep the statements.

Without it, each database is migrated by Alembic.
"""

migrate = database.upgrade


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate by what was executed in another empty database; any other, by Alembic."""
    folder = os.environ.get(FOLDER)
    if not folder or revision != "head" or database.revision_of(connection):
        migrate(connection, revision)
    elif (file := Path(folder) / connection.dialect.name).exists():
        for statement in _read(file):
            connection.exec_driver_sql(statement).close()
    else:
        with executed(connection) as statements:
            migrate(connection)
        written = file.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps(statements), "utf-8")
        written.rename(file)


@contextmanager
def executed(connection: Connection) -> Iterator[list[str]]:
    """Yield a list that collects what is executed meanwhile, but for what is only asked."""
    found: list[str] = []

    def note(
        _connection: object, _cursor: object, statement: str, given: Sequence[Any], *_rest: object
    ) -> None:
        if not statement.lstrip().startswith(("SELECT", "PRAGMA main.", "PRAGMA temp.")):
            assert not given, statement
            found.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(connection, "before_cursor_execute", note)


@cache
def _read(file: Path) -> list[str]:
    return list(json.loads(file.read_text("utf-8")))


database.upgrade = database_move.upgrade = upgrade  # type: ignore[attr-defined]
