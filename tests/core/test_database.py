"""The state in which a database may be used, and what it does by itself."""

import asyncio
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import bookings, slots
from core.database import REVISIONS, Database, revision_of
from core.errors import Unusable
from core.guard import TRIGGERS, missing
from core.tables import Base, Booking, Citizen
from tests.core.counter import Counter
from tests.core.small import NOW, at

SETTING = "RANTEVOU_DATABASE_URL"


def test_an_empty_file_is_prepared_with_the_guard_and_every_setting(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'rantevou.db'}")
    database.prepare()
    with database.engine.begin() as connection:
        assert revision_of(connection) == REVISIONS[-1]
        assert missing(connection) == []
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]
    database.prepare()
    database.close()


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """New files are readable by everybody, as on most machines."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_the_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'rantevou.db'}")
    database.prepare()
    database.write_now(add_one)
    # SQLite puts these beside it while it is open, and what was written is in them first.
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    database.close()
    assert modes == {"rantevou.db": 0o600, "rantevou.db-wal": 0o600, "rantevou.db-shm": 0o600}


def test_the_numbers_of_a_talk_only_grow_even_when_all_of_it_was_swept(empty: Database) -> None:
    with empty.engine.begin() as connection:
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'inbounds'"))
        assert "AUTOINCREMENT" in str(made.scalar())


def test_the_migrations_make_what_the_models_say(empty: Database) -> None:
    with empty.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        made = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'")
        )
        partial = {row.name: row.sql.partition("WHERE ")[2] for row in made}
    assert partial == {
        "ix_bookings_live": "state IN ('held','confirmed')",
        "ix_bookings_held": "state = 'held'",
    }


def spoil(database: Database, *statements: str) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_database_of_a_newer_rantevou_is_refused(empty: Database) -> None:
    spoil(empty, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unusable, match=r"newer Rantevou \(revision 9999; .* up to \d{4}\)"):
        empty.prepare()


@pytest.mark.parametrize("name", TRIGGERS)
@pytest.mark.parametrize("altered", [False, True], ids=["missing", "altered"])
def test_a_database_without_its_guard_is_refused(empty: Database, name: str, altered: bool) -> None:
    spoil(empty, f"DROP TRIGGER {name}")
    if altered:
        spoil(empty, TRIGGERS[name].replace("'held','confirmed'", "'confirmed'"))
    with pytest.raises(Unusable, match=rf"lacks its overlap guard \({name}\).*Restore"):
        empty.prepare()


def refused(database: Database) -> str:
    with pytest.raises(Unusable) as said:
        database.prepare()
    database.close()
    assert SETTING in str(said.value)
    assert str(database.file) in str(said.value)
    return str(said.value)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("milk, bread\n" * 1000)
    assert "not a database" in refused(Database(f"sqlite:///{file}"))
    assert file.read_text() == "milk, bread\n" * 1000


def test_a_directory_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert "unable to open" in refused(Database(f"sqlite:///{tmp_path}"))


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "can't be used" in refused(Database(f"sqlite:///{tmp_path / 'data' / 'rantevou.db'}"))


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write everywhere; so be nobody meanwhile."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("inner", ["rantevou.db", "data/rantevou.db"])
def test_a_directory_that_may_not_be_written_is_refused(inner: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        database = Database(f"sqlite:///{folder}/{inner}")
        with unprivileged():
            assert re.search("unable to open|Permission denied", refused(database))
        assert list(Path(folder).iterdir()) == []


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
        "postgresql://localhost/rantevou",
        "nonsense://x",
        "http://example.gr/x.db",
    ],
)
def test_a_url_that_names_no_file_of_sqlite_is_refused(url: str) -> None:
    with pytest.raises(Unusable, match=f"{SETTING} must be like sqlite:///"):
        Database(url)


PREPARE = """
import sys
import alembic.command, alembic.config
from core.database import Database
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
database.prepare()
database.close()
"""


def test_two_processes_may_prepare_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'rantevou.db'}"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[1] for process in processes] == ["", "", ""]
    assert [process.returncode for process in processes] == [0, 0, 0]
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [(REVISIONS[-1],)]
    connection.close()


def plans(database: Database, fn: Callable[[Session], object]) -> list[str]:
    """How SQLite runs each statement of fn that reads or changes bookings."""
    ran: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, given: Any, *_rest: object) -> None:
        ran.append((statement, given))

    with Session(database.engine) as session:
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            fn(session)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        connection = session.connection()
        return [
            " | ".join(
                row.detail
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            )
            for statement, given in ran
            if re.match(r"\s*SELECT .*FROM bookings|\s*UPDATE bookings", statement, re.DOTALL)
        ]


@pytest.fixture
def stocked(empty: Database) -> Database:
    empty.write_now(lambda s: Counter(s).book("09:00"))
    return empty


def test_the_calendar_reads_the_partial_index_and_no_rows(stocked: Database) -> None:
    def look(session: Session) -> None:
        counter = Counter(session)
        looked.append(counter)

    looked: list[Counter] = []
    stocked.write_now(look)
    plan = looked[0].plan
    (used,) = plans(stocked, lambda s: slots.busy(s, plan, at("00:00"), at("23:59"), NOW, own=None))
    assert (
        "SEARCH bookings USING COVERING INDEX ix_bookings_live (desk_id=? AND starts_at>?" in used
    )
    assert "TEMP B-TREE" not in used


def test_a_hold_uses_indexes_for_all_that_it_looks_up(stocked: Database) -> None:
    used = plans(stocked, lambda s: Counter(s).hold("09:30"))
    assert sum("ix_bookings_live" in plan for plan in used) >= 2
    assert [plan for plan in used if "SCAN" in plan] == []


def test_expiring_uses_the_index_over_holds(stocked: Database) -> None:
    (used,) = plans(stocked, lambda s: bookings.expire_lapsed(s, NOW))
    assert "ix_bookings_held (held_until<?)" in used


def people(session: Session) -> int:
    return len(session.scalars(select(Citizen)).all())


def add_one(session: Session) -> int:
    session.add(Citizen(details={}, created_at=NOW))
    session.flush()
    return people(session)


def test_reads_go_on_while_a_writer_writes(empty: Database) -> None:
    writing, may_end = Event(), Event()

    def write(session: Session) -> int:
        count = add_one(session)
        writing.set()
        assert may_end.wait(60)
        return count

    async def both() -> list[int]:
        written = asyncio.ensure_future(empty.write(write))
        await asyncio.to_thread(writing.wait, 60)
        during = await asyncio.gather(*(empty.read(people) for _ in range(8)))
        still_writing = not written.done()
        may_end.set()
        return [*during, still_writing, await written, await empty.read(people)]

    assert asyncio.run(both()) == [0] * 8 + [True, 1, 1]


def test_what_a_read_changes_is_not_kept(empty: Database) -> None:
    async def read() -> list[int]:
        return [await empty.read(add_one), await empty.read(people)]

    assert asyncio.run(read()) == [1, 0]


def test_writers_take_turns(empty: Database) -> None:
    async def write() -> list[int]:
        return list(await asyncio.gather(*(empty.write(add_one) for _ in range(20))))

    assert sorted(asyncio.run(write())) == list(range(1, 21))


def test_a_booking_needs_its_desk_and_citizen(stocked: Database) -> None:
    for broken in ("desk_id = 99", "citizen_id = 99", "municipality_id = 'x'", "state = 'maybe'"):
        with pytest.raises(IntegrityError):
            spoil(stocked, f"UPDATE bookings SET {broken}")


def test_a_time_without_a_zone_is_never_stored(empty: Database) -> None:
    def naive(session: Session) -> None:
        counter = Counter(session)
        booking = counter.book("09:00")
        booking.held_until = at("09:00").replace(tzinfo=None)
        session.flush()

    with pytest.raises(Exception, match="a stored time needs a time zone"):
        empty.write_now(naive)
    assert empty.write_now(lambda s: s.scalars(select(Booking)).all()) == []
