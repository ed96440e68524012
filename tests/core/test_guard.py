"""At every revision the database itself refuses that a desk serves two at once."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from core.database import REVISIONS, Database, revision_of, upgrade
from core.guard import TRIGGERS, missing

LIVE = ["held", "confirmed"]
ENDED = ["completed", "no_show", "cancelled", "expired"]


def add(connection: Connection, table: str, **values: object) -> int:
    """Insert a row; columns that must have a value and are not named get an empty one."""
    for column in connection.exec_driver_sql(f"PRAGMA table_info({table})"):
        if column.notnull and column.dflt_value is None and not column.pk:
            values.setdefault(column.name, 0 if "INT" in column.type else "{}")
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    row = connection.exec_driver_sql(
        f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING rowid", tuple(values.values())
    )
    return int(row.scalar_one())


class Old:
    """A database at some revision, with two desks and a citizen; times are minutes."""

    def __init__(self, revision: str, file: Path) -> None:
        self.database = Database(f"sqlite:///{file}")
        with self.database.engine.begin() as connection:
            upgrade(connection, revision)
            add(connection, "municipalities", id="t")
            add(connection, "desks", id=1, municipality_id="t", name="one")
            add(connection, "desks", id=2, municipality_id="t", name="two")
            add(connection, "citizens", id=1)

    def book(self, start: int, end: int, state: str = "held", desk: int = 1) -> int:
        with self.database.engine.begin() as connection:
            return add(
                connection,
                "bookings",
                municipality_id="t",
                desk_id=desk,
                citizen_id=1,
                starts_at=start * 60,
                ends_at=end * 60,
                state=state,
            )

    def change(self, number: int, what: str) -> None:
        with self.database.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE bookings SET {what} WHERE id = {number}")


@pytest.fixture
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    made = Old(request.param, tmp_path / "old.db")
    yield made
    made.database.close()


every_revision = pytest.mark.parametrize("old", REVISIONS, indirect=True)


@every_revision
def test_every_revision_has_the_guard(old: Old) -> None:
    with old.database.engine.begin() as connection:
        assert set(TRIGGERS) <= {
            name
            for (name,) in connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            )
        }


@every_revision
@pytest.mark.parametrize("state", LIVE)
@pytest.mark.parametrize("there", LIVE)
@pytest.mark.parametrize(
    ("start", "end"),
    [(600, 630), (610, 620), (570, 601), (629, 700), (590, 640), (0, 1440)],
    ids=["the same", "inside", "into its start", "into its end", "around", "a whole day"],
)
def test_every_revision_refuses_an_insert_that_overlaps(
    old: Old, there: str, state: str, start: int, end: int
) -> None:
    old.book(600, 630, there)
    with pytest.raises(IntegrityError, match="this desk is taken at that time"):
        old.book(start, end, state)
    old.book(start, end, state, desk=2)


@every_revision
def test_every_revision_refuses_an_overlap_with_the_day_before(old: Old) -> None:
    old.book(600, 600 + 1440)
    with pytest.raises(IntegrityError, match="taken"):
        old.book(2039, 2100)
    old.book(2040, 2100)


@every_revision
@pytest.mark.parametrize(
    "what",
    [
        "starts_at = 629 * 60",
        "starts_at = 610 * 60, ends_at = 620 * 60",
        "starts_at = 500 * 60",
        "state = 'confirmed', starts_at = 600 * 60, ends_at = 630 * 60",
    ],
)
def test_every_revision_refuses_a_move_that_overlaps(old: Old, what: str) -> None:
    old.book(600, 630, "confirmed")
    other = old.book(630, 660)
    with pytest.raises(IntegrityError, match="taken"):
        old.change(other, what)
    old.change(other, "state = 'confirmed', starts_at = 631 * 60")


@every_revision
@pytest.mark.parametrize("state", LIVE)
@pytest.mark.parametrize("was", ENDED)
def test_every_revision_refuses_to_revive_or_shift_what_overlaps(
    old: Old, was: str, state: str
) -> None:
    old.book(600, 630)
    ended, elsewhere = old.book(600, 630, was), old.book(600, 630, state, desk=2)
    with pytest.raises(IntegrityError, match="taken"):
        old.change(ended, f"state = '{state}'")
    with pytest.raises(IntegrityError, match="taken"):
        old.change(elsewhere, "desk_id = 1")


@every_revision
def test_every_revision_lets_pass_what_does_not_overlap(old: Old) -> None:
    first = old.book(600, 630)
    old.book(570, 600)
    old.book(630, 660)
    old.change(first, "state = 'confirmed'")
    for state in ENDED:
        old.book(600, 630, state)
    old.change(first, "state = 'cancelled'")
    again = old.book(600, 630)
    old.change(again, "starts_at = 605 * 60")


@every_revision
@pytest.mark.parametrize("end", [600, 599, 600 + 1441], ids=["none", "negative", "over a day"])
def test_every_revision_refuses_a_length_that_the_guard_could_not_see(old: Old, end: int) -> None:
    with pytest.raises(IntegrityError, match="length"):
        old.book(600, end)


@every_revision
def test_every_revision_is_migrated_keeping_its_data(old: Old) -> None:
    numbers = [old.book(600, 630, "confirmed"), old.book(660, 690, "cancelled")]

    def rows(connection: Connection, names: str = "*") -> dict[str, list[dict[str, Any]]]:
        return {
            table: [dict(row) for row in found.mappings()]
            for table in ("municipalities", "desks", "citizens", "bookings")
            if (found := connection.exec_driver_sql(f"SELECT {names} FROM {table} ORDER BY rowid"))
        }

    with old.database.engine.begin() as connection:
        before = rows(connection)
    old.database.prepare()
    with old.database.engine.begin() as connection:
        after = rows(connection)
        assert revision_of(connection) == REVISIONS[-1]
        assert missing(connection) == []
    assert [row["id"] for row in after["bookings"]] == numbers
    for table, kept in before.items():
        for was, now in zip(kept, after[table], strict=True):
            assert was.items() <= now.items()


@pytest.mark.parametrize("name", TRIGGERS)
def test_the_guard_itself_searches_the_partial_index(empty: Database, name: str) -> None:
    found = re.search(r"EXISTS \((.*)\)\nBEGIN", TRIGGERS[name], re.DOTALL)
    assert found is not None
    query = re.sub(r"NEW\.(\w+)", "1000000", found[1])
    with empty.engine.begin() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert [row.detail for row in rows] == [
        "SEARCH bookings USING COVERING INDEX ix_bookings_live "
        "(desk_id=? AND starts_at>? AND starts_at<?)"
    ]
