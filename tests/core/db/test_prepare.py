"""A database is made, migrated and looked at before it is used, or it is said why it can't be."""

import re

import pytest
from sqlalchemy import Connection, inspect, text

from core.db.database import REVISIONS, SETTING, Database, revision_of, upgrade
from core.db.models import Base
from core.db.overlap_guard import missing
from core.errors import ConfigurationError
from tests.core.conftest import both_kinds
from tests.core.db.preparing import PASSWORD, at_once, prepare, python, refused
from tests.postgres import KEY


@both_kinds
def test_an_empty_database_is_prepared_with_the_guard(url: str) -> None:
    prepare(url)
    database = Database(url, KEY)
    with database.engine.begin() as connection:
        assert revision_of(connection) == REVISIONS[-1]
        assert missing(connection) == []
    database.prepare()
    database.close()


def test_a_database_of_a_newer_rantevou_is_refused(empty: Database) -> None:
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(
        ConfigurationError, match=r"newer Rantevou \(revision 9999; .* up to \d{4}\)"
    ):
        empty.prepare()


PREPARE = """
import sys
import alembic.command, alembic.config
from core.db.database import Database
database = Database(*sys.argv[1:])
print("ready", flush=True)
sys.stdin.readline()
database.prepare()
database.close()
"""


@both_kinds
def test_several_processes_may_prepare_at_once(url: str) -> None:
    database = Database(url, KEY)
    assert at_once([python(PREPARE, url, KEY)] * 3) == [""] * 3
    with database.engine.begin() as connection:
        versions = connection.execute(text("SELECT version_num FROM alembic_version"))
        assert versions.scalars().all() == [REVISIONS[-1]]
        assert missing(connection) == []
    database.close()


def contents(connection: Connection) -> list[str]:
    """Every column, index, foreign key and row, in words."""
    found = inspect(connection)
    return [
        f"{table}: {what}"
        for table in sorted(found.get_table_names())
        for what in [
            *found.get_columns(table),
            *(f"{index['name']} {index['column_names']}" for index in found.get_indexes(table)),
            *found.get_foreign_keys(table),
            *connection.exec_driver_sql(f"SELECT * FROM {table}").all(),
        ]
    ]


@both_kinds
@pytest.mark.parametrize(
    ("before", "in_the_way"),
    [(None, "prompts"), (REVISIONS[0], "kept")],
    ids=["of an empty database", "of the first revision"],
)
def test_a_migration_that_fails_leaves_the_database_as_it_was(
    url: str, before: str | None, in_the_way: str
) -> None:
    """Block a migration by a table of that name, after it has made and changed others."""
    database = Database(url, KEY)
    with database.engine.begin() as connection:
        if before:
            upgrade(connection, before)
        connection.exec_driver_sql(f"CREATE TABLE {in_the_way} (theirs int)")
        connection.exec_driver_sql(f"INSERT INTO {in_the_way} VALUES (1)")
        was = contents(connection)
    said = refused(url)
    assert f"can't be migrated to revision {REVISIONS[-1]}, and is as it was: " in said
    assert re.search(rf"\b{in_the_way}\b.* already exists$", said)
    with database.engine.begin() as connection:
        assert contents(connection) == was
        connection.exec_driver_sql(f"DROP TABLE {in_the_way}")
    database.prepare()
    with database.engine.begin() as connection:
        assert set(inspect(connection).get_table_names()) >= set(Base.metadata.tables)
        assert missing(connection) == []
    database.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "rantevou.db",
        "sqlite:",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "sqlite+aiosqlite:///rantevou.db",
        "sqlite+nonsense:///rantevou.db",
        "postgresql:",
        "postgresql://",
        f"postgresql://user:{PASSWORD}@host",
        f"postgresql://user:{PASSWORD}@host/",
        f"postgresql://user:{PASSWORD}@host:port/name",
        f"postgresql://user:with@{PASSWORD}@host/name",
        f"postgresql+asyncpg://user:{PASSWORD}@host/name",
        f"postgresql+psycopg2://user:{PASSWORD}@host/name",
        f"mysql://user:{PASSWORD}@host/name",
        f"host=host dbname=name user=user password={PASSWORD}",
        "nonsense://x",
        "http://example.gr/x.db",
    ],
)
def test_a_url_of_neither_kind_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as said:
        Database(url, KEY)
    assert str(said.value) == (
        f"{SETTING} must be like sqlite:///data/rantevou.db or postgresql://user:password@host/name"
    )
