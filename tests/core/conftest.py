"""Fixtures: an empty prepared database for each test, and a session that is rolled back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from core.catalogue.model import Municipality
from core.db.database import Database
from tests.conftest import BOTH, copied
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import small_municipality
from tests.postgres import Server

on_sqlite = pytest.mark.parametrize("empty", ["sqlite"], indirect=True)
"""Run a test on SQLite only."""

on_postgres = pytest.mark.parametrize("empty", ["postgresql"], indirect=True)

both_kinds = pytest.mark.parametrize("url", BOTH, indirect=True)
"""Run a test with the URLs of databases that aren't prepared and may not exist."""


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a database without tables; on SQLite, of a file that doesn't exist."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        with server.database() as url:
            yield url
        return
    yield f"sqlite:///{tmp_path / 'rantevou.db'}"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a prepared database file."""
    file = tmp_path_factory.mktemp("prepared") / "empty.db"
    database = Database(f"sqlite:///{file}")
    database.prepare()
    database.close()
    return file


@pytest.fixture(scope="session")
def prepared_postgres(postgres: Server) -> str:
    """Return the name of the same database on PostgreSQL, to be used as a template."""
    url = postgres.make()
    database = Database(url)
    database.prepare()
    database.close()
    return str(make_url(url).database)


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Yield a prepared database without rows."""
    with copied(request, request.param, tmp_path, "prepared") as database:
        yield database


@pytest.fixture(scope="session", params=BOTH)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Yield a prepared database to which nothing is committed."""
    folder = tmp_path_factory.mktemp("shared")
    with copied(request, request.param, folder, "prepared") as database:
        yield database


@pytest.fixture
def session(shared: Database) -> Iterator[Session]:
    """Yield a session that is rolled back."""
    with Session(shared.engine) as session:
        yield session


@pytest.fixture
def stocked(empty: Database) -> Database:
    """Return a prepared database with one booking."""
    empty.write_sync(lambda s: BookingEnvironment(s).book("09:00"))
    return empty


@pytest.fixture
def make_environment(session: Session) -> Callable[..., BookingEnvironment]:
    """Return a function that makes the environment of a given municipality."""

    def make(
        body: Municipality | None = None, accounts: tuple[str, ...] = ("email",)
    ) -> BookingEnvironment:
        return BookingEnvironment(session, body or small_municipality(), frozenset(accounts))

    return make


@pytest.fixture
def environment(make_environment: Callable[..., BookingEnvironment]) -> BookingEnvironment:
    """Return the environment of one desk, 09:00–11:00 daily, half an hour each."""
    return make_environment()
