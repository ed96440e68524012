"""A move to PostgreSQL that is interrupted, or goes wrong, and is run again."""

import gzip
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.bootstrap import bootstrap
from bot.ops.database_move import AGAIN, move_database
from bot.secret_key import secret_file
from bot.settings import Settings
from core.db.database import REVISIONS, Database, revision_of
from core.db.move_marks import UNFINISHED
from core.errors import ConfigurationError
from core.progress import silent
from tests.bot.moving import change, in_postgresql, move, refused, rows, write
from tests.bot.processes import run_here
from tests.conftest import Deployment, on_sqlite
from tests.data.chats import SQLITE
from tests.data.replay import STORED_BY
from tests.postgres import KEY, Server, stopped
from tests.preloaded import SECRET

pytestmark = [on_sqlite, pytest.mark.usefixtures("booked")]

UNFINISHED_NOW = f"UPDATE alembic_version SET version_num = '{UNFINISHED}{REVISIONS[-1]}'"


class Interrupted(Exception):
    pass


def on(stage: str, act: Callable[[], None]) -> Callable[[str, int, int], None]:
    """Return what is called with the progress of a move, and acts once at a stage."""
    left = [act]

    def report(what: str, _done: int, _total: int) -> None:
        if what == stage and left:
            left.pop()()

    return report


def interrupt() -> None:
    raise Interrupted


def interrupted(deployment: Deployment, url: str, stage: str) -> None:
    """Move until that stage."""
    deployment.database.close()
    with pytest.raises(Interrupted):
        move_database(Settings(database_url=deployment.database.url), url, on(stage, interrupt))


STAGES = ["Making the tables", "Copying bookings", "Comparing outgoing", "Finishing"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_move_that_is_interrupted_goes_on(deployment: Deployment, url: str, stage: str) -> None:
    interrupted(deployment, url, stage)
    if stage != STAGES[0]:
        assert (
            "holds an unfinished move" in run_here(deployment.file, "chat", database_url=url).stderr
        )
    assert move(deployment, url).returncode == 0
    with in_postgresql(deployment, url) as there:
        assert rows(there.database) == rows(deployment.database)


def test_what_was_copied_is_not_copied_again(deployment: Deployment, url: str) -> None:
    interrupted(deployment, url, "Comparing citizens")
    with closing(Database(url, KEY)) as target, target.engine.begin() as connection:
        query = "SELECT xmin::text, id FROM inbounds ORDER BY id"
        before = connection.exec_driver_sql(query).all()
    assert move(deployment, url).returncode == 0
    with in_postgresql(deployment, url) as there:
        assert there.rows(query) == before


def test_what_was_served_since_is_moved_too(deployment: Deployment, url: str) -> None:
    interrupted(deployment, url, "Comparing citizens")
    deployment.talk("ακύρωση ραντεβού", "ναι")
    deployment.talk("Γεια", "Καλαμάτα", who="another")
    deployment.rows("DELETE FROM inbounds WHERE id = 1 RETURNING id")
    assert deployment.rows("SELECT state FROM bookings") == [("cancelled",)]
    before = rows(deployment.database)
    assert move(deployment, url).returncode == 0
    with in_postgresql(deployment, url) as there:
        assert rows(there.database) == before


def test_a_row_that_collides_since_is_moved_too(deployment: Deployment, url: str) -> None:
    interrupted(deployment, url, "Copying history")
    deployment.talk("Γεια", who="another")
    deployment.database.close()
    moved = "UPDATE contacts SET id = id + 100, address_hash = 'x' || address_hash"
    write(deployment.file, moved)
    write(deployment.file, "UPDATE contacts SET address_hash = substr(address_hash, 2)")
    write(deployment.file, "UPDATE conversations SET contact_id = contact_id + 100")
    write(deployment.file, "UPDATE outgoing SET contact_id = contact_id + 100")
    before = rows(deployment.database)
    assert move(deployment, url).returncode == 0
    with in_postgresql(deployment, url) as there:
        assert rows(there.database) == before


def test_a_move_goes_on_when_postgresql_was_restarted(
    deployment: Deployment, url: str, postgres: Server
) -> None:
    def restart() -> None:
        with stopped(postgres):
            pass

    deployment.database.close()
    settings = Settings(database_url=deployment.database.url)
    with pytest.raises(ConfigurationError) as said:
        move_database(settings, url, on("Copying bookings", restart))
    assert str(said.value).startswith(make_url(url).render_as_string())
    assert str(said.value).endswith(f". {AGAIN}")
    assert "\n" not in str(said.value)
    assert move(deployment, url).returncode == 0
    with in_postgresql(deployment, url) as there:
        assert rows(there.database) == rows(deployment.database)


def test_a_move_of_a_former_rantevou_begins_anew(deployment: Deployment, url: str) -> None:
    interrupted(deployment, url, "Copying history")
    change(
        url, f"UPDATE alembic_version SET version_num = '{UNFINISHED}0001'", "DROP TABLE waiting"
    )
    assert move(deployment, url).returncode == 0
    with in_postgresql(deployment, url) as there:
        assert rows(there.database) == rows(deployment.database)


def test_what_others_have_made_meanwhile_is_left_alone(deployment: Deployment, url: str) -> None:
    deployment.database.close()
    settings = Settings(database_url=deployment.database.url)
    payroll = partial(change, url, "CREATE TABLE payroll (id int)")
    with pytest.raises(ConfigurationError, match="isn't empty: it has payroll"):
        move_database(settings, url, on("Making the tables", payroll))
    change(url, "DROP TABLE payroll")
    interrupted(deployment, url, "Copying history")
    payroll()
    change(url, f"UPDATE alembic_version SET version_num = '{UNFINISHED}0001'")
    with pytest.raises(ConfigurationError, match="isn't empty: it has payroll"):
        move_database(settings, url, silent)
    change(url, "DROP TABLE payroll")
    assert move(deployment, url).returncode == 0


def test_an_unfinished_move_of_another_office_is_left_alone(
    deployment: Deployment, url: str, migrated: Path, tmp_path: Path
) -> None:
    interrupted(deployment, url, "Copying history")
    other = tmp_path / "other.db"
    other.write_bytes(migrated.read_bytes())
    done = run_here(other, "database", "move", url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "holds an unfinished move of another office. Make a new database" in done.stderr


def test_a_move_that_is_killed_after_the_file_was_marked_is_finished(
    deployment: Deployment, url: str
) -> None:
    bootstrap(Settings(database_url=deployment.database.url)).database.close()
    before = rows(deployment.database)
    first = move(deployment, url)
    # Another copy of the office has begun anew since: neither the secret nor all rows are there.
    change(url, UNFINISHED_NOW, "DELETE FROM kept WHERE name = 'secret'", "DELETE FROM history")
    change(url, "DELETE FROM bookings")
    done = move(deployment, url)
    assert (done.returncode, done.stdout, done.stderr) == (0, first.stdout, "")
    with in_postgresql(deployment, url) as there:
        assert rows(there.database) == before
        assert there.rows("SELECT value FROM kept WHERE name = 'secret'") == [(SECRET,)]
        assert there.rows("SELECT * FROM kept WHERE name = 'moved to'") == []
    again = move(deployment, url)
    assert "had been moved to" in again.stdout


def test_a_move_that_a_former_rantevou_has_not_finished_is_migrated(
    tmp_path: Path, url: str
) -> None:
    file = tmp_path / "stored.db"
    file.write_bytes(gzip.decompress(SQLITE.read_bytes()))
    secret_file(file).write_text(SECRET)
    with closing(Database(f"sqlite:///{file}")) as source:
        moved = Settings(database_url=source.url)
        with pytest.raises(Interrupted):
            move_database(moved, url, on("Copying history", interrupt))
    file.write_bytes(gzip.decompress(SQLITE.read_bytes()))
    write(file, "UPDATE alembic_version SET version_num = 'moved ' || version_num")
    with closing(Database(url, KEY)) as target, target.engine.begin() as connection:
        found = connection.exec_driver_sql("SELECT value FROM kept WHERE name = 'fingerprint'")
        fingerprint = found.scalar()
    write(file, "INSERT OR REPLACE INTO kept VALUES ('fingerprint', ?)", fingerprint)
    write(file, "INSERT INTO kept VALUES ('moved to', 'there')")
    change(url, f"UPDATE alembic_version SET version_num = '{UNFINISHED}{STORED_BY}'")
    done = run_here(file, "database", "move", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Moved ")
    with closing(Database(url, KEY)) as database, database.engine.begin() as connection:
        assert revision_of(connection) == REVISIONS[-1]


def test_a_move_that_is_repeated_changes_nothing(deployment: Deployment, url: str) -> None:
    first = move(deployment, url)
    with in_postgresql(deployment, url) as there:
        there.talk("ακύρωση ραντεβού", "ναι")
        after = rows(there.database)
        again = move(deployment, url)
        assert (again.returncode, again.stderr) == (0, "")
        assert again.stdout.splitlines()[1:] == first.stdout.splitlines()[1:]
        assert rows(there.database) == after


def test_an_office_that_was_moved_is_not_moved_elsewhere(
    deployment: Deployment, url: str, postgres: Server
) -> None:
    assert move(deployment, url).returncode == 0
    with postgres.database() as elsewhere:
        done = move(deployment, elsewhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"RANTEVOU_DATABASE_URL: {deployment.file} was moved to "
        f"{make_url(url).render_as_string()} before, and "
        f"{make_url(elsewhere).render_as_string()} is another database.\n"
    )


def test_rows_that_differ_are_named_by_their_keys_and_nothing_is_finished(
    deployment: Deployment, url: str
) -> None:
    deployment.talk("Γεια", who="another")
    deployment.database.close()

    def spoil() -> None:
        change(
            url,
            'UPDATE citizens SET details = \'{"name": "Μαρία"}\' WHERE id = 2',
            "DELETE FROM history WHERE id = 1",
            "INSERT INTO suppressions VALUES ('push', 'a hash', 1)",
        )

    settings = Settings(database_url=deployment.database.url)
    with pytest.raises(ConfigurationError) as said:
        move_database(settings, url, on("Comparing citizens", spoil))
    assert str(said.value) == (
        f"{make_url(url).render_as_string()} differs from {deployment.file}, which stays in use: "
        "see citizens 2, suppressions push a hash, history 1. Please report this line."
    )
    deployment.database.prepare()
    assert "holds an unfinished move" in refusal_to_serve(url)
    assert move(deployment, url).returncode == 0


def test_a_target_that_has_lost_its_guard_is_not_finished(deployment: Deployment, url: str) -> None:
    interrupted(deployment, url, "Finishing")
    change(url, "ALTER TABLE bookings DROP CONSTRAINT bookings_guard")
    said = refused(deployment, url)
    assert said.endswith(" lacks bookings_guard. Make a new database, and name that.\n")


def refusal_to_serve(url: str) -> str:
    """Return why a Rantevou doesn't start on a database."""
    with closing(Database(url, KEY)) as database, pytest.raises(ConfigurationError) as said:
        database.prepare()
    return str(said.value)


def test_a_row_that_postgresql_refuses_is_named_by_its_table_and_rule(
    deployment: Deployment, url: str
) -> None:
    deployment.database.close()
    change = "INSERT INTO history (booking_id, at, action, fields) VALUES (99, 7, 'edited', '[]')"
    write(deployment.file, change)
    said = refused(deployment, url)
    assert "see history (fk_history_booking_id). Please report this line." in said


def test_the_secret_that_was_lost_since_is_missed(deployment: Deployment, url: str) -> None:
    interrupted(deployment, url, "Finishing")
    secret_file(deployment.file).unlink()
    assert "isn't there, so the codes of the bookings in" in refused(deployment, url)
