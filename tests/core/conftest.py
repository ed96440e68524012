"""An empty prepared database, copied for each test, and a session that is never committed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core.catalogue import Municipality
from core.database import Database
from tests.core.counter import Counter
from tests.core.small import small


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("prepared") / "empty.db"
    database = Database(f"sqlite:///{file}")
    database.prepare()
    database.close()
    return file.read_bytes()


@pytest.fixture
def empty(prepared: bytes, tmp_path: Path) -> Iterator[Database]:
    """A prepared database with nothing in it."""
    file = tmp_path / "rantevou.db"
    file.write_bytes(prepared)
    database = Database(f"sqlite:///{file}")
    yield database
    database.close()


@pytest.fixture
def session(empty: Database) -> Iterator[Session]:
    with Session(empty.engine) as session:
        yield session


@pytest.fixture
def open_counter(session: Session) -> Callable[..., Counter]:
    """Open the counter of a town of one's own."""

    def open_it(
        body: Municipality | None = None, accounts: tuple[str, ...] = ("email",)
    ) -> Counter:
        return Counter(session, body or small(), frozenset(accounts))

    return open_it


@pytest.fixture
def counter(open_counter: Callable[..., Counter]) -> Counter:
    """One desk, 09:00–11:00 daily, half an hour each."""
    return open_counter()
