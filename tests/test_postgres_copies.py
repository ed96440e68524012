"""A database that a test has used is as it was copied, or no test gets it again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from tests.postgres import Server

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
CITIZEN = "INSERT INTO citizens (public_id, created_at) VALUES ('x', 0)"


def state(url: str) -> list[object]:
    """Return all rows of all tables, and the numbers of all sequences."""
    with psycopg.connect(url) as connection:
        found: list[object] = [*connection.execute(SEQUENCES).fetchall()]
        for (name,) in connection.execute(TABLES).fetchall():
            rows = connection.execute(SQL("SELECT t::text FROM {} t").format(Identifier(name)))
            found.append((name, sorted(rows.fetchall())))
    return found


@pytest.fixture(scope="module")
def template(postgres: Server, migrated_postgres: str) -> Iterator[str]:
    """Yield a template of these tests' own: idle copies that others wrote to may be analyzed."""
    with postgres.database(migrated_postgres) as url:
        yield str(make_url(url).database)


@pytest.fixture(scope="module")
def expected(postgres: Server, template: str) -> list[object]:
    """Return what each copy has."""
    with postgres.database(template) as url:
        return state(url)


@pytest.fixture
def use(postgres: Server, template: str, expected: list[object]) -> Callable[..., bool]:
    """Return a function that runs statements in a copy; it returns whether that is used again."""

    def run(*statements: str) -> bool:
        with postgres.copy(template) as url, psycopg.connect(url) as connection:
            for each in statements:
                connection.execute(each.encode())
        with postgres.copy(template) as again:
            assert state(again) == expected
        return again == url

    return run


@pytest.mark.parametrize(
    "statements",
    [
        (),
        (CITIZEN,),
        (CITIZEN, "DELETE FROM citizens"),  # which leaves the sequence
        ("SELECT setval('citizens_id_seq', 70)",),
        ("UPDATE municipalities SET digest = 'other' WHERE id = 'kalamata'",),
        ("DELETE FROM kept", "UPDATE alembic_version SET version_num = '9999'"),
        ("SET session_replication_role = replica", "DELETE FROM municipalities"),
    ],
)
def test_what_was_written_is_put_back(use: Callable[..., bool], statements: tuple[str]) -> None:
    assert use(*statements)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (id int)",
        "CREATE INDEX other ON citizens (created_at)",
        "DROP INDEX ix_contacts_citizen_id",
        "ALTER TABLE bookings DROP CONSTRAINT bookings_guard",
        "ALTER TABLE citizens ADD COLUMN other int",
        "ALTER TABLE citizens DISABLE TRIGGER ALL",
        "CREATE SEQUENCE other",
        "CREATE FUNCTION other() RETURNS int LANGUAGE sql RETURN 1",
        "TRUNCATE citizens CASCADE",
        "ANALYZE municipalities",
        "REVOKE CREATE ON SCHEMA public FROM public, pg_database_owner",
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = 1', current_database());"
        "END$$",
        "INSERT INTO citizens (public_id, created_at) SELECT n::text::bytea, 0"
        " FROM generate_series(1, 1001) n",
    ],
)
def test_what_was_altered_is_dropped(use: Callable[..., bool], statement: str) -> None:
    assert not use(statement)


def test_what_is_connected_is_ended(postgres: Server, template: str) -> None:
    with ExitStack() as stack:
        with postgres.copy(template) as url:
            other = stack.enter_context(psycopg.connect(url))
            other.execute(CITIZEN.encode())
            other.execute("SELECT pg_advisory_lock(1)")
        with pytest.raises(psycopg.OperationalError):
            other.execute("COMMIT")
        with postgres.copy(template) as again, psycopg.connect(again) as connection:
            assert again == url
            assert connection.execute("SELECT count(*) FROM citizens").fetchone() == (0,)
            assert connection.execute("SELECT pg_try_advisory_lock(1)").fetchone() == (True,)
            assert connection.execute(DEADLOCKS).fetchone() == (0,)


def test_two_at_once_have_each_their_own(postgres: Server, template: str) -> None:
    with (
        postgres.copy(template) as one,
        postgres.copy(template) as other,
    ):
        assert one != other
