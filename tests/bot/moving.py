"""Move an office to PostgreSQL, and look at what is in both."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from sqlalchemy import select

from bot.bootstrap import bootstrap
from bot.settings import Settings
from core.db.database import Database
from core.db.models import Base
from core.errors import ConfigurationError
from tests.bot.processes import run_here
from tests.conftest import Deployment
from tests.postgres import KEY

PASSWORD = "s3cr3t"  # noqa: S105
PRIVATE = ("Μαρία", "Papadopoulou", "6912345678", "maria@example.gr", "068933130", PASSWORD)


def move(deployment: Deployment, url: str, **settings: str) -> CompletedProcess[str]:
    """Run the command on the deployment's file, which nothing has open meanwhile."""
    deployment.database.close()
    done = run_here(deployment.file, "database", "move", url, **settings)
    assert not any(each in done.stdout + done.stderr for each in PRIVATE)
    return done


def refused(deployment: Deployment, url: str, **settings: str) -> str:
    """Return the one line that is said of a move that is refused; the office is as it was."""
    with suppress(ConfigurationError):  # the fingerprint of its secret is noted first
        bootstrap(Settings(database_url=deployment.database.url)).database.close()
    before = rows(deployment.database)
    done = move(deployment, url, **settings)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert rows(deployment.database) == before
    deployment.database.prepare()
    return done.stderr


def rows(database: Database) -> dict[str, list[Any]]:
    """Return all rows of each table, as the models read them, without what a move notes."""
    found = {}
    with database.engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            each = connection.execute(select(table)).all()
            found[table.name] = sorted(
                (tuple(row) for row in each if row[0] not in ("secret", "moved to")), key=repr
            )
    return found


@contextmanager
def in_postgresql(deployment: Deployment, url: str) -> Iterator[Deployment]:
    """Yield the deployment as it goes on after the move."""
    with closing(Database(url, KEY)) as database:
        database.prepare()
        yield replace(deployment, database=database)


def change(url: str, *statements: str) -> None:
    with closing(Database(url, KEY)) as database, database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def write(file: Path, statement: str, *values: object) -> None:
    """Write into the SQLite file what no Rantevou has written."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement, values)
        connection.commit()
