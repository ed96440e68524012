"""An office is moved from SQLite to PostgreSQL: all of it, once, whatever comes between."""

import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from bot.bootstrap import bootstrap
from bot.ops.database_move import _keep_other_moves_out
from bot.secret_key import secret_file
from bot.settings import Settings
from core.db.database import REVISIONS, Database, revision_of
from core.db.database_key import key_file
from core.db.models import Booking
from core.db.move_marks import UNFINISHED
from tests.bot.moving import PASSWORD, change, in_postgresql, move, refused, rows, write
from tests.bot.processes import environment, free_port, run, run_here
from tests.bot.push_deployment import PushDeployment
from tests.conftest import Deployment, on_sqlite
from tests.data.chats import SQLITE
from tests.data.replay import STORED_BY
from tests.postgres import KEY, OwnServer, Server
from tests.preloaded import SECRET

pytestmark = on_sqlite

WITHOUT_LIBPQ = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[1:]))
from bot.cli.main import main
sys.argv[:] = ["rantevou", "database", "move", "postgresql://user:password@host/name"]
main()
"""


def test_everything_is_moved_and_the_same_conversations_go_on(
    deployment: Deployment, booked: str, url: str
) -> None:
    deployment.talk("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", who="another")
    bootstrap(Settings(database_url=deployment.database.url)).database.close()
    before = rows(deployment.database)
    done = move(deployment, url)
    assert (done.returncode, done.stderr) == (0, "")
    source, count = deployment.file, sum(map(len, before.values()))
    target = make_url(url).render_as_string()
    assert done.stdout.splitlines() == [
        f"Moved {count} rows from {source} to {target}, and compared each.",
        f"The secret is kept in PostgreSQL, as it was in {secret_file(source)}.",
        "Next: set RANTEVOU_DATABASE_URL to the URL that you have just given, with its password, "
        f"RANTEVOU_ENCRYPTION_KEY to what is in {key_file(source)}, start Rantevou, and look at "
        "`rantevou doctor`.",
        f"{source} still has all that was moved, but Rantevou doesn't start on it any more. "
        f"When all is well, delete {source} and {secret_file(source)}.",
    ]
    with in_postgresql(deployment, url) as there:
        assert rows(there.database) == before
        assert there.rows("SELECT value FROM kept WHERE name = 'secret'") == [(SECRET,)]
        assert there.say(choice=there.last[-1].choices[0].id, who="another")[-1].step == "time"
        found = there.talk("τα ραντεβού μου", booked, "6912345678", who="a third")
        assert "Επίδομα Στέγασης" in found[0].text


@pytest.mark.usefixtures("booked")
def test_what_was_moved_is_served_with_the_secret_that_it_had(
    deployment: Deployment, url: str
) -> None:
    assert move(deployment, url).returncode == 0
    listed = run_here(deployment.file, "catalogue", "list", database_url=url)
    assert (listed.returncode, listed.stderr) == (0, "")
    other = run_here(deployment.file, "catalogue", "list", database_url=url, secret="x" * 16)
    assert "RANTEVOU_SECRET isn't the one used before" in other.stderr


def test_a_secret_of_the_settings_stays_there(deployment: Deployment, url: str) -> None:
    secret_file(deployment.file).unlink()
    done = move(deployment, url, secret="x" * 16)
    assert "The secret is RANTEVOU_SECRET, as before.\n" in done.stdout
    with in_postgresql(deployment, url) as there:
        kept = [("encryption key",), ("fingerprint",)]
        assert there.rows("SELECT name FROM kept ORDER BY name") == kept


@pytest.mark.usefixtures("booked")
def test_the_overlap_guard_holds_in_the_target(deployment: Deployment, url: str) -> None:
    assert move(deployment, url).returncode == 0
    columns = ", ".join(c.name for c in Booking.__table__.columns if c.name not in ("id", "code"))
    again = f"INSERT INTO bookings ({columns}) SELECT {columns} FROM bookings"
    with pytest.raises(IntegrityError, match="bookings_guard"):
        change(url, again)


def test_no_id_is_given_twice(deployment: Deployment, url: str) -> None:
    deployment.talk("Γεια", "Καλαμάτα", "Γεια")
    ((newest,),) = deployment.rows("SELECT max(id) FROM inbounds")
    deployment.rows(f"DELETE FROM inbounds WHERE id = {newest} RETURNING id")
    ((contact,),) = deployment.rows("SELECT max(id) FROM contacts")
    assert move(deployment, url).returncode == 0
    with in_postgresql(deployment, url) as there:
        there.say("Γεια", who="another")
        assert there.rows("SELECT max(id) FROM inbounds") == [(newest + 1,)]
        assert there.rows("SELECT max(id) FROM contacts") == [(contact + 1,)]


@pytest.mark.usefixtures("booked")
def test_values_that_the_databases_store_in_different_ways_stay_what_they_are(
    deployment: Deployment, url: str
) -> None:
    strange = {"ά": ["\ud83d\ude00", "\\", "\t", '"', None, True, 1.5, 2**60], "": {}}
    write(deployment.file, "UPDATE bookings SET network = ?", "\\N\t\r\n\\.")
    changed = "INSERT INTO history (booking_id, at, action, fields) VALUES (1, 7, 'edited', ?)"
    for fields in (json.dumps([strange]), '["\\u0000",  1]'):
        write(deployment.file, changed, fields)
    for name in ("a", "Z", "_", "α", "Ω", "ά", "\N{GRINNING FACE}", "\uffff", "a b", "a_b", ""):
        write(deployment.file, "INSERT INTO suppressions VALUES ('one', ?, ?)", name, 2**33)
    write(deployment.file, "UPDATE contacts SET proven_phone = '' WHERE id = 1")
    write(deployment.file, "UPDATE municipalities SET is_sample = 1 WHERE id = 'chios'")
    before = rows(deployment.database)
    assert move(deployment, url).returncode == 0
    with in_postgresql(deployment, url) as there:
        after = rows(there.database)
        assert after.pop("kept")
        assert after == {name: each for name, each in before.items() if name != "kept"}
        ((written,),) = there.rows("SELECT fields::text FROM history ORDER BY id DESC LIMIT 1")
        assert written == '["\\u0000",  1]'


@pytest.mark.usefixtures("booked")
def test_a_character_that_postgresql_cannot_store_is_left_out(
    deployment: Deployment, url: str
) -> None:
    write(deployment.file, "UPDATE bookings SET network = ?", "\0Γεια\0 σας")
    assert move(deployment, url).returncode == 0
    with in_postgresql(deployment, url) as there:
        assert set(there.rows("SELECT network FROM bookings")) == {("Γεια σας",)}


def test_messages_that_were_due_are_delivered_once(push: PushDeployment, url: str) -> None:
    said = [reply.text for reply in push.deployment.say("Γεια")]
    assert move(push.deployment, url).returncode == 0
    with in_postgresql(push.deployment, url) as there:
        going_on = PushDeployment(there, push.server)
        going_on.deliver(going_on.settled, workers=2)
        assert push.server.to("citizen") == said
        assert push.server.tried == len(said)


@pytest.mark.usefixtures("booked")
def test_the_former_file_is_not_served_any_more(deployment: Deployment, url: str) -> None:
    target = make_url(url).render_as_string()
    assert move(deployment, url).returncode == 0
    for command in ("serve", "worker", "chat"):
        done = run(deployment.file, command, port=free_port())
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            f"RANTEVOU_DATABASE_URL: {deployment.file} was moved to {target}: name that database "
            "instead, with its password\n"
        )


@pytest.mark.usefixtures("booked")
def test_an_unfinished_move_is_not_served(deployment: Deployment, url: str) -> None:
    assert move(deployment, url).returncode == 0
    change(url, f"UPDATE alembic_version SET version_num = '{UNFINISHED}{REVISIONS[-1]}'")
    done = run_here(deployment.file, "chat", database_url=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"RANTEVOU_DATABASE_URL: {make_url(url).render_as_string()} holds an unfinished move: run "
        "`rantevou database move` again, until it says that it is done\n"
    )


def test_a_move_is_refused_where_there_is_nothing_to_move(
    deployment: Deployment, url: str, tmp_path: Path
) -> None:
    assert "is PostgreSQL already." in refused(deployment, url, database_url=url)
    other = tmp_path / "other.db"
    said = refused(deployment, url, database_url=f"sqlite:///{other}")
    assert said == f"RANTEVOU_DATABASE_URL: {other} isn't there, so there is nothing to move.\n"
    assert not other.exists()
    other.touch()
    said = refused(deployment, url, database_url=f"sqlite:///{other}")
    assert said == (
        f"RANTEVOU_DATABASE_URL: {other} holds no Rantevou, so there is nothing to move.\n"
    )
    assert not secret_file(other).exists()


@pytest.mark.usefixtures("deployment")
def test_nothing_is_changed_in_the_file_before_the_target_is_tried(
    tmp_path: Path, migrated_postgres: str, postgres: Server
) -> None:
    file = tmp_path / "stored.db"
    file.write_bytes(gzip.decompress(SQLITE.read_bytes()))
    with postgres.database(migrated_postgres) as office:
        for wrong in ("postgresql://clerk:x@127.0.0.1:1/office", office):
            assert run_here(file, "database", "move", wrong).returncode == 1
            assert not secret_file(file).exists()
            with (
                closing(Database(f"sqlite:///{file}")) as source,
                source.engine.begin() as connection,
            ):
                assert revision_of(connection) == STORED_BY


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "sqlite:///other.db",
        f"postgresql://user:{PASSWORD}@host",
        f"postgresql://user:with@{PASSWORD}@host/name",
        f"mysql://user:{PASSWORD}@host/name",
        f"POSTGRESQL://user:{PASSWORD}@host/name",
    ],
)
def test_a_url_of_another_kind_is_refused(deployment: Deployment, wrong: str) -> None:
    said = refused(deployment, wrong)
    assert said == (
        "URL must be like postgresql://user:password@host/name (in the password, write @ as %40)\n"
    )


@pytest.mark.usefixtures("deployment")
def test_no_limit_of_the_server_ends_a_move(url: str) -> None:
    limits = " FROM pg_settings WHERE name ~ '(statement|transaction|session)_timeout$'"
    with closing(Database(url)) as target, target.engine.connect() as writing:
        writing.exec_driver_sql(f"SELECT set_config(name, '50s', false){limits}")
        _keep_other_moves_out(writing, "name")
        left = [setting for (setting,) in writing.exec_driver_sql(f"SELECT setting{limits}")]
    assert len(left) >= 3
    assert set(left) == {"0"}


def test_a_server_that_is_away_is_named_without_the_password(deployment: Deployment) -> None:
    said = refused(deployment, f"postgresql://clerk:{PASSWORD}@127.0.0.1:1/office")
    assert said.startswith("URL: postgresql://clerk:***@127.0.0.1:1/office can't be used: ")


def test_a_user_who_may_make_no_tables_is_refused(
    deployment: Deployment, url: str, postgres: Server
) -> None:
    with postgres.user("mover", PASSWORD) as login:
        said = refused(deployment, login(url))
    assert said.endswith(
        ": permission denied for schema public. Make its user the owner of the database, and run "
        "the same command again.\n"
    )


def test_a_target_that_may_only_be_read_is_refused(deployment: Deployment, url: str) -> None:
    change(url, f"ALTER DATABASE {make_url(url).database} SET default_transaction_read_only = on")
    assert refused(deployment, url) == (
        f"URL: {make_url(url).render_as_string()} may only be read "
        "(a standby, or default_transaction_read_only is on).\n"
    )


@pytest.mark.usefixtures("booked")
def test_what_cannot_be_read_is_named_by_its_table_and_never_shown(
    deployment: Deployment, url: str
) -> None:
    write(
        deployment.file,
        "UPDATE citizens SET details = CAST(CAST(details AS BLOB) || x'ff' AS TEXT)",
    )
    done = move(deployment, url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{deployment.file}: OperationalError while reading citizens. The move isn't finished, and "
        "nothing is lost. Please report this line.\n"
    )


@pytest.mark.usefixtures("booked")
def test_a_damaged_file_is_not_moved(deployment: Deployment, url: str) -> None:
    with closing(sqlite3.connect(deployment.file)) as damaged:
        damaged.execute("PRAGMA writable_schema = ON")
        damaged.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE"
            " name = 'bookings') WHERE name = 'desks'"
        )
        damaged.commit()
    done = move(deployment, url)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{deployment.file} is damaged (" in done.stderr
    assert done.stderr.endswith("). Restore a backup, and move that.\n")


@pytest.mark.parametrize("where", ["PGPASSWORD", ".pgpass"])
def test_the_password_may_be_kept_out_of_the_url(
    deployment: Deployment,
    postgres: Server,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    """As docs/operations.md says, so that `ps` and the shell's history don't have it."""
    if not isinstance(postgres, OwnServer):
        pytest.skip("the server isn't ours to have it ask for a password")
    monkeypatch.setenv("HOME", str(tmp_path))
    # A role of a cluster, which other processes of the tests have too.
    with postgres.user(name := f"careful_{os.getpid()}", "s3cret"):
        postgres.give(url, name)
        postgres.ask(name)
        without = re.sub("//.*@", f"//{name}@", url)
        assert "no password supplied" in move(deployment, without).stderr
        if where == "PGPASSWORD":
            monkeypatch.setenv(where, "s3cret")
        else:
            (kept := tmp_path / where).write_text("*:*:*:*:s3cret\n")
            kept.chmod(0o600)
        done = move(deployment, without)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Moved " in done.stdout
        postgres.drop(url)


def test_a_missing_driver_is_reported(deployment: Deployment) -> None:
    deployment.database.close()
    blocked = ("psycopg_c", "psycopg_binary", "psycopg.pq.pq_ctypes")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIBPQ, *blocked],
        capture_output=True,
        text=True,
        env=environment(deployment.file),
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "The Python package psycopg can't be used, which PostgreSQL needs"
    )
    assert len(done.stderr.splitlines()) == 1


def test_a_database_without_greek_is_refused(deployment: Deployment, postgres: Server) -> None:
    with postgres.database("template0 ENCODING latin1 LC_COLLATE 'C' LC_CTYPE 'C'") as url:
        assert "has the encoding LATIN1, which can't store Greek: make one with UTF8." in refused(
            deployment, url
        )


def test_a_target_that_is_not_empty_is_refused_and_what_is_there_is_named(
    deployment: Deployment, url: str, postgres: Server, migrated_postgres: str
) -> None:
    with postgres.database(migrated_postgres) as office:
        assert "holds a Rantevou already, with 0 bookings. Make a new database" in refused(
            deployment, office
        )
    change(url, "CREATE VIEW bookings AS SELECT 1 AS id")
    assert "isn't empty: it has bookings. Make a new database" in refused(deployment, url)
    change(url, "DROP VIEW bookings", "CREATE TABLE theirs (id int)")
    assert "isn't empty: it has theirs. Make a new database" in refused(deployment, url)
    with closing(Database(url, KEY)) as database, database.engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM theirs").scalar() == 0


def test_tables_of_an_extension_are_left_alone(deployment: Deployment, url: str) -> None:
    change(
        url,
        "CREATE TABLE spatial_ref_sys (id int)",
        "ALTER EXTENSION plpgsql ADD TABLE spatial_ref_sys",
    )
    assert move(deployment, url).returncode == 0
    change(url, "SELECT * FROM spatial_ref_sys")


@pytest.mark.usefixtures("booked")
def test_a_missing_secret_is_missed_before_anything_is_moved(
    deployment: Deployment, url: str
) -> None:
    bootstrap(Settings(database_url=deployment.database.url)).database.close()
    secret_file(deployment.file).unlink()
    assert "isn't there, so the codes of the bookings in" in refused(deployment, url)
