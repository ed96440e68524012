"""An empty prepared database, copied for each test, and a session that is never committed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from core.catalogue.model import Municipality
from core.db.database import Database
from tests.conftest import BOTH, SOAK, copied
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import small
from tests.core.staff.two_towns import TwoTowns
from tests.postgres import KEY, Server

on_sqlite = pytest.mark.parametrize("empty", ["sqlite"], indirect=True)
"""For tests of what is SQLite's own."""

on_postgres = pytest.mark.parametrize("empty", ["postgresql"], indirect=True)

mostly_on_sqlite = pytest.mark.parametrize(
    "shared", ["sqlite", pytest.param("postgresql", marks=SOAK)], indirect=True
)
"""For slow tests; those on PostgreSQL are run in `make soak` only."""

both_kinds = pytest.mark.parametrize("url", BOTH, indirect=True)
"""For tests of a database that isn't prepared yet, and may not be there."""


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table; on SQLite, of a file that isn't there."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        with server.database() as url:
            yield url
        return
    yield f"sqlite:///{tmp_path / 'rantevou.db'}"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared database file."""
    file = tmp_path_factory.mktemp("prepared") / "empty.db"
    database = Database(f"sqlite:///{file}", KEY)
    database.prepare()
    database.close()
    return file


@pytest.fixture(scope="session")
def prepared_postgres(postgres: Server) -> str:
    """The same on PostgreSQL: the name of a template."""
    url = postgres.make()
    database = Database(url, KEY)
    database.prepare()
    database.close()
    return str(make_url(url).database)


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A prepared database with nothing in it."""
    with copied(request, request.param, tmp_path, "prepared") as database:
        yield database


@pytest.fixture(scope="session", params=BOTH)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A prepared database that nothing is ever committed to."""
    folder = tmp_path_factory.mktemp("shared")
    with copied(request, request.param, folder, "prepared") as database:
        yield database


@pytest.fixture(scope="session", params=BOTH)
def shared_by_towns(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database with two municipalities and no staff, to which nothing is ever committed."""
    folder = tmp_path_factory.mktemp("towns")
    with copied(request, request.param, folder, "prepared") as database:
        database.write_sync(TwoTowns)
        yield database


@pytest.fixture
def towns(shared_by_towns: Database) -> Iterator[TwoTowns]:
    """Two municipalities, whose session is rolled back."""
    with Session(shared_by_towns.engine) as session:
        yield TwoTowns(session)


@pytest.fixture
def session(shared: Database) -> Iterator[Session]:
    """A session that is rolled back."""
    with Session(shared.engine) as session:
        yield session


@pytest.fixture
def stocked(empty: Database) -> Database:
    """A prepared database with one booking in it."""
    empty.write_sync(lambda s: BookingEnvironment(s).book("09:00"))
    return empty


@pytest.fixture
def make_env(session: Session) -> Callable[..., BookingEnvironment]:
    """Create an environment with a municipality of its own."""

    def create(
        body: Municipality | None = None, accounts: tuple[str, ...] = ("email",)
    ) -> BookingEnvironment:
        return BookingEnvironment(session, body or small(), frozenset(accounts))

    return create


@pytest.fixture
def env(make_env: Callable[..., BookingEnvironment]) -> BookingEnvironment:
    """One desk, 09:00–11:00 daily, half an hour each."""
    return make_env()
