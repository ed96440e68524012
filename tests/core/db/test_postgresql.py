"""What only PostgreSQL has: a server, roles, concurrent writers."""

import asyncio
import re
import subprocess
from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from core.availability import slots
from core.bookings import expiry
from core.db import database
from core.db.database import Database
from core.messaging import page_inbox
from tests.core.booking_environment import BookingEnvironment
from tests.core.conftest import on_postgres
from tests.core.db.citizens import add_one, people
from tests.core.db.preparing import PASSWORD, ROOT, prepare, python, refused
from tests.core.db.query_plans import plans
from tests.core.small_municipality import NOW, at
from tests.postgres import KEY, OwnServer, Server

AWAY = f"postgresql://clerk:{PASSWORD}@127.0.0.1:1/office"
a_server = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_server_that_is_away_is_reported_without_the_password(scheme: str) -> None:
    said = refused(AWAY.replace("postgresql", scheme))
    assert " postgresql://clerk:***@127.0.0.1:1/office can't be used: " in said
    assert "Connection refused" in said


def test_a_host_that_nobody_knows_is_reported() -> None:
    assert "nowhere.invalid" in refused(AWAY.replace("127.0.0.1", "nowhere.invalid"))


@pytest.mark.parametrize("option", ["password", "sslpassword"])
def test_a_password_among_the_options_is_not_reported_either(option: str) -> None:
    url = f"postgresql://127.0.0.1:1/office?user=clerk&{option}={PASSWORD}"
    assert " postgresql://127.0.0.1:1/office?user=clerk can't be used: " in refused(url)


def test_an_option_that_there_is_not_is_reported() -> None:
    assert 'invalid connection option "colour"' in refused(f"{AWAY}?colour=blue")


@a_server
def test_a_database_that_is_not_there_is_reported(url: str) -> None:
    missing = make_url(url).set(database="missing", password=PASSWORD)
    said = refused(missing.render_as_string(hide_password=False))
    assert 'database "missing" does not exist' in said


@a_server
def test_a_user_that_is_not_there_is_reported(url: str) -> None:
    stranger = make_url(url).set(username="stranger", password=PASSWORD)
    said = refused(stranger.render_as_string(hide_password=False))
    assert re.search("stranger.* (does not exist|failed for user)", said)


@a_server
def test_a_wrong_password_is_reported_without_it(url: str, postgres: Server) -> None:
    if not isinstance(postgres, OwnServer):
        pytest.skip("a server that is named decides itself whom it asks")
    postgres.ask("forgetful")
    with postgres.user("forgetful", "right") as login:
        assert 'failed for user "forgetful"' in refused(login(url).replace("right", PASSWORD))
        postgres.give(url, "forgetful")
        prepare(login(url))
        postgres.drop(url)


@a_server
def test_a_user_who_may_make_no_tables_is_reported(url: str, postgres: Server) -> None:
    with postgres.user("reader", PASSWORD) as login:
        assert "permission denied for schema public" in refused(login(url))


@on_postgres
def test_a_server_that_hangs_keeps_nobody_waiting_for_ever(
    empty: Database, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isinstance(postgres, OwnServer):
        pytest.skip("the server isn't ours to stop")
    monkeypatch.setattr(database, "DEADLINE_SECONDS", 0.3)

    async def all_at_once(fn: Callable[[Session], int], times: int) -> list[int | BaseException]:
        tries = [empty.write(fn) for _each in range(times)] + [empty.read(people)]
        return await asyncio.gather(*tries, return_exceptions=True)

    asyncio.run(all_at_once(people, 4))  # it has connections
    with postgres.hanging():
        outcomes = asyncio.run(all_at_once(add_one, 12))
    assert [str(each) for each in outcomes] == [database.NO_ANSWER] * 13
    monkeypatch.setattr(database, "DEADLINE_SECONDS", 20)
    asyncio.run(empty.write(add_one))
    # Those that had begun may be done, the others never are.
    assert 1 <= empty.write_sync(people) <= 1 + empty.backend.writers


@a_server
def test_a_database_that_may_only_be_read_is_refused(url: str) -> None:
    prepare(url)
    database = Database(url, KEY)
    with database.engine.begin() as connection:
        name = make_url(url).database
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    database.close()
    assert "may only be read" in refused(url)


@a_server
def test_who_owns_the_database_and_nothing_else_may_use_it(url: str, postgres: Server) -> None:
    with postgres.user("owner", PASSWORD) as login:
        postgres.give(url, "owner")
        prepare(login(url))
        database = Database(login(url), KEY)
        assert (
            database.write_sync(lambda s: BookingEnvironment(s).book("09:00").state) == "confirmed"
        )
        database.close()
        postgres.drop(url)


BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name in sys.argv[2:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
from core.db.database import Database
from core.errors import ConfigurationError
try:
    Database(sys.argv[1])
except ConfigurationError as said:
    print(said)
Database("sqlite:///rantevou.db").close()
"""


@pytest.mark.parametrize(
    "blocked",
    [("psycopg",), ("psycopg_c", "psycopg_binary", "psycopg.pq.pq_ctypes")],
    ids=["without the package", "without its library"],
)
def test_a_missing_driver_is_reported_and_sqlite_needs_none(blocked: tuple[str, ...]) -> None:
    done = subprocess.run(
        python(BLOCKED, AWAY, *blocked), capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stderr == ""
    assert done.stdout == (
        "The Python package psycopg can't be used, which PostgreSQL needs. In Rantevou's folder: "
        ".venv/bin/pip install --require-hashes -r requirements.txt\n"
    )


@a_server
def test_a_migration_may_take_its_time(url: str) -> None:
    """Nothing else may: a process that hangs must not keep the others waiting for ever."""
    database = Database(url, KEY)
    with database.engine.begin() as connection:
        limits = [f"SHOW {name}_timeout" for name in ("lock", "statement")]
        usual = [connection.execute(text(limit)).scalar() for limit in limits]
        database.backend.lock_for_migration(connection)
        alone = [connection.execute(text(limit)).scalar() for limit in limits]
    assert (usual, alone) == (["10s", "30s"], ["0", "0"])
    database.close()


@on_postgres
def test_several_write_at_once(empty: Database) -> None:
    writers = empty.backend.writers
    all_here = Barrier(writers, timeout=60)

    def write(session: Session) -> None:
        add_one(session)
        all_here.wait()

    threads = [Thread(target=empty.write_sync, args=(write,)) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (writers, empty.write_sync(people)) == (4, 4)


@on_postgres
def test_the_schedule_reads_the_partial_index(stocked: Database) -> None:
    offer = stocked.write_sync(lambda s: BookingEnvironment(s).offer)
    (used,) = plans(
        stocked, lambda s: slots.busy_spans(s, offer, at("00:00"), at("23:59"), NOW, own=None)
    )
    assert "Index Only Scan using ix_bookings_live" in used


@on_postgres
def test_the_news_of_pages_are_found_among_unsent_messages(stocked: Database) -> None:
    (used,) = plans(stocked, lambda s: page_inbox.have_pending(s, "webchat", [1, 2], NOW))
    assert "ix_outgoing_unsent_booking" in used
    assert "Seq Scan" not in used


@on_postgres
def test_a_hold_and_the_sweep_use_indexes_for_all_that_they_look_up(stocked: Database) -> None:
    used = plans(stocked, lambda s: BookingEnvironment(s).hold("09:30"))
    assert sum("ix_bookings_live" in plan or "bookings_guard" in plan for plan in used) >= 2
    used += plans(stocked, lambda s: expiry.expire_lapsed(s, NOW))
    assert [plan for plan in used if "Seq Scan" in plan] == []
