"""What only SQLite has: the file and its permissions, pragmas, query plans."""

import asyncio
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from core.availability import slots
from core.bookings import expiry
from core.db.database import Database
from core.db.overlap_guard import TRIGGERS
from core.messaging import outbox, page_inbox, reminder_ways
from tests.core.booking_environment import BookingEnvironment
from tests.core.conftest import on_sqlite
from tests.core.db.citizens import add_one
from tests.core.db.preparing import refused
from tests.core.db.query_plans import plans
from tests.core.small_municipality import NOW, at


def test_the_default_file_is_made_in_a_new_folder_with_every_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = Database("sqlite:///data/rantevou.db")
    database.prepare()
    with database.engine.begin() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]
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
    database.write_sync(add_one)
    # SQLite puts these beside it while it is open, and what was written is in them first.
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    database.close()
    names = ("rantevou.db", "rantevou.db-wal", "rantevou.db-shm", "rantevou.db.key")
    assert modes == dict.fromkeys(names, 0o600)


@on_sqlite
def test_the_numbers_of_a_talk_only_grow_even_when_all_of_it_was_swept(empty: Database) -> None:
    with empty.engine.begin() as connection:
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'inbounds'"))
        assert "AUTOINCREMENT" in str(made.scalar())


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("milk, bread\n" * 1000)
    assert "not a database" in refused(f"sqlite:///{file}")
    assert file.read_text() == "milk, bread\n" * 1000


def test_a_directory_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert "unable to open" in refused(f"sqlite:///{tmp_path}")


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "can't be used" in refused(f"sqlite:///{tmp_path / 'data' / 'rantevou.db'}")


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
        with chdir(folder), unprivileged():
            said = refused(f"sqlite:///{inner}")
        assert re.search("unable to open|Permission denied", said)
        assert list(Path(folder).iterdir()) == []


@on_sqlite
def test_writers_take_turns(empty: Database) -> None:
    async def write() -> list[int]:
        return list(await asyncio.gather(*(empty.write(add_one) for _ in range(20))))

    assert sorted(asyncio.run(write())) == list(range(1, 21))


@on_sqlite
def test_the_schedule_reads_the_partial_index_and_no_rows(stocked: Database) -> None:
    offer = stocked.write_sync(lambda s: BookingEnvironment(s).offer)
    (used,) = plans(
        stocked, lambda s: slots.busy_spans(s, offer, at("00:00"), at("23:59"), NOW, own=None)
    )
    assert (
        "SEARCH bookings USING COVERING INDEX ix_bookings_live (desk_id=? AND starts_at>?" in used
    )
    assert "TEMP B-TREE" not in used


@on_sqlite
def test_a_hold_uses_indexes_for_all_that_it_looks_up(stocked: Database) -> None:
    used = plans(stocked, lambda s: BookingEnvironment(s).hold("09:30"))
    assert sum("ix_bookings_live" in plan for plan in used) >= 2
    assert [plan for plan in used if "SCAN" in plan] == []


@on_sqlite
def test_expiring_uses_the_index_over_holds(stocked: Database) -> None:
    (used,) = plans(stocked, lambda s: expiry.expire_lapsed(s, NOW))
    assert "ix_bookings_held (held_until<?)" in used


@on_sqlite
def test_the_news_of_pages_are_found_among_unsent_messages(stocked: Database) -> None:
    (used,) = plans(stocked, lambda s: page_inbox.have_pending(s, "webchat", [1, 2], NOW))
    assert "ix_outgoing_unsent_booking (booking_id=?)" in used
    assert "SCAN" not in used


@on_sqlite
def test_a_claim_goes_through_no_reminder_whose_way_is_not_chosen(stocked: Database) -> None:
    (used,) = plans(stocked, lambda s: outbox.claim(s, ["telegram"], "me", NOW, 20), "WITH")
    assert "outgoing USING INDEX ix_outgoing_owed (try_at<?)" in used
    (used,) = plans(stocked, lambda s: reminder_ways.is_due(s, NOW), "SELECT")
    assert "USING INDEX ix_outgoing_reminders (try_at<?)" in used


@on_sqlite
def test_a_claim_looks_at_the_messages_of_a_thread_by_its_index(stocked: Database) -> None:
    (used,) = plans(stocked, lambda s: outbox.claim(s, ["telegram"], "me", NOW, 20), "WITH")
    assert "in_thread USING INDEX ix_outgoing_unsent_thread (thread_id=?)" in used


@on_sqlite
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
