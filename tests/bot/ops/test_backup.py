"""`rantevou backup`: a copy made while others write, from which one can go on."""

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bot.bootstrap import bootstrap
from bot.ops.backup import backup
from bot.secret_key import secret_file
from bot.settings import Settings
from core.db import move_marks
from core.db.database import Database
from core.db.database_key import key_file
from core.db.sqlite import SQLite
from tests.bot.processes import run, run_here, server
from tests.bot.telemetry.test_silence import over_chat
from tests.conftest import Deployment, on_sqlite
from tests.postgres import KEY, OTHER_KEY
from tests.webhooks.chat_client import CODE, ChatClient

BOOK = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "το συντομότερο", "το νωρίτερο")
DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130", "συμφωνώ", "ναι")


def test_a_copy_made_while_citizens_write_is_whole_and_can_be_served(
    file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "αντίγραφο 100%.db"
    with server(file, requests_per_minute=100_000) as running:
        with httpx.Client(base_url=running.url) as client:
            citizen = ChatClient(client)
            for said in (*BOOK, *DETAILS[:-1]):
                citizen.say(said)
            found = CODE.search(citizen.say(DETAILS[-1]))
        assert found
        done = threading.Event()
        greeted = []

        def greet() -> None:
            with httpx.Client(base_url=running.url) as client:
                while not done.is_set():
                    greeted.append(over_chat(client)("Γεια").status_code)

        writer = threading.Thread(target=greet)
        writer.start()
        try:
            made = run(file, "backup", copy)
            assert (made.returncode, made.stderr) == (0, "")
        finally:
            done.set()
            writer.join()
        assert set(greeted) == {200}
    assert made.stdout.splitlines() == [
        f"Copied to {copy}.secret, {copy}.key and {copy}",
        "Bookings in the copy: 1",
    ]
    for each in (copy, secret_file(copy), key_file(copy)):
        assert each.stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.glob("αντίγραφο*"))) == 3
    with server(copy) as running, httpx.Client(base_url=running.url) as client:
        stranger = ChatClient(client)
        for said in ("Γεια", "τα ραντεβού μου", found[1], DETAILS[2]):
            last = stranger.say(said)
        assert "Επίδομα Στέγασης" in last


@pytest.mark.parametrize("which", ["copy.db", "copy.db.secret", "copy.db.key"])
def test_what_is_there_is_not_overwritten(file: Path, tmp_path: Path, which: str) -> None:
    (tmp_path / which).write_text("dear")
    done = run_here(file, "backup", tmp_path / "copy.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path / which} is there already, and isn't overwritten.\n"
    assert [each.name for each in tmp_path.glob("copy*")] == [which]
    assert (tmp_path / which).read_text() == "dear"


@pytest.mark.parametrize("target", ["nowhere/copy.db", "nowhere/"])
def test_a_folder_that_is_not_there_is_reported_and_not_made(
    file: Path, tmp_path: Path, target: str
) -> None:
    done = run_here(file, "backup", f"{tmp_path}/{target}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path / 'nowhere'}: there is no such folder. Make it first.\n"
    assert not list(tmp_path.glob("nowhere*"))


def test_the_full_path_of_a_copy_is_said(file: Path, tmp_path: Path) -> None:
    done = run_here(file, "backup", "copy.db", secret="x" * 16, encryption_key=KEY)
    assert done.stdout.startswith(f"Copied to {tmp_path / 'copy.db'}\n")


def test_a_folder_gets_a_copy_of_the_same_name(file: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    done = run_here(file, "backup", f"{tmp_path}/copies/")
    assert done.returncode == 0
    assert (tmp_path / "copies" / "rantevou.db").is_file()
    done = run_here(file, "backup", tmp_path / "copies")
    assert (done.returncode, done.stderr) == (
        1,
        f"{tmp_path / 'copies'} is a folder: name the file, as "
        f"{tmp_path / 'copies' / 'rantevou.db'}.\n",
    )


def test_without_a_database_nothing_is_made(new_file: Path, tmp_path: Path) -> None:
    done = run_here(new_file, "backup", tmp_path / "copy.db")
    assert done.returncode == 1
    assert done.stderr == f"RANTEVOU_DATABASE_URL: {new_file} isn't there.\n"
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_an_office_that_was_moved_is_not_copied(file: Path, tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{file}")) as database, database.engine.begin() as connection:
        move_marks.mark_moved(connection, "postgresql://user:***@host/name")
    done = run_here(file, "backup", tmp_path / "copy.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Nothing was copied. {file} was moved to postgresql://user:***@host/name: name that "
        "database instead, with its password.\n"
    )
    assert not list(tmp_path.glob("copy*"))


def test_a_file_that_is_being_moved_is_said_to_be(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.ops.backup.BUSY_SECONDS", 0.1)
    with closing(Database(f"sqlite:///{file}")) as moving:
        assert isinstance(moving.backend, SQLite)
        moving.backend.keep_others_out(moving.engine)
        with moving.engine.begin():
            done = run_here(file, "backup", tmp_path / "copy.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{file} can't be copied to {tmp_path / 'copy.db'}: database is locked by another process, "
        "perhaps by `rantevou database move`\n"
    )


@on_sqlite
def test_a_damaged_database_leaves_no_copy(deployment: Deployment, tmp_path: Path) -> None:
    deployment.talk(*BOOK, *DETAILS)
    file = deployment.file
    with closing(sqlite3.connect(file)) as damaged:
        damaged.execute("PRAGMA writable_schema = ON")
        damaged.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE"
            " name = 'bookings') WHERE name = 'desks'"
        )
        damaged.commit()
    done = run_here(file, "backup", tmp_path / "copy.db")
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("copy*"))


def test_what_is_in_the_settings_is_not_looked_for_beside_the_file(
    file: Path, tmp_path: Path
) -> None:
    for beside in (secret_file(file), key_file(file)):
        beside.write_text("of former times")
    done = run_here(file, "backup", tmp_path / "copy.db", secret="x" * 16, encryption_key=KEY)
    said = f"Copied to {tmp_path / 'copy.db'}\nBookings in the copy: 0\n"
    assert (done.stdout, done.stderr) == (said, "")
    assert not os.path.lexists(tmp_path / "copy.db.secret")
    assert not os.path.lexists(tmp_path / "copy.db.key")


@on_sqlite
@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    ("kept", "given", "wrong"),
    [
        (None, "", "{secret} isn't there, so the codes of the bookings in {file} would no longer"),
        ("", "", "{secret} holds another secret than the one used before, so the codes"),
        ("another secret", "", "{secret} holds another secret than the one used before, so the"),
        (None, "another secret of 16", "RANTEVOU_SECRET isn't the one used before, so the codes"),
    ],
    ids=["missing", "empty", "another", "another in the settings"],
)
def test_bookings_whose_secret_is_missing_are_copied_and_it_is_said_so(
    deployment: Deployment, tmp_path: Path, kept: str | None, given: str, wrong: str
) -> None:
    file, copy = deployment.file, tmp_path / "copy.db"
    secret = secret_file(file)
    bootstrap(Settings(database_url=deployment.database.url)).database.close()
    assert run_here(file, "backup", tmp_path / "well.db").returncode == 0
    secret.unlink()
    if kept is not None:
        secret.write_text(kept)
    done = run_here(file, "backup", copy, secret=given)
    assert done.returncode == 1
    assert done.stdout.startswith("Copied to ")
    assert str(copy) in done.stdout
    assert done.stderr.startswith(
        f"The copy is of little use without its secret: {wrong.format(secret=secret, file=file)}"
    )
    assert "set it as it was" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    with closing(sqlite3.connect(copy)) as copied:
        assert copied.execute("SELECT count(*) FROM bookings").fetchone() == (1,)
    assert len(list(tmp_path.glob("copy.db*"))) == 2 + (kept is not None)


@on_sqlite
@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    ("kept", "given", "wrong"),
    [
        (None, "", "{key} isn't there, so nobody can read what {file} stores about people: rest"),
        (OTHER_KEY, "", "{key} holds another key than the one used before, so nobody can read"),
        ("what?", "", "{key} has no key: restore it from a backup, where it is FILE.key."),
        (KEY, OTHER_KEY, "RANTEVOU_ENCRYPTION_KEY isn't the one used before, so nobody can read"),
    ],
    ids=["missing", "another", "none", "another in the settings"],
)
def test_a_copy_that_nobody_can_decrypt_is_made_and_it_is_said_so(
    deployment: Deployment, tmp_path: Path, kept: str | None, given: str, wrong: str
) -> None:
    file, copy = deployment.file, tmp_path / "copy.db"
    key = key_file(file)
    key.unlink()
    if kept is not None:
        key.write_text(kept)
    done = run_here(file, "backup", copy, encryption_key=given)
    assert (done.returncode, done.stdout[:10]) == (1, "Copied to ")
    assert done.stderr.startswith(
        f"The copy is of little use without its key: {wrong.format(key=key, file=file)}"
    )
    assert len(done.stderr.splitlines()) == 1
    assert KEY not in done.stderr
    assert OTHER_KEY not in done.stderr
    assert copy.is_file()


def test_a_copy_is_made_in_one_pass_while_others_write(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.ops.backup.PAGES", 1)
    copied = []
    with closing(sqlite3.connect(file)) as other:

        def write(what: str, done: int, _total: int) -> None:
            copied.append((what, done))
            assert len(copied) < 1000, "it begins anew at each change"
            with other:
                other.execute("INSERT INTO citizens (details, created_at) VALUES ('{}', 1)")

        done = backup(Settings(database_url=f"sqlite:///{file}"), tmp_path / "copy.db", write)
        pages = other.execute("PRAGMA page_count").fetchone()[0]
    steps = [done for what, done in copied if what == "Copying rantevou.db"]
    assert 50 < len(steps) <= pages
    assert steps == sorted(steps)
    assert copied[-1] == ("Checking the copy", 0)
    with closing(sqlite3.connect(done.files[-1])) as copy:
        assert copy.execute("SELECT count(*) FROM citizens").fetchone() == (0,)


def test_of_postgresql_its_own_command_is_reported_without_the_password(file: Path) -> None:
    url = "postgresql://user:SECRET@host:5433/name?sslmode=require&password=SECRET"
    done = run_here(file, "backup", "copy.dump", database_url=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Nothing was copied. PostgreSQL does it itself: pg_dump --format=custom --file=copy.dump"
        " 'postgresql://user@host:5433/name?sslmode=require'\n"
    )
