"""Create the databases that are measured, with a given number of bookings stored."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from core.bookings.catalogue_update import load_catalogue
from core.catalogue.loader import SHIPPED, read_catalogue
from core.catalogue.model import Municipality
from core.db.database import Database
from tests.bench.stored import store
from tests.postgres import KEY, Server

NOW = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)

ELSEWHERE = 6
"""Municipalities besides the shipped ones, with 100 desks each."""


def shipped() -> list[Municipality]:
    """Return the catalogues that come with Rantevou."""
    return [read_catalogue(file) for file in sorted(SHIPPED.glob("*.yaml"))]


def fill(url: str, stored: int) -> None:
    """Prepare an empty database, with all catalogues and `stored` bookings."""
    database = Database(url, KEY)
    database.prepare()

    def load_all(session: Session) -> None:
        for body in (*shipped(), *(municipality(f"elsewhere{n}", 100) for n in range(ELSEWHERE))):
            load_catalogue(session, body, NOW)
        load_catalogue(session, municipality("busy", 10), NOW)

    database.write_sync(load_all)
    database.close()
    store(url, stored, NOW)


@contextmanager
def on_sqlite(root: Path, counts: Sequence[int]) -> Iterator[list[Database]]:
    """Yield a SQLite database for each of these numbers of bookings."""
    files = [root / f"{count}.db" for count in counts]
    for file, count in zip(files, counts, strict=True):
        fill(f"sqlite:///{file}", count)
    opened = [Database(f"sqlite:///{file}", KEY) for file in files]
    yield opened
    for database, file in zip(opened, files, strict=True):
        database.close()
        file.unlink()


@contextmanager
def on_postgres(server: Server, counts: Sequence[int]) -> Iterator[list[Database]]:
    """Yield a PostgreSQL database for each of these numbers of bookings."""
    urls = [server.make() for _ in counts]
    for url, count in zip(urls, counts, strict=True):
        fill(url, count)
    opened = [Database(url, KEY) for url in urls]
    yield opened
    for database, url in zip(opened, urls, strict=True):
        database.close()
        server.drop(url)


def municipality(name: str, desks: int) -> Municipality:
    """Return a municipality with one service of 15 minutes and `desks` desks, 08:00 to 15:00."""
    label = {"el": name, "en": name}
    opening = {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "08:00", "end": "15:00"}
    return Municipality.model_validate(
        {
            "id": name,
            "name": label,
            "contact": {},
            "branches": [
                {
                    "id": "b",
                    "name": label,
                    "desks": [
                        {"id": f"d{i}", "channels": ["video"], "openings": [opening]}
                        for i in range(desks)
                    ],
                }
            ],
            "groups": [
                {
                    "id": "g",
                    "name": label,
                    "services": [
                        {
                            "id": "s",
                            "name": label,
                            "channels": ["video"],
                            "duration": 15,
                            "interval": 15,
                        }
                    ],
                }
            ],
        }
    )
