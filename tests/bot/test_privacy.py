"""An error of the database shows nobody what a citizen wrote."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from core.db.database import Database
from tests.bot.processes import run
from tests.conftest import Deployment, on_sqlite

# In Latin letters too, for Greek ones are stored as escapes and would hide themselves.
NAMES = ("Maria Papadopoulou", "Μαρία Παπαδοπούλου")
BOOK = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "το συντομότερο", "το νωρίτερο")
DETAILS = ("maria@example.gr", "6912345678", "068933130", "συμφωνώ", "ναι")

BREAK = """
CREATE TRIGGER broken BEFORE UPDATE ON bookings WHEN new.state = 'confirmed'
BEGIN SELECT RAISE(ABORT, 'forced'); END
"""
"""Confirming fails from now on. It is the statement that is shown whole: longer ones are cut."""


def shows(text: str, name: str) -> bool:
    """Return whether some of the written text is in an output, as it is or escaped."""
    parts = [*name.split(), *DETAILS[:3]]
    return any(part in text or part.encode("unicode_escape").decode() in text for part in parts)


@pytest.mark.parametrize("name", NAMES)
def test_the_chat_fails_without_showing_what_was_written(file: Path, name: str) -> None:
    with closing(sqlite3.connect(file)) as broken:
        broken.execute(BREAK)
    done = run(file, "chat", typed="\n".join([*BOOK, name, *DETAILS]))
    assert done.returncode == 1
    assert "forced" in done.stderr
    assert not shows(done.stderr, name)


@on_sqlite  # test_silence.py breaks both
@pytest.mark.parametrize("name", NAMES)
def test_an_error_of_a_turn_holds_nothing_of_what_was_written(
    deployment: Deployment, name: str
) -> None:
    deployment.talk(*BOOK, name, *DETAILS[:-1])
    with closing(sqlite3.connect(deployment.file)) as broken:
        broken.execute(BREAK)
    with pytest.raises(DatabaseError, match="forced") as failed:
        deployment.say(DETAILS[-1])
    assert not shows(str(failed.value) + repr(failed.value), name)


@pytest.mark.parametrize("engine", ["engine", "_readers"], ids=["writer", "readers"])
def test_an_error_of_either_engine_hides_what_was_given(database: Database, engine: str) -> None:
    used: Any = getattr(database, engine)
    with used.connect() as connection, pytest.raises(DatabaseError) as failed:
        connection.execute(text("SELECT :given FROM nowhere"), {"given": NAMES[0]})
    assert "nowhere" in str(failed.value)
    assert NAMES[0] not in str(failed.value)
