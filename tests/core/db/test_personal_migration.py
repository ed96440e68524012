"""What a former revision stored is encrypted, all of it or nothing, and reads as before."""

import gzip
import json
import os
import signal
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import InstrumentedAttribute

from core.db.database import REVISIONS, Database, revision_of, upgrade
from core.db.models import (
    Booking,
    Citizen,
    Contact,
    Conversation,
    InboundRow,
    PromptRow,
    address_key,
)
from core.db.overlap_guard import missing
from tests.bot.process_start import start
from tests.core.conftest import both_kinds
from tests.core.db.preparing import LONGEST, ROOT, python
from tests.data.chats import POSTGRES, SQLITE
from tests.postgres import KEY

BEFORE = "0012"

COLUMNS: dict[str, Sequence[InstrumentedAttribute[Any]]] = {
    "citizens": (Citizen.id, Citizen.details),
    "contacts": (Contact.id, Contact.address),
    "conversations": (Conversation.id, Conversation.state),
    "prompts": (PromptRow.conversation_id, PromptRow.number, PromptRow.offered),
    "inbounds": (InboundRow.id, InboundRow.said, InboundRow.replies),
    "bookings": (Booking.id, Booking.details),
}
"""Those that are personal now, after those that say whose they are."""

FORMER = {
    "citizens": "SELECT id, details FROM citizens",
    "contacts": "SELECT id, address FROM contacts",
    "conversations": "SELECT id, state FROM conversations",
    "prompts": "SELECT conversation_id, number, offered FROM prompts",
    "inbounds": "SELECT id, said, replies FROM inbounds",
    "bookings": "SELECT id, details FROM bookings",
}

KILLED = """
import os, signal, sys
from sqlalchemy import event
from core.db.database import Database
database = Database(*sys.argv[1:3])
@event.listens_for(database.engine, "before_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if statement.startswith(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
database.prepare()
"""


@pytest.fixture
def stored(url: str) -> str:
    """The URL of a database with the stored data of a former revision, at the last one before."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).write_bytes(gzip.decompress(SQLITE.read_bytes()))
    else:
        with psycopg.connect(url) as connection:
            connection.execute(gzip.decompress(POSTGRES.read_bytes()))
    with closing(Database(url, KEY)) as database, database.engine.begin() as connection:
        upgrade(connection, BEFORE)
    return url


def former(connection: Connection) -> dict[str, list[Any]]:
    """Return what is to be encrypted, as it will be read: nothing said or offered is NULL."""

    def value(each: Any, name: str) -> Any:
        if isinstance(each, str) and name not in ("said", "address"):
            each = json.loads(each)  # SQLite's JSON is a text
        return None if each == [] else each

    found = {}
    for table, query in FORMER.items():
        names = query.removeprefix("SELECT ").partition(" FROM")[0].split(", ")
        rows = connection.execute(text(query)).all()
        found[table] = sorted(
            (tuple(map(value, row, names)) for row in rows), key=lambda row: row[:2]
        )
    return found


def present(connection: Connection) -> dict[str, list[Any]]:
    """Return what is encrypted, as it is read."""
    return {
        table: sorted(map(tuple, connection.execute(select(*columns))), key=lambda row: row[:2])
        for table, columns in COLUMNS.items()
    }


@both_kinds
def test_all_that_is_stored_of_people_is_encrypted_and_reads_as_before(stored: str) -> None:
    with closing(Database(stored, KEY)) as database:
        with database.engine.begin() as connection:
            before = former(connection)
        database.prepare()
        with database.engine.begin() as connection:
            assert missing(connection) == []
            assert present(connection) == before
            ids = connection.execute(select(Booking.public_id)).scalars().all()
            account, address = connection.execute(
                select(Contact.account, Contact.address).where(Contact.id == 1)
            ).one()
            looked_up = Contact.address_hash == address_key(account, address)
            assert connection.scalars(select(Contact.id).where(looked_up)).all() == [1]
            own = select(Contact.id).join(Citizen).where(Contact.created_at == Citizen.created_at)
            assert len(connection.scalars(own).all()) == len(before["contacts"])
    assert all(len(rows) > 5 for rows in before.values())
    assert len({bytes(each) for each in ids}) == len(before["bookings"])


def test_the_file_has_nothing_readable_of_anybody_any_more(tmp_path: Path) -> None:
    file = tmp_path / "rantevou.db"
    file.write_bytes(gzip.decompress(SQLITE.read_bytes()))
    words = ("Παπαδοπούλου", "maria@example.gr", "6912345611", "068933130", "Επίδομα Στέγασης")
    forms = [form for word in words for form in (word.encode(), ascii(word)[1:-1].encode())]
    assert sum(form in file.read_bytes() for form in forms) >= len(words)
    with closing(Database(f"sqlite:///{file}")) as database:
        database.prepare()
    # The catalogues name services.
    assert {form for form in forms[:-2] if form in file.read_bytes()} == set()


@both_kinds
@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE inbounds DROP", "UPDATE alembic_version SET version_num='0013'"],
    ids=["half-way", "at the end"],
)
def test_a_migration_that_is_killed_changes_nothing_and_is_made_up_for(
    stored: str, statement: str, tmp_path: Path
) -> None:
    with closing(Database(stored, KEY)) as database:
        with database.engine.begin() as connection:
            before = former(connection)
        log = tmp_path / "log"
        process = start(python(KILLED, stored, KEY, statement), log, ROOT, os.environ)
        assert process.wait(LONGEST) == -signal.SIGKILL
        with database.engine.begin() as connection:
            assert revision_of(connection) == BEFORE
            assert former(connection) == before
        database.prepare()
        with database.engine.begin() as connection:
            assert revision_of(connection) == REVISIONS[-1]
            assert present(connection) == before
            assert missing(connection) == []
