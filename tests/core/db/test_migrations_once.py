"""A database that the tests migrate without Alembic is as Alembic makes it."""

from contextlib import closing
from pathlib import Path

import pytest

from core.db.database import Database
from tests.core.conftest import both_kinds
from tests.migrations_once import FOLDER, executed, migrate, upgrade
from tests.postgres import KEY


@both_kinds
def test_what_is_executed_is_what_alembic_executes(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with closing(Database(url, KEY)) as database:
        for migrating in (upgrade, upgrade, migrate):
            with database.engine.connect() as connection, connection.begin() as transaction:
                with executed(connection) as statements:
                    migrating(connection)
                transaction.rollback()
            if migrating is upgrade:
                known = statements
    assert len(known) > 100
    assert sorted(map(parts, statements)) == sorted(map(parts, known))


def parts(statement: str) -> list[str]:
    """Return the lines of a statement in an order: Alembic has constraints, and indexes, in any."""
    return sorted(line.strip(" \t,") for line in statement.splitlines())
